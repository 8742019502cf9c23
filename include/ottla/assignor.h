#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/bytes.h"
#include "ottla/consumer_group.h"
#include "ottla/result.h"
#include "ottla/types.h"

namespace ottla {

// How partitions change hands in a rebalance.
enum class RebalanceProtocol : std::uint8_t {
  eager,        // everybody gives up everything before the group is assigned anew
  cooperative,  // members keep what they have; what must move is given up first, then assigned
};

// What a member tells the leader of its group.
struct GroupSubscription {
  std::vector<std::string> topics{};
  std::optional<Bytes> user_data{};                // of its assignor
  std::vector<TopicPartition> owned_partitions{};  // those it has now (cooperative members)
  std::optional<std::int32_t> generation_id{};     // in which it got them
  std::optional<std::string> rack_id{};
  std::optional<std::string> group_instance_id{};

  bool operator==(const GroupSubscription&) const = default;
};

struct GroupMember {
  std::string member_id{};
  GroupSubscription subscription{};

  bool operator==(const GroupMember&) const = default;
};

// A topic that exists, with the racks of the replicas of each of its partitions; a rack that is not
// known is left out.
struct AssignableTopic {
  std::string name{};
  std::vector<std::vector<std::string>> partition_racks{};  // by partition

  std::int32_t partition_count() const { return static_cast<std::int32_t>(partition_racks.size()); }
};

// What the leader gives a member.
struct GroupAssignment {
  std::vector<TopicPartition> partitions{};
  std::optional<Bytes> user_data{};

  bool operator==(const GroupAssignment&) const = default;
};

// Decides which member of a group reads which partition. Every member of a group names its
// assignors in the order it likes them; the group takes one that all have, and its leader alone
// asks it. Each consumer has an instance of its own, called by one thread at a time, and it must
// not call the consumer.
//
//   class FirstTakesAll final : public ottla::ConsumerPartitionAssignor {
//    public:
//     std::string_view name() const override { return "first-takes-all"; }
//     Assignments assign(const std::vector<AssignableTopic>& topics,
//                        const std::vector<GroupMember>& members) override { ... }
//   };
class ConsumerPartitionAssignor {
 public:
  using Assignments = std::map<std::string, GroupAssignment>;  // by member id

  virtual ~ConsumerPartitionAssignor() = default;

  // The same for all members; the group is agreed on it.
  virtual std::string_view name() const = 0;

  // A consumer rebalances cooperatively if all of its assignors can.
  virtual std::vector<RebalanceProtocol> supported_protocols() const {
    return {RebalanceProtocol::eager};
  }

  // What the leader shall be told with this member's subscription.
  virtual std::optional<Bytes> subscription_user_data(const std::vector<std::string>&) {
    return std::nullopt;
  }

  // `topics` are those that exist of all that members subscribe to, by name; `members` come in the
  // order in which the coordinator gives them. Members that are left out get nothing. A partition
  // may go only to members that subscribe to its topic, and to one at most. If it throws, the
  // rebalance fails and poll says why.
  virtual Assignments assign(const std::vector<AssignableTopic>& topics,
                             const std::vector<GroupMember>& members) = 0;

  // What this member got of a rebalance. If it throws, the rebalance fails and poll says why; so it
  // is with `subscription_user_data`.
  virtual void on_assignment(const GroupAssignment&, const ConsumerGroupMetadata&) {}
};

// Makes a consumer's assignor when the consumer is opened.
using AssignorFactory = std::function<std::unique_ptr<ConsumerPartitionAssignor>()>;

// Kafka's own. Given the same members, subscriptions, racks and previous assignments they answer as
// those of the Java client, since groups mix clients; where its answer hangs on the order of a hash
// table because subscriptions differ, another one may come out that is as balanced and as sticky.

// "range": of each topic a run of neighbouring partitions for each member; topics with the same
// members and as many partitions are cut at the same places. Near racks first (KIP-881). Eager.
AssignorFactory range_assignor();

// "roundrobin": all partitions of all topics, dealt like cards. Eager.
AssignorFactory round_robin_assignor();

// "sticky": as even as can be, then with as little change as can be, then near racks. Eager.
AssignorFactory sticky_assignor();

// "cooperative-sticky": the same, and members go on with what they keep (KIP-429).
AssignorFactory cooperative_sticky_assignor();

// By one of those names. Error: invalid_argument naming them.
Result<AssignorFactory> assignor_by_name(std::string_view name);

}  // namespace ottla
