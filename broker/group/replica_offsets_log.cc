#include "broker/group/replica_offsets_log.h"

#include <memory>
#include <utility>
#include <vector>

namespace ottla::broker {
namespace {

TopicPartition offsets_partition(std::int32_t partition) {
  return {std::string(kOffsetsTopic), partition};
}

// (sleeps)
Result<LoadedPartition> read_groups(LogReader& reader, const std::string& where,
                                    const base::Logger& logger) {
  GroupReplay replay(where, logger);
  const auto on_batch = [&replay](const protocol::RecordBatchView& batch) -> Result<void> {
    replay.on_batch(batch);
    return {};
  };
  auto read = reader.for_each_batch(reader.start_offset(), on_batch, false);
  if (!read) return read.error();
  return replay.take();
}

}  // namespace

void ReplicaOffsetsLog::append(std::int32_t partition, std::string batch, OnAppended done) {
  auto bytes = std::make_shared<std::string>(std::move(batch));
  const std::vector<ProduceEntry> entries = {
      {offsets_partition(partition), {bytes->data(), bytes->size()}}};
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

void ReplicaOffsetsLog::load(std::int32_t partition, OnLoaded done) {
  const auto id = offsets_partition(partition);
  auto* found = replicas_.find(id);
  auto finish = std::make_shared<OnLoaded>(std::move(done));
  if (found == nullptr || found->log().log_start_offset() == found->log().log_end_offset()) {
    loop_.post(lifetime_.guard([finish] { (*finish)(LoadedPartition()); }));
    return;
  }
  auto reader = std::make_shared<LogReader>(found->log().reader());
  auto loaded = std::make_shared<Result<LoadedPartition>>(ErrorCode::closed);
  auto work = [reader, loaded, where = to_string(id), logger = logger_] {
    *loaded = read_groups(*reader, where, logger);
  };
  loop_.offload(std::move(work), lifetime_.guard([this, id, reader, loaded, finish] {
    if (!*loaded) return (*finish)(std::move(*loaded));
    auto on_durable = [loaded, finish](const Result<void>& durable) {
      if (!durable) return (*finish)(durable.error());
      (*finish)(std::move(*loaded));
    };
    replicas_.await_durable(id, reader->end_offset(), lifetime_.guard(std::move(on_durable)));
  }));
}

}  // namespace ottla::broker
