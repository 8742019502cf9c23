#include <algorithm>
#include <cstdio>
#include <utility>

#include "base/assert.h"
#include "broker/group/group.h"

// How members come, and come back.
namespace ottla::broker {
namespace {

std::string uuid_text(base::Random& random) {
  const auto uuid = random.uuid();
  char text[37];
  std::snprintf(text, sizeof(text), "%08x-%04x-%04x-%04x-%012llx",
                static_cast<unsigned>(uuid.high >> 32),
                static_cast<unsigned>((uuid.high >> 16) & 0xffff),
                static_cast<unsigned>(uuid.high & 0xffff), static_cast<unsigned>(uuid.low >> 48),
                static_cast<unsigned long long>(uuid.low & 0xffffffffffffULL));
  return text;
}

void refuse(const JoinRequest& request, ErrorCode error, std::string_view member_id,
            GroupEffects& effects) {
  effects.joins.push_back(
      {.request = request.request, .error = error, .member_id = std::string(member_id)});
}

}  // namespace

// While a rebalance is prepared, those count that have joined: the rest may not come again.
bool Group::accepts(std::string_view member_id) const {
  const auto known = members_.find(member_id);
  switch (state_) {
    case GroupState::empty:
    case GroupState::dead:
      return true;
    case GroupState::preparing_rebalance:
      return (known != members_.end() && known->second.join) || waiting_joins_ < settings_.max_size;
    case GroupState::completing_rebalance:
    case GroupState::stable:
      return known != members_.end() || members_.size() < settings_.max_size;
  }
  return false;
}

std::size_t Group::growth(const JoinRequest& request) const {
  const auto& [member_id, instance_id] = request.member;
  const auto* replaced = member_id.empty() && instance_id ? static_member(*instance_id) : nullptr;
  const auto known = members_.find(replaced != nullptr ? std::string_view(*replaced) : member_id);
  const auto bytes = request.memory();
  if (known != members_.end()) {
    const auto& member = known->second;
    const auto kept =
        member.client_id.size() + member.client_host.size() + memory_of(member.protocols);
    return bytes > kept ? bytes - kept : 0;
  }
  if (pending_.contains(member_id)) return bytes;
  // Who has an id that nobody was given is refused.
  return member_id.empty() ? sizeof(GroupMember) + bytes : 0;
}

void Group::join(const JoinRequest& request, const GroupTime& time, base::Random& random,
                 GroupEffects& effects) {
  const auto& member_id = request.member.member_id;
  if (!accepts(member_id)) {
    refuse(request, ErrorCode::group_max_size_reached, "", effects);
    remove_member(member_id, effects);
    remove_pending(member_id);
    return maybe_complete_join(time, effects);
  }
  if (state_ == GroupState::dead) {
    return refuse(request, ErrorCode::coordinator_not_available, member_id, effects);
  }
  if (!supports(request)) {
    return refuse(request, ErrorCode::inconsistent_group_protocol, member_id, effects);
  }
  if (member_id.empty()) return join_new(request, time, random, effects);
  join_known(request, time, effects);
}

void Group::join_new(const JoinRequest& request, const GroupTime& time, base::Random& random,
                     GroupEffects& effects) {
  const auto& instance = request.member.instance_id;
  const std::string prefix(instance ? *instance : request.client_id);
  std::string member_id;
  do {
    member_id = prefix + '-' + uuid_text(random);
  } while (members_.contains(member_id) || pending_.contains(member_id));
  if (instance && static_member(*instance) != nullptr) {
    return replace_static(request, std::move(member_id), time, effects);
  }
  if (instance || !request.member_id_required) {
    return join_added(request, std::move(member_id), time, effects);
  }
  refuse(request, ErrorCode::member_id_required, member_id, effects);
  const auto deadline = time.now + request.session_timeout;
  memory_ += sizeof(GroupMember) + member_id.size();
  pending_.emplace(std::move(member_id), deadline);
  wake_by(deadline);
}

void Group::join_known(const JoinRequest& request, const GroupTime& time, GroupEffects& effects) {
  const auto& member_id = request.member.member_id;
  if (remove_pending(member_id)) {
    // What has an instance id was never pending: its id is somebody else's.
    if (request.member.instance_id && static_member(*request.member.instance_id) != nullptr) {
      refuse(request, ErrorCode::fenced_instance_id, member_id, effects);
      return maybe_complete_join(time, effects);
    }
    return join_added(request, std::string(member_id), time, effects);
  }
  if (const auto error = check_member(request.member); error != ErrorCode::none) {
    return refuse(request, error, member_id, effects);
  }
  auto& member = *find(member_id);
  const bool same = member.protocols == request.protocols;
  const bool leads = member.member_id == leader_;
  // The answer to its last join was lost, or it only asks. A leader that joins a stable group wants
  // a rebalance: topics may have changed that are in nobody's metadata.
  const bool only_asks = (state_ == GroupState::completing_rebalance && same) ||
                         (state_ == GroupState::stable && same && !leads);
  if (!only_asks) return join_changed(member, request, time, effects);
  auto answer = join_answer(member);
  answer.request = request.request;
  effects.joins.push_back(std::move(answer));
}

void Group::join_added(const JoinRequest& request, std::string member_id, const GroupTime& time,
                       GroupEffects& effects) {
  GroupMember member;
  member.member_id = member_id;
  if (request.member.instance_id) member.instance_id = *request.member.instance_id;
  member.client_id = request.client_id;
  member.client_host = request.client_host;
  member.session_timeout = request.session_timeout;
  member.rebalance_timeout = request.rebalance_timeout;
  member.protocols = request.protocols;
  member.join = request.request;
  member.is_new = true;
  if (members_.empty()) protocol_type_ = request.protocol_type;
  if (initial_) new_member_added_ = true;
  add_member(std::move(member));
  extend_session(*find(member_id), settings_.new_member_join_timeout, time);
  rebalance_or_complete_join("member " + member_id + " joins", time, effects);
}

void Group::join_changed(GroupMember& member, const JoinRequest& request, const GroupTime& time,
                         GroupEffects& effects) {
  change_member(member, request);
  set_waiting_join(member, request.request, effects);
  rebalance_or_complete_join("member " + member.member_id + " joins again", time, effects);
}

// A static member has started again and knows no id: it takes its place, and whoever had it is
// fenced from here on.
void Group::replace_static(const JoinRequest& request, std::string new_id, const GroupTime& time,
                           GroupEffects& effects) {
  const std::string old_id = *static_member(*request.member.instance_id);
  const std::string old_leader = leader_;
  auto node = members_.extract(old_id);
  OTTLA_ASSERT(!node.empty(), "a static member is a member");
  auto& moved = node.mapped();
  if (moved.join) {
    --waiting_joins_;
    effects.joins.push_back(
        {.request = *moved.join, .error = ErrorCode::fenced_instance_id, .member_id = old_id});
    moved.join.reset();
  }
  if (moved.sync) {
    effects.syncs.push_back({.request = *moved.sync, .error = ErrorCode::fenced_instance_id});
    moved.sync.reset();
  }
  memory_ -= moved.memory();
  moved.member_id = new_id;
  memory_ += moved.memory();
  node.key() = new_id;
  auto& member = members_.insert(std::move(node)).position->second;
  static_members_.find(*request.member.instance_id)->second = new_id;
  if (leader_ == old_id) leader_ = new_id;
  change_member(member, request);
  set_waiting_join(member, request.request, effects);
  extend_session(member, time);
  if (state_ == GroupState::stable && protocol_name_ == select_protocol()) {
    return keep_generation(member, request, old_leader, effects);
  }
  if (state_ == GroupState::preparing_rebalance) return maybe_complete_join(time, effects);
  // Also out of CompletingRebalance: the leader may have the old id in its assignment.
  prepare_rebalance("static member " + new_id + " takes the place of " + old_id, time, effects);
}

// Nothing changes but an id. A client that knows nothing of skipped assignments is told the old
// leader: as leader it would distribute, and a stable group would not listen.
void Group::keep_generation(GroupMember& member, const JoinRequest& request,
                            const std::string& leader, GroupEffects& effects) {
  Store store{.kind = Store::Kind::static_member, .generation = generation_};
  auto& answer = store.answer;
  answer = join_answer(member);
  if (request.knows_skip_assignment) {
    answer.skip_assignment = member.member_id == leader_;
  } else {
    answer.leader = leader;
    answer.members.clear();
  }
  add_store(std::move(store), effects);
}

}  // namespace ottla::broker
