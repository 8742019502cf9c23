#include "broker/metadata/commit_log.h"

#include <utility>

#include "base/assert.h"
#include "broker/metadata/metadata_batch.h"

namespace ottla::broker {

CommitLog::CommitLog(base::Loop& loop, std::unique_ptr<MetadataLog> log, std::int32_t epoch,
                     std::shared_ptr<const MetadataImage> image, OnCommitted on_committed)
    : loop_(loop),
      log_(std::move(log)),
      epoch_(epoch),
      on_committed_(std::move(on_committed)),
      working_(image),
      committed_(std::move(image)) {}

Result<void> CommitLog::append_raw(std::string batch) {
  if (failure_) return *failure_;
  return log_->append(std::move(batch), LeaderEpoch(epoch_));
}

Result<void> CommitLog::append_all(std::vector<std::string> batches) {
  for (std::size_t i = 0; i < batches.size(); ++i) {
    auto appended = append_raw(std::move(batches[i]));
    if (appended) continue;
    // Half a transaction is in the log: only a restart can abort it.
    if (i > 0) fail(appended.error());
    return appended;
  }
  return {};
}

Result<void> CommitLog::commit(std::span<const MetadataRecord> records, OnDone done) {
  if (failure_) return *failure_;
  MetadataDelta delta(working_);
  for (const auto& record : records) {
    if (auto applied = delta.apply(record); !applied) return applied;
  }
  auto batches = encode_metadata_batches(records, loop_.wall_now());
  if (!batches) return batches.error();
  if (auto appended = append_all(*std::move(batches)); !appended) return appended;
  enqueue(delta, std::move(done));
  return {};
}

Result<void> CommitLog::commit_values(std::span<const std::string> values) {
  MetadataDelta delta(working_);
  for (const auto& value : values) {
    const auto record = parse_metadata_record(value);
    if (!record) return record.error();
    if (auto applied = delta.apply(*record); !applied) return applied;
  }
  if (auto appended = append_raw(metadata_batch_of_values(values, loop_.wall_now())); !appended) {
    return appended;
  }
  enqueue(delta, [](const Result<void>&) {});
  return {};
}

void CommitLog::when_committed(OnDone done) {
  if (failure_) return done(*failure_);
  if (in_flight_.empty()) return done({});
  in_flight_.back().done.emplace_back(lifetime_.guard(std::move(done)));
}

void CommitLog::enqueue(MetadataDelta& delta, OnDone done) {
  working_ = delta.image(log_end_offset() - 1, epoch_);
  auto& commit = in_flight_.emplace_back(Commit{working_, delta.changes(), {}});
  commit.done.push_back(std::move(done));
  log_->when_durable(lifetime_.guard([this](const Result<void>& durable) { on_durable(durable); }));
}

void CommitLog::on_durable(const Result<void>& durable) {
  if (!durable) return fail(durable.error());
  if (failure_) return;
  OTTLA_ASSERT(!in_flight_.empty(), "every commit becomes durable once");
  Commit commit = std::move(in_flight_.front());
  in_flight_.pop_front();
  committed_ = commit.image;
  on_committed_(commit.image, commit.changes);
  commit.tell({});
}

void CommitLog::fail(const Error& error) {
  if (failure_) return;
  failure_ = Error(ErrorCode::kafka_storage_error,
                   "the metadata log failed: " + error.to_string() + "; restart the broker");
  // Later, since who is told may end this, and whoever appends is on the stack.
  loop_.post(lifetime_.guard(
      [failed = std::exchange(in_flight_, {}), outcome = Result<void>(*failure_)]() mutable {
        for (auto& commit : failed) commit.tell(outcome);
      }));
}

}  // namespace ottla::broker
