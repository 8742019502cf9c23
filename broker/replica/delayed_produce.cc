#include "broker/replica/delayed_produce.h"

namespace ottla::broker {

ReplicaManager::DelayedProduce::DelayedProduce(ReplicaManager& replicas,
                                               const std::vector<ProduceEntry>& entries,
                                               std::vector<Result<AppendInfo>> results,
                                               OnProduced done)
    : replicas_(replicas), results_(std::move(results)), done_(std::move(done)) {
  partitions_.reserve(entries.size());
  for (const auto& entry : entries) partitions_.push_back(entry.partition);
  for (std::size_t i = 0; i < results_.size(); ++i) {
    if (results_[i]) waiting_.push_back(i);
  }
}

ReplicaManager::DelayedProduce::Outcome ReplicaManager::DelayedProduce::look_at(
    std::size_t entry) const {
  const auto* partition = replicas_.find(partitions_[entry]);
  if (partition == nullptr || partition->log().offline()) return Outcome::lost;
  const bool durable = partition->log().high_watermark() > results_[entry]->last_offset;
  return durable ? Outcome::durable : Outcome::waiting;
}

bool ReplicaManager::DelayedProduce::try_complete() {
  std::erase_if(waiting_, [this](std::size_t entry) {
    const auto outcome = look_at(entry);
    if (outcome == Outcome::lost) {
      const auto& id = partitions_[entry];
      results_[entry] = Error(ErrorCode::kafka_storage_error,
                              "the partition went away before the records were durable",
                              {.topic = id.topic, .partition = id.partition});
    }
    return outcome != Outcome::waiting;
  });
  if (!waiting_.empty()) return false;
  done_(std::move(results_));
  return true;
}

void ReplicaManager::DelayedProduce::expire() {
  for (const auto entry : waiting_) results_[entry] = ErrorCode::request_timed_out;
  done_(std::move(results_));
}

}  // namespace ottla::broker
