#include "broker/transaction/replica_marker_writer.h"

#include <string>
#include <utility>

#include "protocol/record/control_record.h"

namespace ottla::broker {
namespace {

// A coordinator of groups that is not there, or not yet, is for the writer of a marker a leader
// that is to be asked again.
ErrorCode marker_error(ErrorCode error) {
  const bool ask_again = error == ErrorCode::not_coordinator ||
                         error == ErrorCode::coordinator_load_in_progress ||
                         error == ErrorCode::coordinator_not_available;
  return ask_again ? ErrorCode::not_leader_or_follower : error;
}

}  // namespace

// Markers on their way. Those that are refused at once are told in a later turn, like the others.
struct ReplicaMarkerWriter::Writing {
  std::vector<TopicPartition> partitions;
  std::vector<ErrorCode> outcomes;
  std::size_t left = 0;
  OnWritten done;
};

void ReplicaMarkerWriter::write(const TransactionEnd& end, std::vector<TopicPartition> partitions,
                                OnWritten done) {
  auto writing = std::make_shared<Writing>();
  writing->outcomes.resize(partitions.size());
  // One more than there are partitions: `done` is not called before the last is on its way.
  writing->left = partitions.size() + 1;
  writing->partitions = std::move(partitions);
  writing->done = std::move(done);
  const protocol::EndTransactionMarker marker{end.commit, end.coordinator_epoch};
  for (std::size_t at = 0; at < writing->partitions.size(); ++at) {
    const auto& id = writing->partitions[at];
    if (const auto error = check(end, id); error != ErrorCode::none) {
      settle(writing, at, error);
      continue;
    }
    auto batch = protocol::end_transaction_batch(marker, end.producer_id, end.producer_epoch,
                                                 loop_.wall_now());
    if (id.topic == kOffsetsTopic) {
      groups_.end_transaction(id.partition, {end.producer_id, end.commit}, std::move(batch),
                              lifetime_.guard([this, writing, at](ErrorCode outcome) {
                                settle(writing, at, marker_error(outcome));
                              }));
    } else {
      append(writing, at, std::move(batch));
    }
  }
  loop_.post(lifetime_.guard([writing] {
    if (--writing->left == 0) writing->done(std::move(writing->outcomes));
  }));
}

ErrorCode ReplicaMarkerWriter::check(const TransactionEnd& end, const TopicPartition& id) {
  const auto* partition = replicas_.find(id);
  if (partition == nullptr) return replicas_.why_missing(id).code();
  if (auto leads = partition->check_leader(); !leads) return leads.error().code();
  const auto checked = partition->log().producers().check_end(
      end.producer_id, end.producer_epoch, end.coordinator_epoch, end.transaction_version);
  return checked ? ErrorCode::none : checked.error().code();
}

void ReplicaMarkerWriter::append(const std::shared_ptr<Writing>& writing, std::size_t at,
                                 std::string batch) {
  const std::vector<ProduceEntry> entries = {
      {writing->partitions[at], {batch.data(), batch.size()}}};
  const ProduceOptions options{.timeout = ReplicaManager::kNoTimeout,
                               .origin = AppendOrigin::coordinator};
  replicas_.append_records(
      entries, options,
      lifetime_.guard([this, writing, at](const std::vector<Result<AppendInfo>>& results) {
        const auto& result = results.front();
        settle(writing, at, result ? ErrorCode::none : result.error().code());
      }));
}

void ReplicaMarkerWriter::settle(const std::shared_ptr<Writing>& writing, std::size_t at,
                                 ErrorCode outcome) {
  writing->outcomes[at] = outcome;
  if (--writing->left > 0) return;
  loop_.post(lifetime_.guard([writing] { writing->done(std::move(writing->outcomes)); }));
}

}  // namespace ottla::broker
