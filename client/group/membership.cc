#include "client/group/membership.h"

#include <algorithm>
#include <utility>

namespace ottla::client {
namespace {

// The one that all assignors can.
RebalanceProtocol common_protocol(const Membership::Assignors& assignors) {
  const bool cooperative =
      std::all_of(assignors.begin(), assignors.end(),
                  [](const OfferedAssignor& offered) { return offered.cooperative; });
  return cooperative ? RebalanceProtocol::cooperative : RebalanceProtocol::eager;
}

}  // namespace

Membership::Membership(MembershipConfig config, Assignors assignors, std::uint64_t seed,
                       base::Logger log)
    : config_(std::move(config)),
      assignors_(std::move(assignors)),
      protocol_(common_protocol(assignors_)),
      random_(seed),
      log_(std::move(log)) {}

void Membership::subscribe(std::vector<std::string> topics, bool wanted) {
  std::sort(topics.begin(), topics.end());
  topics.erase(std::unique(topics.begin(), topics.end()), topics.end());
  const bool changed = topics != topics_ || wanted != wanted_;
  topics_ = std::move(topics);
  wanted_ = wanted;
  if (wanted_ && changed) request_rejoin("the subscription has changed");
}

void Membership::on_polling(bool polling, base::TimePoint now) {
  polling_ = polling;
  polled_at_ = now;
  if (polling && !failed_for_ever_) awaits_poll_ = false;
}

void Membership::request_rejoin(const std::string& reason) {
  if (!rejoin_) rejoin_ = reason;
}

std::optional<Error> Membership::take_error() {
  if (failed_for_ever_) return error_;
  return std::exchange(error_, std::nullopt);
}

void Membership::fail(Error error, bool for_ever) {
  error_ = std::move(error);
  failed_for_ever_ = for_ever;
  awaits_poll_ = true;
  state_ = State::idle;
  if (!rejoin_) rejoin_ = "the last attempt failed";
  if (for_ever && !fell_out_) lose_owned();
}

// There is no rebalance any more that would tell of it.
void Membership::lose_owned() {
  if (owned_.empty()) return;
  step_.emplace().lost.assign(owned_.begin(), owned_.end());
  step_taken_ = false;
}

ConsumerGroupMetadata Membership::member() const {
  return {.group_id = config_.group_id,
          .generation_id = generation_,
          .member_id = member_id_,
          .group_instance_id = config_.group_instance_id};
}

bool Membership::between_generations() const {
  return state_ == State::ready_to_join || state_ == State::joining || state_ == State::gathering ||
         state_ == State::ready_to_sync || state_ == State::syncing;
}

bool Membership::owns(const TopicPartition& partition) const {
  if (owned_.contains(partition)) return true;
  return step_ &&
         std::find(step_->added.begin(), step_->added.end(), partition) != step_->added.end();
}

// ---- giving up, before a rebalance

void Membership::begin_rejoin() {
  state_ = State::preparing;
  prepare();
}

void Membership::prepare() {
  RebalanceStep step;
  for (const auto& partition : owned_) {
    const bool subscribed = std::binary_search(topics_.begin(), topics_.end(), partition.topic);
    if (generation_ < 0) {
      step.lost.push_back(partition);
    } else if (protocol_ == RebalanceProtocol::eager || !subscribed) {
      step.revoked.push_back(partition);
    }
  }
  step_taken_ = false;
  step_.reset();
  if (step.lost.empty() && step.revoked.empty()) {
    state_ = State::ready_to_join;
  } else {
    step_ = std::move(step);
  }
}

RebalanceStep Membership::take_step() {
  step_taken_ = true;
  return *step_;
}

void Membership::on_step_done() {
  if (!step_ || !step_taken_) return;
  const auto step = *std::exchange(step_, std::nullopt);
  for (const auto& partition : step.revoked) owned_.erase(partition);
  for (const auto& partition : step.lost) owned_.erase(partition);
  owned_.insert(step.added.begin(), step.added.end());
  if (std::exchange(fell_out_, false)) {
    state_ = State::idle;
    if (failed_for_ever_) lose_owned();
  } else if (state_ == State::preparing) {
    prepare();
  } else if (state_ == State::assigning) {
    state_ = State::stable;
    ++rebalances_;
    if (!step.revoked.empty()) request_rejoin("partitions were revoked, to be assigned anew");
  }
}

// The generation goes on without this member. What it owns is lost to it.
void Membership::fall_out(ErrorCode code) {
  generation_ = -1;
  if (code == ErrorCode::unknown_member_id) member_id_.clear();
  ++attempt_;
  heartbeat_under_way_ = false;
  leader_ = false;
  snapshot_.reset();
  follow_up_at_.reset();
  request_rejoin("this member fell out of its group: " + std::string(describe(code).name));
  if (step_ && step_taken_) {
    fell_out_ = true;
  } else {
    step_.reset();
    state_ = State::idle;
  }
  if (log_.enabled(LogLevel::info)) log_.info(*rejoin_);
}

void Membership::leave(const std::string& reason, bool also_static) {
  if (!member_id_.empty() && (also_static || !config_.group_instance_id)) {
    leave_ = LeaveDraft{member_id_, reason};
  }
  const bool was_wanted = wanted_;
  fall_out(ErrorCode::unknown_member_id);
  if (!was_wanted) rejoin_.reset();
}

void Membership::forget_owned() {
  owned_.clear();
  step_.reset();
  fell_out_ = false;
  state_ = State::idle;
}

void Membership::on_commit_error(ErrorCode code, const ConsumerGroupMetadata& of) {
  if (of != member()) return;
  if (code == ErrorCode::fenced_instance_id) {
    fall_out(code);
    fail(Error(code, "another member of the group has the group_instance_id of this one"), true);
  } else {
    fall_out(code);
  }
}

// ---- what to send

Membership::Poll Membership::poll(base::TimePoint now, bool has_coordinator,
                                  const Cluster& cluster) {
  Poll poll;
  if (leave_ && has_coordinator) poll.requests.emplace_back(*std::exchange(leave_, std::nullopt));
  if (!wanted_) return poll;
  check_poll_interval(now, poll);
  if (awaits_poll_) return poll;
  check_session(now, poll);
  check_follow_up(now, poll);
  if ((state_ == State::idle || state_ == State::stable) && rejoin_ && !fell_out_) begin_rejoin();
  if (!has_coordinator || poll.forget_coordinator) return poll;
  if (retry_at_ > now) {
    poll.next = std::min(poll.next, retry_at_);
  } else {
    add_request(now, cluster, poll);
  }
  add_heartbeat(now, poll);
  return poll;
}

void Membership::check_poll_interval(base::TimePoint now, Poll& poll) {
  if (polling_ || awaits_poll_) return;
  const auto limit = polled_at_ + config_.max_poll_interval;
  if (limit > now) {
    poll.next = std::min(poll.next, limit);
    return;
  }
  if (log_.enabled(LogLevel::warn)) {
    log_.warn(
        "leaving the group: the application has not polled for max_poll_interval; poll more "
        "often, with fewer records (max_poll_records), or set it longer");
  }
  leave("the application has not polled for max.poll.interval.ms", false);
  awaits_poll_ = true;
  poll.next = now;
}

void Membership::check_follow_up(base::TimePoint now, Poll& poll) {
  if (state_ != State::stable || !follow_up_at_) return;
  if (*follow_up_at_ > now) {
    poll.next = std::min(poll.next, *follow_up_at_);
  } else {
    follow_up_at_.reset();
    request_rejoin("partitions that were to move are still without an owner");
  }
}

void Membership::check_session(base::TimePoint now, Poll& poll) {
  if (generation_ < 0 || state_ == State::joining) return;
  const auto limit = heard_at_ + config_.session_timeout;
  if (limit <= now) {
    poll.forget_coordinator = true;
    heard_at_ = now;
  }
  poll.next = std::min(poll.next, heard_at_ + config_.session_timeout);
}

void Membership::add_heartbeat(base::TimePoint now, Poll& poll) {
  if (generation_ < 0 || state_ == State::joining || heartbeat_under_way_) return;
  if (heartbeat_at_ <= now) {
    heartbeat_under_way_ = true;
    heartbeat_at_ = now + config_.heartbeat_interval;
    poll.requests.emplace_back(HeartbeatDraft{attempt_, member()});
  }
  poll.next = std::min(poll.next, heartbeat_at_);
}

void Membership::add_request(base::TimePoint now, const Cluster& cluster, Poll& poll) {
  if (state_ == State::ready_to_join) {
    if (auto join = make_join()) poll.requests.emplace_back(std::move(*join));
    return;
  }
  if (state_ == State::gathering) {
    const bool known =
        std::all_of(group_topics_.begin(), group_topics_.end(),
                    [&](const auto& topic) { return cluster.topic(topic) != nullptr; });
    if (!known && gather_until_ > now) {
      poll.next = std::min(poll.next, gather_until_);
      return;
    }
    assign_group(cluster);
  }
  if (state_ != State::ready_to_sync) return;
  state_ = State::syncing;
  poll.requests.emplace_back(
      SyncDraft{attempt_, member(), protocol_name_, std::exchange(assignments_, {})});
}

void Membership::retry(base::TimePoint now) {
  retry_at_ = now + config_.retry.after(++failures_, random_);
}

void Membership::on_failure(const GroupDraft& draft, base::TimePoint now) {
  if (const auto* join = std::get_if<JoinDraft>(&draft)) {
    if (join->attempt != attempt_ || state_ != State::joining) return;
    request_rejoin("the answer to the last JoinGroup did not come");
    state_ = State::ready_to_join;
    retry(now);
  } else if (const auto* sync = std::get_if<SyncDraft>(&draft)) {
    if (sync->attempt != attempt_ || state_ != State::syncing) return;
    request_rejoin("the answer to SyncGroup did not come");
    begin_rejoin();
    retry(now);
  } else if (const auto* beat = std::get_if<HeartbeatDraft>(&draft)) {
    if (beat->attempt != attempt_) return;
    heartbeat_under_way_ = false;
    heartbeat_at_ = std::min(heartbeat_at_, now + config_.retry.initial);
  }
}

bool Membership::on_heartbeat(const HeartbeatDraft& draft,
                              const protocol::HeartbeatResponse& response, base::TimePoint now) {
  if (draft.attempt != attempt_) return false;
  heartbeat_under_way_ = false;
  const auto code = response.error_code;
  switch (code) {
    case ErrorCode::none:
      heard_at_ = now;
      return false;
    case ErrorCode::rebalance_in_progress:
      heard_at_ = now;
      if (state_ == State::stable) request_rejoin("the group is rebalancing");
      return false;
    case ErrorCode::coordinator_not_available:
    case ErrorCode::not_coordinator:
      return true;
    case ErrorCode::illegal_generation:
    case ErrorCode::unknown_member_id:
    case ErrorCode::fenced_instance_id:
      if (draft.member == member()) on_commit_error(code, draft.member);
      return false;
    default:
      heartbeat_at_ = std::min(heartbeat_at_, now + config_.retry.initial);
      if (!Error(code).retriable()) error_ = Error(code, "the coordinator refused Heartbeat");
      return false;
  }
}

}  // namespace ottla::client
