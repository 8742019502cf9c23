#include "broker/group/group.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "protocol/group/consumer_protocol.h"

namespace ottla::broker {

std::string_view name(GroupState state) {
  switch (state) {
    case GroupState::empty:
      return "Empty";
    case GroupState::preparing_rebalance:
      return "PreparingRebalance";
    case GroupState::completing_rebalance:
      return "CompletingRebalance";
    case GroupState::stable:
      return "Stable";
    case GroupState::dead:
      return "Dead";
  }
  return "Unknown";
}

Group::Group(std::string id, const GroupSettings& settings, base::WallMillis wall)
    : id_(std::move(id)),
      settings_(settings),
      state_since_(wall),
      memory_(sizeof(Group) + 2 * id_.size()) {}

Group::Group(std::string id, const GroupSettings& settings,
             const protocol::GroupMetadataValue& stored, const GroupTime& time)
    : Group(std::move(id), settings, stored.current_state_timestamp) {
  using std::chrono::milliseconds;
  generation_ = stored.generation;
  if (!stored.protocol_type.empty()) protocol_type_ = stored.protocol_type;
  for (const auto& from : stored.members) {
    GroupMember member;
    member.member_id = from.member_id;
    if (from.group_instance_id) member.instance_id = *from.group_instance_id;
    member.client_id = from.client_id;
    member.client_host = from.client_host;
    member.session_timeout = milliseconds(from.session_timeout);
    const auto rebalance = from.rebalance_timeout;
    member.rebalance_timeout = milliseconds(rebalance < 0 ? from.session_timeout : rebalance);
    member.protocols.push_back(
        {std::string(stored.protocol.value_or("")), std::string(from.subscription.view)});
    member.assignment = from.assignment.view;
    if (find(member.member_id) != nullptr) continue;
    if (member.is_static() && static_member(*member.instance_id) != nullptr) continue;
    const auto added = member.member_id;
    add_member(std::move(member));
    extend_session(*find(added), time);
  }
  if (members_.empty()) return;
  protocol_name_ = stored.protocol.value_or("");
  if (stored.leader && find(*stored.leader) != nullptr) leader_ = *stored.leader;
  state_ = GroupState::stable;
}

GroupMember* Group::find(std::string_view member_id) {
  const auto found = members_.find(member_id);
  return found == members_.end() ? nullptr : &found->second;
}

const std::string* Group::static_member(std::string_view instance_id) const {
  const auto found = static_members_.find(instance_id);
  return found == static_members_.end() ? nullptr : &found->second;
}

void Group::add_member(GroupMember member) {
  if (leader_.empty()) leader_ = member.member_id;
  if (member.is_static()) static_members_.emplace(*member.instance_id, member.member_id);
  count_protocols(member, 1);
  memory_ += member.memory();
  if (member.join) ++waiting_joins_;
  const auto member_id = member.member_id;
  members_.emplace(member_id, std::move(member));
}

void Group::change_member(GroupMember& member, const JoinRequest& request) {
  count_protocols(member, -1);
  memory_ -= member.memory();
  member.protocols = request.protocols;
  member.session_timeout = request.session_timeout;
  member.rebalance_timeout = request.rebalance_timeout;
  member.client_id = request.client_id;
  member.client_host = request.client_host;
  memory_ += member.memory();
  count_protocols(member, 1);
}

void Group::set_waiting_join(GroupMember& member, RequestId request, GroupEffects& effects) {
  if (member.join) {
    // It asks again, over another connection: nobody reads the first answer.
    effects.joins.push_back({.request = *member.join,
                             .error = ErrorCode::rebalance_in_progress,
                             .member_id = member.member_id});
  } else {
    ++waiting_joins_;
  }
  member.join = request;
}

void Group::set_assignment(GroupMember& member, std::string assignment) {
  memory_ -= member.memory();
  member.assignment = std::move(assignment);
  memory_ += member.memory();
}

// Whoever waits in the name of a member that is gone may come again as a new one.
void Group::remove_member(std::string_view member_id, GroupEffects& effects) {
  const auto found = members_.find(member_id);
  if (found == members_.end()) return;
  GroupMember member = std::move(found->second);
  members_.erase(found);
  if (member.join) {
    --waiting_joins_;
    effects.joins.push_back({.request = *member.join,
                             .error = ErrorCode::unknown_member_id,
                             .member_id = std::string()});
  }
  if (member.sync) {
    effects.syncs.push_back({.request = *member.sync, .error = ErrorCode::unknown_member_id});
  }
  no_longer_owes_sync(member);
  if (member.is_static()) static_members_.erase(*member.instance_id);
  count_protocols(member, -1);
  memory_ -= member.memory();
  if (leader_ == member.member_id) leader_ = members_.empty() ? "" : members_.begin()->first;
}

bool Group::remove_pending(std::string_view member_id) {
  const auto found = pending_.find(member_id);
  if (found == pending_.end()) return false;
  memory_ -= sizeof(GroupMember) + found->first.size();
  pending_.erase(found);
  return true;
}

ErrorCode Group::check_member(const MemberIdentity& member) const {
  if (member.instance_id) {
    const auto* known = static_member(*member.instance_id);
    if (known == nullptr) return ErrorCode::unknown_member_id;
    if (*known != member.member_id) return ErrorCode::fenced_instance_id;
  }
  return members_.find(member.member_id) == members_.end() ? ErrorCode::unknown_member_id
                                                           : ErrorCode::none;
}

void Group::count_protocols(const GroupMember& member, int by) {
  for (const auto& known : member.protocols) {
    auto& count = protocol_counts_[known.name];
    count += static_cast<std::size_t>(by);
    if (count == 0) protocol_counts_.erase(known.name);
  }
}

bool Group::supports(const JoinRequest& request) const {
  if (members_.empty()) return !request.protocol_type.empty() && !request.protocols.empty();
  if (protocol_type_ != request.protocol_type) return false;
  const auto known_to_all = [this](const GroupProtocol& offered) {
    const auto found = protocol_counts_.find(offered.name);
    return found != protocol_counts_.end() && found->second == members_.size();
  };
  return std::any_of(request.protocols.begin(), request.protocols.end(), known_to_all);
}

// Each member votes for what it wants most among what all know; of equals the leader's choice.
std::string Group::select_protocol() const {
  std::map<std::string_view, std::size_t> votes;
  for (const auto& [id, member] : members_) {
    for (const auto& known : member.protocols) {
      const auto count = protocol_counts_.find(known.name);
      if (count == protocol_counts_.end() || count->second != members_.size()) continue;
      ++votes[known.name];
      break;
    }
  }
  std::string_view chosen;
  std::size_t most = 0;
  const auto consider = [&](std::string_view candidate) {
    const auto found = votes.find(candidate);
    if (found == votes.end() || found->second <= most) return;
    chosen = candidate;
    most = found->second;
  };
  const auto leading = members_.find(leader_);
  if (leading != members_.end()) {
    for (const auto& known : leading->second.protocols) consider(known.name);
  }
  for (const auto& [candidate, count] : votes) consider(candidate);
  return std::string(chosen);
}

// Keeps the leader if it has joined; false if nobody has.
bool Group::elect_joined_leader() {
  const auto* leading = find(leader_);
  if (leading == nullptr) return false;
  if (leading->join) return true;
  for (const auto& [id, member] : members_) {
    if (!member.join) continue;
    leader_ = id;
    return true;
  }
  return false;
}

void Group::extend_session(GroupMember& member, const GroupTime& time) {
  extend_session(member, member.session_timeout, time);
}

void Group::extend_session(GroupMember& member, base::Duration timeout, const GroupTime& time) {
  member.session_deadline = time.now + timeout;
  wake_by(member.session_deadline);
}

void Group::wake_by(base::TimePoint deadline) {
  wake_at_ = std::min(wake_at_, deadline);
}

void Group::find_wake_at() {
  wake_at_ = std::min(join_deadline_, sync_deadline_);
  for (const auto& [id, deadline] : pending_) wake_by(deadline);
  for (const auto& [id, member] : members_) wake_by(member.session_deadline);
}

void Group::go_to(GroupState state, const GroupTime& time) {
  state_ = state;
  state_since_ = time.wall;
}

base::Duration Group::rebalance_timeout() const {
  base::Duration longest{};
  for (const auto& [id, member] : members_) longest = std::max(longest, member.rebalance_timeout);
  return longest;
}

bool Group::uses_consumer_protocol() const {
  return protocol_type_ == protocol::kConsumerProtocolType;
}

std::optional<std::set<std::string, std::less<>>> Group::subscribed_topics() const {
  std::set<std::string, std::less<>> topics;
  if (members_.empty()) return topics;
  if (!uses_consumer_protocol() || !protocol_name_) return std::nullopt;
  for (const auto& [id, member] : members_) {
    const auto subscription = protocol::parse_subscription(member.metadata(*protocol_name_));
    if (!subscription) return std::nullopt;
    topics.insert(subscription->topics.begin(), subscription->topics.end());
  }
  return topics;
}

void Group::answer_all(ErrorCode error, GroupEffects& effects) {
  for (auto& [id, member] : members_) {
    if (member.join) {
      --waiting_joins_;
      effects.joins.push_back({.request = *member.join, .error = error, .member_id = id});
      member.join.reset();
    }
    if (member.sync) {
      effects.syncs.push_back({.request = *member.sync, .error = error});
      member.sync.reset();
    }
  }
}

}  // namespace ottla::broker
