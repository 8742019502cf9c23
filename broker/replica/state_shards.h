#pragma once

#include <cstdint>
#include <vector>

#include "broker/metadata/metadata_image.h"
#include "protocol/types.h"

namespace ottla::broker {

// One partition of the topic in which a coordinator keeps its state. Each coordinator has its own
// kind, with what it keeps there.
struct StateShard {
  enum class State : std::uint8_t {
    elsewhere,  // another broker leads it
    loading,
    active,
    failed,  // its log cannot be read
  };
  State state = State::elsewhere;
  protocol::LeaderEpoch leader_epoch = protocol::kNoLeaderEpoch;
  std::uint64_t epoch = 0;  // tells a load, and what was appended, from those before
};

// Brings a coordinator's shards to what an image says: `unload(n)` for those that are led elsewhere
// or are of an earlier topic of this name, `load(n)` for those that `me` leads in an epoch that is
// new. `topic` is null if there is none.
template <class Shard, class Load, class Unload>
void follow_leaders(const TopicImage* topic, protocol::BrokerId me, std::vector<Shard>& shards,
                    protocol::Uuid& topic_id, const Load& load, const Unload& unload) {
  if (topic == nullptr || topic->id != topic_id) {
    for (std::size_t p = 0; p < shards.size(); ++p) unload(static_cast<std::int32_t>(p));
    shards.clear();
    topic_id = topic == nullptr ? protocol::Uuid() : topic->id;
  }
  if (topic == nullptr) return;
  if (topic->partitions.size() > shards.size()) shards.resize(topic->partitions.size());
  for (const auto& [number, partition] : topic->partitions) {
    auto& shard = shards[static_cast<std::size_t>(number)];
    const bool ours = partition.leader == me;
    if (!ours && shard.state != Shard::State::elsewhere) unload(number);
    if (ours && shard.leader_epoch != partition.leader_epoch) {
      shard.leader_epoch = partition.leader_epoch;
      load(number);
    }
  }
}

}  // namespace ottla::broker
