#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/bytes.h"
#include "ottla/result.h"
#include "protocol/types.h"
#include "protocol/wire/api.h"
#include "protocol/wire/types.h"
#include "protocol/wire/visitor.h"

// What the members of a consumer group tell each other: the metadata in their JoinGroup and the
// assignments in the leader's SyncGroup. The coordinator only carries it. Both begin with a version
// of two bytes; later versions only append, so a newer one is read as the newest known here, and
// what follows the known fields is passed over.
// v1 owned partitions (KIP-429) · v2 generation (KIP-792) · v3 rack (KIP-881)
namespace ottla::protocol {

inline constexpr std::int16_t kConsumerProtocolVersion = 3;

// The type of the groups that speak it, and of their protocols' names: assignors.
inline constexpr std::string_view kConsumerProtocolType = "consumer";

struct ConsumerProtocolSubscription {
  static constexpr Api api = {
      .key = ApiKey{-1}, .name = "ConsumerProtocolSubscription", .max = kConsumerProtocolVersion};
  static constexpr Side side = Side::record;

  struct TopicPartition {
    std::string_view topic;
    std::vector<std::int32_t> partitions;

    bool operator==(const TopicPartition&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("topic", m.topic);
      w("partitions", m.partitions);
    }
  };

  std::vector<std::string_view> topics;
  std::optional<OpaqueBytes> user_data;
  std::vector<TopicPartition> owned_partitions;
  // In which the member came to own them.
  GenerationId generation_id = kNoGeneration;
  std::optional<std::string_view> rack_id;

  bool operator==(const ConsumerProtocolSubscription&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("topics", m.topics);
    w("userData", m.user_data);
    w.since(1)("ownedPartitions", m.owned_partitions);
    w.since(2)("generationId", m.generation_id);
    w.since(3)("rackId", m.rack_id);
  }
};

struct ConsumerProtocolAssignment {
  static constexpr Api api = {
      .key = ApiKey{-1}, .name = "ConsumerProtocolAssignment", .max = kConsumerProtocolVersion};
  static constexpr Side side = Side::record;
  using TopicPartition = ConsumerProtocolSubscription::TopicPartition;

  std::vector<TopicPartition> assigned_partitions;
  std::optional<OpaqueBytes> user_data;

  bool operator==(const ConsumerProtocolAssignment&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("assignedPartitions", m.assigned_partitions);
    w("userData", m.user_data);
  }
};

// Both borrow from `bytes` and allocate at most 32 times as much. Errors: corrupt_data.
Result<ConsumerProtocolSubscription> parse_subscription(BytesView bytes);
Result<ConsumerProtocolAssignment> parse_assignment(BytesView bytes);

// Errors: unsupported_version, message_too_large.
Result<std::string> encode(const ConsumerProtocolSubscription& subscription,
                           std::int16_t version = kConsumerProtocolVersion);
Result<std::string> encode(const ConsumerProtocolAssignment& assignment,
                           std::int16_t version = kConsumerProtocolVersion);

}  // namespace ottla::protocol
