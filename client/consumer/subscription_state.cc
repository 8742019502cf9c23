#include "client/consumer/subscription_state.h"

#include <algorithm>
#include <set>
#include <utility>

namespace ottla::client {
namespace {

Error no_position(const TopicPartition& partition) {
  return Error(ErrorCode::offset_out_of_range,
               "there is no position to read from, and auto_offset_reset is none: seek first",
               {.topic = partition.topic, .partition = partition.partition});
}

}  // namespace

void SubscriptionState::assign(const std::vector<TopicPartition>& partitions, const Start& start) {
  std::map<TopicPartition, std::unique_ptr<AssignedPartition>> next;
  std::map<std::string, std::shared_ptr<const std::string>, std::less<>> names;
  in_turn_.clear();
  for (const auto& id : partitions) {
    auto& partition = next[id];
    if (partition) continue;
    if (const auto found = partitions_.find(id); found != partitions_.end()) {
      partition = std::move(found->second);
    } else {
      partition = std::make_unique<AssignedPartition>();
      partition->id = id;
      auto& name = names[id.topic];
      if (!name) name = std::make_shared<const std::string>(id.topic);
      partition->topic = name;
      if (start.committed) {
        partition->generation = next_generation_++;
        partition->state = AssignedPartition::State::awaiting_committed;
      } else {
        reset(*partition, start.reset_timestamp);
      }
    }
    in_turn_.push_back(partition.get());
  }
  partitions_ = std::move(next);
}

void SubscriptionState::add(const std::vector<TopicPartition>& partitions, const Start& start) {
  auto all = assignment();
  all.insert(all.end(), partitions.begin(), partitions.end());
  assign(all, start);
}

void SubscriptionState::remove(const std::vector<TopicPartition>& partitions) {
  const std::set<TopicPartition> gone(partitions.begin(), partitions.end());
  auto kept = assignment();
  std::erase_if(kept, [&](const auto& partition) { return gone.contains(partition); });
  assign(kept, {});
}

ConsumerMetrics::Place AssignedPartition::place() const {
  ConsumerMetrics::Place place;
  if (preferred) place.preferred_replica = preferred->broker.value;
  if (state != State::fetching) return place;
  if (end) place.lag = std::max<std::int64_t>(0, end->value - position.value);
  if (log_start) place.lead = std::max<std::int64_t>(0, position.value - log_start->value);
  return place;
}

void SubscriptionState::note_processed() {
  for (auto* partition : in_turn_) {
    if (!partition->has_position()) continue;
    partition->processed = partition->position;
    partition->processed_epoch = partition->position_epoch;
  }
}

std::vector<TopicPartition> SubscriptionState::assignment() const {
  std::vector<TopicPartition> ids;
  for (const auto& [id, partition] : partitions_) ids.push_back(id);
  return ids;
}

AssignedPartition* SubscriptionState::find(const TopicPartition& partition) {
  const auto found = partitions_.find(partition);
  return found == partitions_.end() ? nullptr : found->second.get();
}

const AssignedPartition* SubscriptionState::find(const TopicPartition& partition) const {
  const auto found = partitions_.find(partition);
  return found == partitions_.end() ? nullptr : found->second.get();
}

AssignedPartition* SubscriptionState::find(const TopicPartition& partition,
                                           std::uint64_t generation) {
  auto* found = find(partition);
  return found != nullptr && found->generation == generation ? found : nullptr;
}

void SubscriptionState::seek(AssignedPartition& partition, protocol::Offset offset,
                             protocol::LeaderEpoch epoch) {
  drop_buffer(partition);
  partition.generation = next_generation_++;
  partition.state = AssignedPartition::State::fetching;
  partition.position = partition.fetch_offset = offset;
  partition.position_epoch = partition.fetch_epoch = epoch;
  partition.leader.reset();
  partition.topic_id = {};
}

void SubscriptionState::await_validation(AssignedPartition& partition) {
  drop_buffer(partition);
  partition.generation = next_generation_++;
  partition.state = AssignedPartition::State::awaiting_validation;
  partition.asked = false;
  partition.fetch_offset = partition.position;
  partition.fetch_epoch = partition.position_epoch;
}

void SubscriptionState::take_as_valid(AssignedPartition& partition, const Leader& leader) {
  partition.state = AssignedPartition::State::fetching;
  partition.leader = leader;
}

void SubscriptionState::rewind(AssignedPartition& partition) {
  drop_buffer(partition);
  partition.generation = next_generation_++;
  partition.state = AssignedPartition::State::awaiting_committed;
  partition.asked = false;
}

void SubscriptionState::reset(AssignedPartition& partition, std::optional<std::int64_t> timestamp) {
  drop_buffer(partition);
  partition.generation = next_generation_++;
  partition.state = AssignedPartition::State::awaiting_reset;
  partition.asked = !timestamp;
  partition.reset_timestamp = timestamp;
  if (!timestamp) partition.error = no_position(partition.id);
}

void SubscriptionState::drop_buffer(AssignedPartition& partition) {
  partition.buffered.clear();
  partition.buffered_bytes = 0;
  partition.fetching = false;
  partition.error.reset();
  partition.failures = 0;
  partition.retry_at = base::TimePoint::min();
}

void SubscriptionState::move_to_end(AssignedPartition& partition) {
  const auto at = std::find(in_turn_.begin(), in_turn_.end(), &partition);
  if (at != in_turn_.end()) std::rotate(at, at + 1, in_turn_.end());
}

bool SubscriptionState::has_something() const {
  return std::any_of(in_turn_.begin(), in_turn_.end(), [](const AssignedPartition* partition) {
    return partition->error || partition->has_records();
  });
}

std::size_t SubscriptionState::buffered_bytes() const {
  std::size_t bytes = 0;
  for (const auto* partition : in_turn_) {
    if (partition->has_records()) bytes += partition->buffered_bytes;
  }
  return bytes;
}

std::vector<std::string> SubscriptionState::topics() const {
  std::set<std::string> topics;
  for (const auto& [id, partition] : partitions_) topics.insert(id.topic);
  return {topics.begin(), topics.end()};
}

}  // namespace ottla::client
