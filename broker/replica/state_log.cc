#include "broker/replica/state_log.h"

#include <utility>
#include <vector>

namespace ottla::broker {
namespace {

// (sleeps)
Result<void> read_all(LogReader& reader, const StateLog::OnBatch& on_batch) {
  const auto take = [&on_batch](const protocol::RecordBatchView& batch) -> Result<void> {
    on_batch(batch);
    return {};
  };
  auto read = reader.for_each_batch(reader.start_offset(), take, false);
  if (!read) return read.error();
  return {};
}

}  // namespace

ErrorCode coordinator_error(ErrorCode append_error) {
  switch (append_error) {
    case ErrorCode::none:
      return ErrorCode::none;
    case ErrorCode::message_too_large:
    case ErrorCode::record_list_too_large:
      return ErrorCode::unknown_server_error;
    case ErrorCode::not_leader_or_follower:
    case ErrorCode::kafka_storage_error:
      return ErrorCode::not_coordinator;
    default:
      return ErrorCode::coordinator_not_available;
  }
}

void ReplicaStateLog::append(std::int32_t partition, std::string batch, OnAppended done) {
  auto bytes = std::make_shared<std::string>(std::move(batch));
  const std::vector<ProduceEntry> entries = {{id(partition), {bytes->data(), bytes->size()}}};
  auto finish = std::make_shared<OnAppended>(std::move(done));
  // The log refuses at once, or not at all.
  auto at_once = std::make_shared<bool>(true);
  auto on_produced = [this, finish, at_once](const std::vector<Result<AppendInfo>>& results) {
    const auto& result = results.front();
    const Outcome outcome{.error = result ? ErrorCode::none : result.error().code(),
                          .refused = !result && *at_once};
    loop_.post(lifetime_.guard([finish, outcome] { (*finish)(outcome); }));
  };
  const ProduceOptions options{.timeout = ReplicaManager::kNoTimeout,
                               .origin = AppendOrigin::coordinator};
  replicas_.append_records(entries, options, std::move(on_produced));
  *at_once = false;
}

void ReplicaStateLog::read(std::int32_t partition, OnBatch on_batch, OnRead done) {
  const auto place = id(partition);
  auto* found = replicas_.find(place);
  auto finish = std::make_shared<OnRead>(std::move(done));
  // What cannot be opened is not empty.
  const auto at_once = [&](Result<void> result) {
    loop_.post(lifetime_.guard([finish, result] { (*finish)(result); }));
  };
  if (found == nullptr) return at_once(replicas_.why_missing(place));
  if (found->log().offline()) return at_once(ErrorCode::kafka_storage_error);
  if (found->log().log_start_offset() == found->log().log_end_offset()) return at_once({});
  auto reader = std::make_shared<LogReader>(found->log().reader());
  auto outcome = std::make_shared<Result<void>>(ErrorCode::closed);
  auto work = [reader, outcome, on_batch = std::move(on_batch)] {
    *outcome = read_all(*reader, on_batch);
  };
  loop_.offload(std::move(work), lifetime_.guard([this, place, reader, outcome, finish] {
    if (!*outcome) return (*finish)(*outcome);
    auto on_durable = [finish](const Result<void>& durable) { (*finish)(durable); };
    replicas_.await_durable(place, reader->end_offset(), lifetime_.guard(std::move(on_durable)));
  }));
}

}  // namespace ottla::broker
