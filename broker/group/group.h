#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "broker/group/group_member.h"
#include "broker/group/group_requests.h"
#include "protocol/group/group_records.h"

namespace ottla::broker {

enum class GroupState : std::uint8_t {
  empty,                 // no members; perhaps committed offsets
  preparing_rebalance,   // waits for its members to join
  completing_rebalance,  // waits for the leader's assignment
  stable,
  dead,  // being deleted
};

// As Kafka writes it: "PreparingRebalance".
std::string_view name(GroupState state);

// One group of the classic protocol (KIP-62 and after), as a state machine on numbers and structs:
// it knows neither sockets nor logs nor timers. Who has one calls `on_time` at `wake_at`, carries
// the effects of each call out, and tells what became of each store. Belongs to the
// GroupCoordinator, on its loop. A call costs at most one pass over the members.
class Group {
 public:
  Group(std::string id, const GroupSettings& settings, base::WallMillis wall);
  // As a record of the log says; its members' sessions begin now.
  Group(std::string id, const GroupSettings& settings, const protocol::GroupMetadataValue& stored,
        const GroupTime& time);

  const std::string& id() const { return id_; }
  GroupState state() const { return state_; }
  GenerationId generation() const { return generation_; }
  // None for one that only commits offsets.
  const std::optional<std::string>& protocol_type() const { return protocol_type_; }
  const std::optional<std::string>& protocol_name() const { return protocol_name_; }
  const std::string& leader() const { return leader_; }  // empty: none
  const GroupMembers& members() const { return members_; }
  std::size_t pending_members() const { return pending_.size(); }
  // When it came into its state; -1 if nobody wrote it down.
  base::WallMillis state_since() const { return state_since_; }
  std::size_t memory() const { return memory_; }

  // By how many bytes this grows, but for the member's own names, if it takes the request.
  std::size_t growth(const JoinRequest& request) const;

  // The same of assignments, until they are stored: what the members have now is let go of then.
  std::size_t growth(const SyncRequest& request) const;

  // Answered by an effect, now or later. Refused with, in this order: group_max_size_reached,
  // coordinator_not_available (dead), inconsistent_group_protocol, member_id_required,
  // unknown_member_id, fenced_instance_id. The answer to whoever is replaced: fenced_instance_id.
  void join(const JoinRequest& request, const GroupTime& time, base::Random& random,
            GroupEffects& effects);

  // Answered by an effect, now or when the leader's assignment is stored. Errors:
  // coordinator_not_available, unknown_member_id, fenced_instance_id, illegal_generation,
  // inconsistent_group_protocol, rebalance_in_progress.
  void sync(const SyncRequest& request, const GroupTime& time, GroupEffects& effects);

  // coordinator_not_available, unknown_member_id, fenced_instance_id, illegal_generation,
  // rebalance_in_progress: alive, but to join again.
  ErrorCode heartbeat(const MemberIdentity& member, GenerationId generation, const GroupTime& time);

  // What became of each, in their order: none, unknown_member_id, fenced_instance_id. Without a
  // member id whoever has the instance id leaves (KIP-345).
  std::vector<ErrorCode> leave(const std::vector<MemberIdentity>& leaving, const GroupTime& time,
                               GroupEffects& effects);

  // Whether whoever says this may commit offsets: none, coordinator_not_available,
  // unknown_member_id, fenced_instance_id, illegal_generation, rebalance_in_progress. Keeps the
  // member's session alive.
  ErrorCode check_commit(const MemberIdentity& member, GenerationId generation,
                         const GroupTime& time);

  // The same for a commit in a transaction (KIP-447). A producer that says nothing of a member may
  // always; a rebalance that is under way is no reason against it, the generation fences. Nobody's
  // session is kept alive.
  ErrorCode check_transactional_commit(const MemberIdentity& member, GenerationId generation) const;

  // No later than the next thing that is due by the clock.
  base::TimePoint wake_at() const { return wake_at_; }
  void on_time(const GroupTime& time, GroupEffects& effects);

  // What is to be stored for `store`, one of the effects of the call just made.
  protocol::GroupMetadataValue to_store(std::uint64_t store) const;
  void on_stored(std::uint64_t store, ErrorCode outcome, const GroupTime& time,
                 GroupEffects& effects);

  // Nobody joins or commits from here on.
  void die(const GroupTime& time) { go_to(GroupState::dead, time); }

  // Whoever waits gets this error; for a coordinator that stops, or begins anew.
  void answer_all(ErrorCode error, GroupEffects& effects);

  // What the members of a consumer group subscribe to; none if that cannot be told.
  std::optional<std::set<std::string, std::less<>>> subscribed_topics() const;
  bool uses_consumer_protocol() const;

 private:
  // A state of the group on its way into the log.
  struct Store {
    enum class Kind : std::uint8_t { empty, assignment, static_member };
    Kind kind = Kind::empty;
    GenerationId generation = kNoGeneration;
    std::map<std::string, std::string, std::less<>> assignments;
    JoinAnswer answer;  // of the static member that came back

    // Bytes that the leader made us keep.
    std::size_t memory() const {
      auto bytes = sizeof(Store);
      for (const auto& [id, assignment] : assignments) bytes += memory_of(id, assignment);
      return bytes;
    }
    static std::size_t memory_of(std::string_view id, std::string_view assignment) {
      return 2 * sizeof(std::string) + id.size() + assignment.size();
    }
  };

  // group.cc: the members.
  GroupMember* find(std::string_view member_id);
  const std::string* static_member(std::string_view instance_id) const;
  void add_member(GroupMember member);
  void change_member(GroupMember& member, const JoinRequest& request);
  void remove_member(std::string_view member_id, GroupEffects& effects);
  bool remove_pending(std::string_view member_id);
  void set_waiting_join(GroupMember& member, RequestId request, GroupEffects& effects);
  void set_assignment(GroupMember& member, std::string assignment);
  ErrorCode check_member(const MemberIdentity& member) const;
  void count_protocols(const GroupMember& member, int by);
  bool supports(const JoinRequest& request) const;
  std::string select_protocol() const;
  bool elect_joined_leader();
  void extend_session(GroupMember& member, const GroupTime& time);
  void extend_session(GroupMember& member, base::Duration timeout, const GroupTime& time);
  void wake_by(base::TimePoint deadline);
  void find_wake_at();
  void go_to(GroupState state, const GroupTime& time);
  base::Duration rebalance_timeout() const;

  // group_rebalance.cc: the generations.
  void prepare_rebalance(const std::string& why, const GroupTime& time, GroupEffects& effects);
  void rebalance_or_complete_join(const std::string& why, const GroupTime& time,
                                  GroupEffects& effects);
  bool all_have_joined() const { return waiting_joins_ == members_.size() && pending_.empty(); }
  void maybe_complete_join(const GroupTime& time, GroupEffects& effects);
  void complete_join(const GroupTime& time, GroupEffects& effects);
  void begin_generation(const GroupTime& time, GroupEffects& effects);
  void extend_initial_delay(const GroupTime& time, GroupEffects& effects);
  void expire_sessions(const GroupTime& time, GroupEffects& effects);
  void expire_syncs(const GroupTime& time, GroupEffects& effects);
  void member_is_gone(const std::string& why, const GroupTime& time, GroupEffects& effects);
  void propagate_assignment(const GroupTime& time, GroupEffects& effects);
  void reset_assignments(ErrorCode error, const GroupTime& time, GroupEffects& effects);
  void no_longer_owes_sync(GroupMember& member);
  std::uint64_t add_store(Store store, GroupEffects& effects);
  JoinAnswer join_answer(const GroupMember& member) const;
  SyncAnswer sync_answer(const GroupMember& member) const;

  // group_join.cc
  bool accepts(std::string_view member_id) const;
  void join_new(const JoinRequest& request, const GroupTime& time, base::Random& random,
                GroupEffects& effects);
  void join_known(const JoinRequest& request, const GroupTime& time, GroupEffects& effects);
  void join_added(const JoinRequest& request, std::string member_id, const GroupTime& time,
                  GroupEffects& effects);
  void join_changed(GroupMember& member, const JoinRequest& request, const GroupTime& time,
                    GroupEffects& effects);
  void replace_static(const JoinRequest& request, std::string new_id, const GroupTime& time,
                      GroupEffects& effects);
  void keep_generation(GroupMember& member, const JoinRequest& request, const std::string& leader,
                       GroupEffects& effects);

  // Set at construction.
  const std::string id_;
  const GroupSettings& settings_;

  GroupState state_ = GroupState::empty;
  base::WallMillis state_since_ = -1;
  GenerationId generation_{0};
  std::optional<std::string> protocol_type_;
  std::optional<std::string> protocol_name_;
  std::string leader_;
  GroupMembers members_;
  std::map<std::string, std::string, std::less<>> static_members_;  // member ids by instance id
  // Ids that were given to clients that have not come back with them, and until when.
  std::map<std::string, base::TimePoint, std::less<>> pending_;
  std::map<std::string, std::size_t, std::less<>> protocol_counts_;  // members that know each
  std::size_t waiting_joins_ = 0;
  std::size_t owed_syncs_ = 0;
  std::size_t memory_ = 0;

  // Of the rebalance under way.
  bool initial_ = false;           // out of Empty: more members are waited for
  bool new_member_added_ = false;  // since the initial delay was last extended
  base::Duration initial_left_{};
  base::Duration initial_step_{};
  base::TimePoint join_deadline_ = base::kNever;
  base::TimePoint sync_deadline_ = base::kNever;

  base::TimePoint wake_at_ = base::kNever;
  std::uint64_t next_store_ = 1;
  std::map<std::uint64_t, Store> stores_;
};

}  // namespace ottla::broker
