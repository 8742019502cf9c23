#include "broker/replica/partition.h"

namespace ottla::broker {
namespace {

Error at(ErrorCode code, const TopicPartition& id, std::string message) {
  return Error(code, std::move(message), {.topic = id.topic, .partition = id.partition});
}

}  // namespace

void Partition::update(const PartitionImage& image, BrokerId self) {
  leader_ = image.leader;
  leader_epoch_ = image.leader_epoch;
  leads_ = image.leader == self;
}

Result<void> Partition::check_leader(LeaderEpoch clients_epoch) const {
  if (log_.offline()) {
    return at(ErrorCode::kafka_storage_error, id_, "the partition's log is offline");
  }
  if (!leads_) {
    return at(ErrorCode::not_leader_or_follower, id_,
              "broker " + std::to_string(leader_.value) + " leads this partition");
  }
  if (clients_epoch == protocol::kNoLeaderEpoch || clients_epoch == leader_epoch_) return {};
  const auto epochs = "the request's leader epoch is " + std::to_string(clients_epoch.value) +
                      ", the partition's " + std::to_string(leader_epoch_.value);
  return clients_epoch < leader_epoch_ ? at(ErrorCode::fenced_leader_epoch, id_, epochs)
                                       : at(ErrorCode::unknown_leader_epoch, id_, epochs);
}

EpochEndOffset Partition::end_offset_for_epoch(LeaderEpoch epoch) const {
  const auto end = log_.end_offset_for_epoch(epoch);
  if (end != EpochEndOffset{} || epoch.value < 0 || epoch > leader_epoch_) return end;
  const auto before = log_.latest_epoch().value_or(epoch);
  return {epoch == leader_epoch_ ? epoch : before, log_.log_end_offset()};
}

Result<AppendInfo> Partition::append_as_leader(std::span<char> batches, AppendOrigin origin) {
  if (auto leader = check_leader(); !leader) return leader.error();
  return log_.append_as_leader(batches, leader_epoch_, origin);
}

}  // namespace ottla::broker
