#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/cluster.h"
#include "ottla/consumer_group.h"
#include "ottla/error.h"
#include "ottla/isolation_level.h"
#include "ottla/record.h"
#include "ottla/result.h"
#include "ottla/types.h"

// What an Admin sees and changes of consumer groups and of what they have committed. See admin.h.
namespace ottla {

// Where a group stands. The last three are of groups of newer kinds (KIP-848, KIP-1071).
enum class GroupState : std::uint8_t {
  unknown,  // of a newer broker, or one that is too old to tell
  preparing_rebalance,
  completing_rebalance,
  stable,
  dead,
  empty,  // without members; what it has committed is still there
  assigning,
  reconciling,
  not_ready,
};

enum class GroupType : std::uint8_t { unknown, classic, consumer, share, streams };

// As Kafka writes them: "PreparingRebalance", "Classic".
std::string_view to_string(GroupState state);
std::string_view to_string(GroupType type);

struct GroupListing {
  std::string group_id{};
  // "consumer"; empty for one that only commits; others belong to Kafka Connect and the like.
  std::string protocol_type{};
  GroupState state = GroupState::unknown;  // told since Kafka 2.6
  GroupType type = GroupType::unknown;     // told since Kafka 3.8

  bool operator==(const GroupListing&) const = default;
};

// One entry for each broker, by its id: the groups that it coordinates, by name.
using ListedGroups = std::map<std::int32_t, Result<std::vector<GroupListing>>>;

// What is listed; filters that are set must all be passed.
struct ListGroupsOptions {
  std::optional<std::chrono::milliseconds> timeout{};  // unset: default_api_timeout
  std::vector<GroupState> states{};                    // empty: in any state (KIP-518)
  std::vector<GroupType> types{};                      // empty: of any type (KIP-848)
  std::vector<std::string> protocol_types{};           // empty: of any protocol

  // Groups of consumers, and those that only commit.
  static ListGroupsOptions consumer_groups() { return {.protocol_types = {"consumer", ""}}; }
};

struct MemberDescription {
  std::string member_id{};
  std::optional<std::string> group_instance_id{};  // of a static member
  std::string client_id{};
  std::string client_host{};
  std::vector<TopicPartition> assignment{};  // sorted; of a stable group of consumers
  // Of a group whose broker assigns (KIP-848): how far the member has come, and what it is to have
  // when it has come to the group's assignment, sorted.
  std::int32_t member_epoch = -1;
  std::vector<TopicPartition> target_assignment{};

  bool operator==(const MemberDescription&) const = default;
};

struct GroupDescription {
  std::string group_id{};
  GroupState state = GroupState::unknown;
  GroupType type = GroupType::unknown;  // classic or consumer
  std::string protocol_type{};
  std::string partition_assignor{};  // its name; of a stable group
  std::vector<MemberDescription> members{};
  Node coordinator{};
  // Of a group whose broker assigns: its members and what they read, and the assignment made of it.
  std::int32_t group_epoch = -1;
  std::int32_t target_assignment_epoch = -1;
};
using GroupDescriptions = std::map<std::string, Result<GroupDescription>>;

// One entry for each group, partition or member asked for: none, or why it failed.
using GroupOutcomes = std::map<std::string, std::optional<Error>>;
using PartitionOutcomes = std::map<TopicPartition, std::optional<Error>>;
using MemberOutcomes = std::map<std::string, std::optional<Error>>;

// Whose offsets are asked for; no partitions: all that have been committed.
using GroupsToList = std::map<std::string, std::vector<TopicPartition>>;

struct ListGroupOffsetsOptions {
  std::optional<std::chrono::milliseconds> timeout{};  // unset: default_api_timeout
  // Waits for transactions that have offsets under way (KIP-447).
  bool require_stable = false;
};

// One entry for each group: what it has committed. Partitions without are left out.
using ListedGroupOffsets = std::map<std::string, Result<CommittedOffsets>>;

// A static member by its instance id, any other one by its member id.
struct MemberToRemove {
  std::string member_id{};
  std::optional<std::string> group_instance_id{};
};

struct RemoveMembersOptions {
  std::optional<std::chrono::milliseconds> timeout{};  // unset: default_api_timeout
  std::string reason{};                                // for the broker's log (KIP-800)
};

// Which offset of a partition is wanted.
class OffsetSpec {
 public:
  static constexpr OffsetSpec latest() { return OffsetSpec(-1); }
  static constexpr OffsetSpec earliest() { return OffsetSpec(-2); }
  // Of the record with the greatest timestamp (KIP-734).
  static constexpr OffsetSpec max_timestamp() { return OffsetSpec(-3); }
  // Of brokers that keep old records elsewhere: the first that is on the broker itself (KIP-405),
  // the last that is elsewhere (KIP-1005), and the first that is still to be taken there.
  static constexpr OffsetSpec earliest_local() { return OffsetSpec(-4); }
  static constexpr OffsetSpec latest_tiered() { return OffsetSpec(-5); }
  static constexpr OffsetSpec earliest_pending_upload() { return OffsetSpec(-6); }
  // Of the first record that is not older.
  static constexpr OffsetSpec at(Timestamp time) {
    const auto ms = time.time_since_epoch().count();
    return OffsetSpec(ms < 0 ? 0 : ms);
  }

  // As the protocol has it.
  constexpr std::int64_t wire_value() const { return value_; }

  bool operator==(const OffsetSpec&) const = default;

 private:
  explicit constexpr OffsetSpec(std::int64_t value) : value_(value) {}

  std::int64_t value_;
};

struct ListedOffset {
  std::optional<std::int64_t> offset{};  // none: no record is as young as was asked
  std::optional<Timestamp> timestamp{};  // of the record, where one was looked for
  std::int32_t leader_epoch = -1;        // of the record; -1: not known

  bool operator==(const ListedOffset&) const = default;
};
using ListedOffsets = std::map<TopicPartition, Result<ListedOffset>>;

struct ListOffsetsOptions {
  std::optional<std::chrono::milliseconds> timeout{};  // unset: default_api_timeout
  // read_committed: the latest offset is where readers of what is committed get to.
  IsolationLevel isolation_level = IsolationLevel::read_uncommitted;
};

}  // namespace ottla
