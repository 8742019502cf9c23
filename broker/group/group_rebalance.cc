#include <algorithm>
#include <limits>
#include <utility>

#include "broker/group/group.h"

// How generations begin and end.
namespace ottla::broker {

void Group::rebalance_or_complete_join(const std::string& why, const GroupTime& time,
                                       GroupEffects& effects) {
  if (state_ == GroupState::preparing_rebalance) return maybe_complete_join(time, effects);
  if (state_ != GroupState::dead) prepare_rebalance(why, time, effects);
}

void Group::prepare_rebalance(const std::string& why, const GroupTime& time,
                              GroupEffects& effects) {
  if (state_ == GroupState::completing_rebalance) {
    reset_assignments(ErrorCode::rebalance_in_progress, time, effects);
  }
  sync_deadline_ = base::kNever;
  initial_ = state_ == GroupState::empty;
  go_to(GroupState::preparing_rebalance, time);
  effects.log.push_back("group " + id_ + " leaves generation " + std::to_string(generation_.value) +
                        ": " + why);
  if (initial_) {
    new_member_added_ = false;
    initial_step_ = settings_.initial_rebalance_delay;
    initial_left_ = std::max(rebalance_timeout() - initial_step_, base::Duration{});
    join_deadline_ = time.now + initial_step_;
    return wake_by(join_deadline_);
  }
  if (all_have_joined()) return complete_join(time, effects);
  join_deadline_ = time.now + rebalance_timeout();
  wake_by(join_deadline_);
}

void Group::maybe_complete_join(const GroupTime& time, GroupEffects& effects) {
  const bool waits = state_ == GroupState::preparing_rebalance && !initial_;
  if (waits && all_have_joined()) complete_join(time, effects);
}

// The first members of a group seldom come alone: as long as more come, it waits a little longer.
void Group::extend_initial_delay(const GroupTime& time, GroupEffects& effects) {
  if (!new_member_added_ || initial_left_ == base::Duration{}) return complete_join(time, effects);
  new_member_added_ = false;
  const auto waited = initial_step_;
  initial_step_ = std::min(settings_.initial_rebalance_delay, initial_left_);
  initial_left_ = std::max(initial_left_ - waited, base::Duration{});
  join_deadline_ = time.now + initial_step_;
  wake_by(join_deadline_);
}

// Who has not come is out, but for static members, whose sessions decide.
void Group::complete_join(const GroupTime& time, GroupEffects& effects) {
  join_deadline_ = base::kNever;
  initial_ = false;
  std::vector<std::string> missing;
  for (const auto& [id, member] : members_) {
    if (!member.join && !member.is_static()) missing.push_back(id);
  }
  for (const auto& id : missing) {
    effects.log.push_back("group " + id_ + ": member " + id + " did not join in time");
    remove_member(id, effects);
  }
  if (!members_.empty() && !elect_joined_leader()) {
    join_deadline_ = time.now + rebalance_timeout();
    return wake_by(join_deadline_);
  }
  begin_generation(time, effects);
}

void Group::begin_generation(const GroupTime& time, GroupEffects& effects) {
  const bool last = generation_.value == std::numeric_limits<std::int32_t>::max();
  generation_ = last ? GenerationId(0) : generation_ + 1;
  owed_syncs_ = 0;
  if (members_.empty()) {
    protocol_name_.reset();
    go_to(GroupState::empty, time);
    add_store({.kind = Store::Kind::empty, .generation = generation_}, effects);
    return;
  }
  protocol_name_ = select_protocol();
  go_to(GroupState::completing_rebalance, time);
  effects.log.push_back("group " + id_ + " has generation " + std::to_string(generation_.value) +
                        " with " + std::to_string(members_.size()) + " members");
  for (auto& [id, member] : members_) {
    if (member.join) {
      effects.joins.push_back(join_answer(member));
      member.join.reset();
      --waiting_joins_;
    }
    member.is_new = false;
    member.owes_sync = true;
    ++owed_syncs_;
    extend_session(member, time);
  }
  sync_deadline_ = time.now + rebalance_timeout();
  wake_by(sync_deadline_);
}

void Group::no_longer_owes_sync(GroupMember& member) {
  if (!std::exchange(member.owes_sync, false)) return;
  if (--owed_syncs_ == 0) sync_deadline_ = base::kNever;
}

std::size_t Group::growth(const SyncRequest& request) const {
  // Everything else is refused, or keeps nothing.
  if (state_ != GroupState::completing_rebalance || request.member.member_id != leader_ ||
      request.generation != generation_ || check_member(request.member) != ErrorCode::none) {
    return 0;
  }
  auto bytes = sizeof(Store);
  for (const auto& assigned : request.assignments) {
    if (members_.contains(assigned.member_id)) {
      bytes += Store::memory_of(assigned.member_id, assigned.bytes);
    }
  }
  return bytes;
}

void Group::sync(const SyncRequest& request, const GroupTime& time, GroupEffects& effects) {
  const auto refuse = [&](ErrorCode error) {
    effects.syncs.push_back({.request = request.request, .error = error});
  };
  if (state_ == GroupState::dead) return refuse(ErrorCode::coordinator_not_available);
  if (state_ == GroupState::empty) return refuse(ErrorCode::unknown_member_id);
  if (const auto error = check_member(request.member); error != ErrorCode::none) {
    return refuse(error);
  }
  if (request.generation != generation_) return refuse(ErrorCode::illegal_generation);
  const auto differs = [](const auto& said, const auto& ours) { return said && ours != *said; };
  if (differs(request.protocol_type, protocol_type_) ||
      differs(request.protocol_name, protocol_name_)) {
    return refuse(ErrorCode::inconsistent_group_protocol);
  }
  if (state_ == GroupState::preparing_rebalance) return refuse(ErrorCode::rebalance_in_progress);
  auto& member = *find(request.member.member_id);
  no_longer_owes_sync(member);
  if (state_ == GroupState::stable) {
    auto answer = sync_answer(member);
    answer.request = request.request;
    extend_session(member, time);
    return effects.syncs.push_back(std::move(answer));
  }
  if (member.sync) {
    // It asks again, over another connection: nobody reads the first answer.
    effects.syncs.push_back({.request = *member.sync, .error = ErrorCode::rebalance_in_progress});
  }
  member.sync = request.request;
  if (member.member_id != leader_) return;
  Store store{.kind = Store::Kind::assignment, .generation = generation_};
  for (const auto& assigned : request.assignments) {
    if (find(assigned.member_id) == nullptr) continue;
    store.assignments.insert_or_assign(std::string(assigned.member_id),
                                       std::string(assigned.bytes));
  }
  add_store(std::move(store), effects);
}

std::uint64_t Group::add_store(Store store, GroupEffects& effects) {
  memory_ += store.memory();
  const auto id = next_store_++;
  stores_.emplace(id, std::move(store));
  effects.stores.push_back(id);
  return id;
}

protocol::GroupMetadataValue Group::to_store(std::uint64_t store) const {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  const auto& stored = stores_.at(store);
  protocol::GroupMetadataValue value;
  if (protocol_type_) value.protocol_type = *protocol_type_;
  value.generation = generation_;
  if (protocol_name_) value.protocol = *protocol_name_;
  if (!leader_.empty()) value.leader = leader_;
  value.current_state_timestamp = state_since_;
  for (const auto& [id, member] : members_) {
    auto& out = value.members.emplace_back();
    out.member_id = id;
    if (member.instance_id) out.group_instance_id = *member.instance_id;
    out.client_id = member.client_id;
    out.client_host = member.client_host;
    const auto ms = [](base::Duration duration) {
      return static_cast<std::int32_t>(duration_cast<milliseconds>(duration).count());
    };
    out.rebalance_timeout = ms(member.rebalance_timeout);
    out.session_timeout = ms(member.session_timeout);
    if (protocol_name_) out.subscription.view = member.metadata(*protocol_name_);
    out.assignment.view = member.assignment;
    if (stored.kind != Store::Kind::assignment) continue;
    const auto assigned = stored.assignments.find(id);
    out.assignment.view = {};
    if (assigned != stored.assignments.end()) out.assignment.view = assigned->second;
  }
  return value;
}

void Group::on_stored(std::uint64_t id, ErrorCode outcome, const GroupTime& time,
                      GroupEffects& effects) {
  auto node = stores_.extract(id);
  if (node.empty()) return;
  auto& store = node.mapped();
  memory_ -= store.memory();
  if (store.kind == Store::Kind::static_member) {
    auto* member = find(store.answer.member_id);
    // Once a rebalance has begun, the answer is its outcome.
    if (state_ != GroupState::stable || member == nullptr || !member->join) return;
    if (outcome != ErrorCode::none) store.answer = {.error = outcome};
    store.answer.request = *member->join;
    effects.joins.push_back(std::move(store.answer));
    member->join.reset();
    --waiting_joins_;
    return extend_session(*member, time);
  }
  const bool current =
      state_ == GroupState::completing_rebalance && store.generation == generation_;
  if (store.kind != Store::Kind::assignment || !current) return;
  if (outcome != ErrorCode::none) {
    reset_assignments(outcome, time, effects);
    return prepare_rebalance("its assignment could not be stored", time, effects);
  }
  for (auto& [member_id, member] : members_) {
    const auto assigned = store.assignments.find(member_id);
    set_assignment(member, assigned == store.assignments.end() ? "" : std::move(assigned->second));
  }
  propagate_assignment(time, effects);
  go_to(GroupState::stable, time);
}

void Group::propagate_assignment(const GroupTime& time, GroupEffects& effects) {
  for (auto& [id, member] : members_) {
    if (!member.sync) continue;
    effects.syncs.push_back(sync_answer(member));
    member.sync.reset();
    extend_session(member, time);
  }
}

void Group::reset_assignments(ErrorCode error, const GroupTime& time, GroupEffects& effects) {
  for (auto& [id, member] : members_) {
    set_assignment(member, "");
    if (!member.sync) continue;
    effects.syncs.push_back({.request = *member.sync, .error = error});
    member.sync.reset();
    extend_session(member, time);
  }
}

JoinAnswer Group::join_answer(const GroupMember& member) const {
  JoinAnswer answer{.request = member.join.value_or(0),
                    .generation = generation_,
                    .protocol_type = protocol_type_,
                    .protocol_name = protocol_name_,
                    .leader = leader_,
                    .member_id = member.member_id};
  if (member.member_id != leader_) return answer;
  for (const auto& [id, other] : members_) {
    answer.members.push_back(
        {id, other.instance_id, std::string(other.metadata(protocol_name_.value_or("")))});
  }
  return answer;
}

SyncAnswer Group::sync_answer(const GroupMember& member) const {
  return {.request = member.sync.value_or(0),
          .protocol_type = protocol_type_,
          .protocol_name = protocol_name_,
          .assignment = member.assignment};
}

ErrorCode Group::heartbeat(const MemberIdentity& member, GenerationId generation,
                           const GroupTime& time) {
  if (state_ == GroupState::dead) return ErrorCode::coordinator_not_available;
  if (const auto error = check_member(member); error != ErrorCode::none) return error;
  if (generation != generation_) return ErrorCode::illegal_generation;
  if (state_ == GroupState::empty) return ErrorCode::unknown_member_id;
  extend_session(*find(member.member_id), time);
  return state_ == GroupState::preparing_rebalance ? ErrorCode::rebalance_in_progress
                                                   : ErrorCode::none;
}

std::vector<ErrorCode> Group::leave(const std::vector<MemberIdentity>& leaving,
                                    const GroupTime& time, GroupEffects& effects) {
  std::vector<ErrorCode> outcomes;
  bool anybody = false;
  for (const auto& who : leaving) {
    std::string member_id(who.member_id);
    ErrorCode outcome = ErrorCode::none;
    if (member_id.empty()) {
      const auto* known = who.instance_id ? static_member(*who.instance_id) : nullptr;
      if (known == nullptr) outcome = ErrorCode::unknown_member_id;
      if (known != nullptr) member_id = *known;
    } else if (!remove_pending(member_id)) {
      outcome = check_member(who);
    }
    outcomes.push_back(outcome);
    if (outcome != ErrorCode::none) continue;
    anybody = true;
    remove_member(member_id, effects);
  }
  if (anybody) member_is_gone("members leave", time, effects);
  return outcomes;
}

void Group::member_is_gone(const std::string& why, const GroupTime& time, GroupEffects& effects) {
  if (state_ == GroupState::stable || state_ == GroupState::completing_rebalance) {
    return prepare_rebalance(why, time, effects);
  }
  maybe_complete_join(time, effects);
}

ErrorCode Group::check_commit(const MemberIdentity& member, GenerationId generation,
                              const GroupTime& time) {
  if (state_ == GroupState::dead) return ErrorCode::coordinator_not_available;
  if (generation < GenerationId(0) && state_ == GroupState::empty) return ErrorCode::none;
  if (generation < GenerationId(0) && member.member_id.empty() && !member.instance_id) {
    return ErrorCode::unknown_member_id;
  }
  if (const auto error = check_member(member); error != ErrorCode::none) return error;
  if (generation != generation_) return ErrorCode::illegal_generation;
  if (state_ == GroupState::completing_rebalance) return ErrorCode::rebalance_in_progress;
  extend_session(*find(member.member_id), time);
  return ErrorCode::none;
}

ErrorCode Group::check_transactional_commit(const MemberIdentity& member,
                                            GenerationId generation) const {
  if (state_ == GroupState::dead) return ErrorCode::coordinator_not_available;
  const bool names_nobody = member.member_id.empty() && !member.instance_id;
  if (generation < GenerationId(0) && (state_ == GroupState::empty || names_nobody)) {
    return ErrorCode::none;
  }
  if (const auto error = check_member(member); error != ErrorCode::none) return error;
  return generation == generation_ ? ErrorCode::none : ErrorCode::illegal_generation;
}

void Group::on_time(const GroupTime& time, GroupEffects& effects) {
  if (time.now < wake_at_) return;
  if (state_ != GroupState::dead) {
    expire_sessions(time, effects);
    if (sync_deadline_ <= time.now) expire_syncs(time, effects);
    if (join_deadline_ <= time.now && initial_) {
      extend_initial_delay(time, effects);
    } else if (join_deadline_ <= time.now) {
      complete_join(time, effects);
    }
  }
  find_wake_at();
}

void Group::expire_sessions(const GroupTime& time, GroupEffects& effects) {
  const auto pending_before = pending_.size();
  for (auto at = pending_.begin(); at != pending_.end();) {
    if (at->second > time.now) {
      ++at;
      continue;
    }
    memory_ -= sizeof(GroupMember) + at->first.size();
    at = pending_.erase(at);
  }
  std::vector<std::string> gone;
  for (auto& [id, member] : members_) {
    if (member.session_deadline > time.now) continue;
    // It is begun anew when the answer that the member waits for is given.
    member.session_deadline = base::kNever;
    if (member.is_new || (!member.join && !member.sync)) gone.push_back(id);
  }
  for (const auto& id : gone) {
    effects.log.push_back("group " + id_ + ": the session of member " + id + " has ended");
    remove_member(id, effects);
  }
  if (!gone.empty()) return member_is_gone("sessions have ended", time, effects);
  if (pending_.size() != pending_before) maybe_complete_join(time, effects);
}

void Group::expire_syncs(const GroupTime& time, GroupEffects& effects) {
  sync_deadline_ = base::kNever;
  std::vector<std::string> missing;
  for (const auto& [id, member] : members_) {
    if (member.owes_sync) missing.push_back(id);
  }
  for (const auto& id : missing) {
    effects.log.push_back("group " + id_ + ": member " + id + " did not sync in time");
    remove_member(id, effects);
  }
  if (!missing.empty()) member_is_gone("members did not sync in time", time, effects);
}

}  // namespace ottla::broker
