#include "broker/group/committed_offsets.h"

#include <optional>
#include <utility>

namespace ottla::broker {
namespace {

std::size_t memory_of_node(const CommittedOffset& committed) {
  return sizeof(CommittedOffset) + 4 * sizeof(void*) + committed.metadata.size();
}

// From when on an offset grows old; none if it does not.
enum class AgeFrom : std::uint8_t { never, commit, empty };

AgeFrom age_from(const Group& group) {
  if (!group.protocol_type()) return AgeFrom::commit;
  if (group.state() == GroupState::empty) {
    return group.state_since() < 0 ? AgeFrom::commit : AgeFrom::empty;
  }
  const bool stable = group.state() == GroupState::stable && group.uses_consumer_protocol();
  return stable ? AgeFrom::commit : AgeFrom::never;
}

}  // namespace

void CommittedOffsets::set(std::string_view topic, std::int32_t partition,
                           CommittedOffset committed) {
  auto found = topics_.find(topic);
  if (found == topics_.end()) {
    found = topics_.emplace(std::string(topic), Partitions{}).first;
    memory_ += sizeof(Partitions) + topic.size();
  }
  const auto [place, added] = found->second.try_emplace(partition);
  if (!added) memory_ -= memory_of_node(place->second);
  memory_ += memory_of_node(committed);
  place->second = std::move(committed);
}

void CommittedOffsets::set_if_newer(const TopicPartition& place, CommittedOffset committed) {
  const auto* known = find(place.topic, place.partition);
  if (known != nullptr && known->order > committed.order) return;
  set(place.topic, place.partition, std::move(committed));
}

void CommittedOffsets::erase(std::string_view topic, std::int32_t partition) {
  const auto found = topics_.find(topic);
  if (found == topics_.end()) return;
  const auto place = found->second.find(partition);
  if (place == found->second.end()) return;
  memory_ -= memory_of_node(place->second);
  found->second.erase(place);
  if (!found->second.empty()) return;
  memory_ -= sizeof(Partitions) + topic.size();
  topics_.erase(found);
}

const CommittedOffset* CommittedOffsets::find(std::string_view topic,
                                              std::int32_t partition) const {
  const auto found = topics_.find(topic);
  if (found == topics_.end()) return nullptr;
  const auto place = found->second.find(partition);
  return place == found->second.end() ? nullptr : &place->second;
}

std::vector<TopicPartition> expired_offsets(const Group& group, const CommittedOffsets& offsets,
                                            base::WallMillis now, base::WallMillis retention) {
  std::vector<TopicPartition> expired;
  const auto from = age_from(group);
  if (from == AgeFrom::never) return expired;
  const auto subscribed = group.subscribed_topics();
  if (!subscribed && group.protocol_type()) return expired;
  for (const auto& [topic, partitions] : offsets.topics()) {
    if (subscribed && subscribed->contains(topic)) continue;
    for (const auto& [partition, committed] : partitions) {
      const auto since = from == AgeFrom::empty ? group.state_since() : committed.commit_timestamp;
      const bool old = committed.expire_timestamp >= 0 ? now >= committed.expire_timestamp
                                                       : now - since >= retention;
      if (old) expired.push_back({topic, partition});
    }
  }
  return expired;
}

}  // namespace ottla::broker
