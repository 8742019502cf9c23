#include "broker/metadata/unified_metadata_log.h"

#include <deque>
#include <string>
#include <utility>

#include "base/lifetime.h"
#include "broker/log/log_loader.h"
#include "broker/log/unified_log.h"
#include "broker/metadata/metadata_batch.h"

namespace ottla::broker {
namespace {

const TopicPartition kMetadataPartition{"__cluster_metadata", 0};

LogConfig metadata_log_config(Durability durability) {
  LogConfig config;
  config.durability = durability == Durability::memory ? Durability::memory : Durability::fsync;
  config.max_message_bytes = 2 * kMaxMetadataBatch;
  config.retention_ms = -1;
  return config;
}

class UnifiedMetadataLog final : public MetadataLog {
 public:
  UnifiedMetadataLog(LoadedLog loaded, const MetadataLogPlace& place)
      : loop_(*place.loop),
        sync_(place.durability != Durability::memory),
        log_(std::move(loaded), {place.loop, place.flush, &open_logs_, place.logger}) {
    log_.set_on_high_watermark([this] { release(); });
    log_.set_on_offline([this](const Error& error) { fail(error); });
  }

  Offset log_end_offset() const override { return log_.log_end_offset(); }

  Result<void> append(std::string batch, LeaderEpoch epoch) override {
    const auto appended = log_.append_as_leader(batch, epoch, AppendOrigin::raft_leader);
    if (!appended) return appended.error();
    log_.flush_soon();
    return {};
  }

  void when_durable(Done done) override {
    waiting_.push_back({log_.log_end_offset(), std::move(done)});
    if (failure_) {
      fail(*failure_);
    } else {
      release();
    }
  }

  void close(Done done) override { log_.close(std::move(done), sync_); }

 private:
  struct Waiter {
    Offset end;
    Done done;
  };

  void answer(Waiter waiter, Result<void> result) {
    loop_.post(
        lifetime_.guard([done = std::move(waiter.done), result]() mutable { done(result); }));
  }

  void release() {
    while (!waiting_.empty() && waiting_.front().end <= log_.high_watermark()) {
      answer(std::move(waiting_.front()), {});
      waiting_.pop_front();
    }
  }

  void fail(const Error& error) {
    failure_ = Error(ErrorCode::kafka_storage_error, error.message(), error.context());
    for (auto& waiter : std::exchange(waiting_, {})) answer(std::move(waiter), *failure_);
  }

  // Set at construction.
  base::Loop& loop_;
  const bool sync_;

  std::deque<Waiter> waiting_;
  std::optional<Error> failure_;
  OpenLogs open_logs_;  // it alone
  UnifiedLog log_;
  base::Lifetime lifetime_;
};

}  // namespace

void open_metadata_log(const MetadataLogPlace& place, Offset log_start, OnMetadataLogOpen done) {
  auto loaded = std::make_shared<Result<LoadedLog>>(Error(ErrorCode::unknown_server_error));
  LoadRequest request{.location = {kMetadataPartition, kMetadataTopicId, place.log_directory},
                      .config = metadata_log_config(place.durability),
                      .log_start_offset = log_start,
                      .now = place.loop->wall_now()};
  place.loop->offload([loaded, request = std::move(request),
                       logger = place.logger] { *loaded = load_log(request, logger); },
                      [loaded, place, done = std::move(done)]() mutable {
                        if (!*loaded) return done(loaded->error());
                        done(Result<std::unique_ptr<MetadataLog>>(
                            std::make_unique<UnifiedMetadataLog>(*std::move(*loaded), place)));
                      });
}

}  // namespace ottla::broker
