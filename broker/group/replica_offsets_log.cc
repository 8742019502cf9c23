#include "broker/group/replica_offsets_log.h"

#include <memory>
#include <utility>

namespace ottla::broker {

void ReplicaOffsetsLog::append(std::int32_t partition, std::string batch, OnAppended done) {
  log_.append(partition, std::move(batch), std::move(done));
}

void ReplicaOffsetsLog::load(std::int32_t partition, OnLoaded done) {
  auto replay = std::make_shared<GroupReplay>(to_string(log_.id(partition)), logger_);
  auto on_batch = [replay](const protocol::RecordBatchView& batch) { replay->on_batch(batch); };
  auto on_read = [replay, done = std::move(done)](const Result<void>& read) mutable {
    if (!read) return done(read.error());
    done(replay->take());
  };
  log_.read(partition, std::move(on_batch), std::move(on_read));
}

}  // namespace ottla::broker
