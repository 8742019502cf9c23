#include "client/consumer/consumer_group.h"

#include <algorithm>
#include <utility>

namespace ottla::client {
namespace {

// JoinGroup is answered when all members have come, or the time for that is over.
constexpr auto kBeyondRebalance = std::chrono::seconds(5);

// While there is nothing to commit it is looked for no more often than this, however short the
// interval.
constexpr base::Duration kLeastIdleInterval = std::chrono::milliseconds(100);

}  // namespace

ConsumerGroup::ConsumerGroup(const GroupSettings& settings, Membership::Assignors assignors,
                             std::uint64_t seed, Environment environment)
    : settings_(settings),
      env_(std::move(environment)),
      finder_(settings.membership.group_id, settings.membership.retry, seed),
      membership_(settings.membership, std::move(assignors), seed + 1, env_.client.log()),
      offsets_(settings.membership.retry, seed + 2),
      metrics_(settings.sampling) {
  metadata_ = reader_ = membership_.member();
}

base::TimePoint ConsumerGroup::turn(base::TimePoint now) {
  look_at_polls(now);
  find_positions(now);
  auto_commit(now);
  hand_over(now);
  poll_leave(now);
  auto membership = membership_.poll(now, finder_.coordinator().has_value(), env_.client.cluster());
  for (auto& draft : membership.requests) send(std::move(draft));
  if (membership.forget_coordinator) forget_coordinator();
  auto offsets = offsets_.poll(now, finder_.coordinator().has_value(),
                               {.member = membership_.member(),
                                .subscribed = membership_.wanted(),
                                .waits = membership_.between_generations(),
                                .owns = [this](const auto& id) { return membership_.owns(id); }});
  if (offsets.commit) send_commit(std::move(*offsets.commit));
  for (auto& draft : offsets.fetches) send_fetch(std::move(draft));
  auto next = std::min(membership.next, offsets.next);
  if (membership_.wanted() || membership_.leaving() || offsets_.wants_coordinator()) {
    const auto finder = finder_.poll(now);
    if (finder.ask) find_coordinator();
    next = std::min(next, finder.next);
  }
  hand_over(now);
  watch_rebalance(now);
  share();
  if (membership_.group_topics() != known_topics_) {
    known_topics_ = membership_.group_topics();
    topics_changed_();
  }
  const bool commits = settings_.auto_commit && reads_ && !leave_ && !auto_commit_under_way_;
  if (commits) next = std::min(next, commit_at_);
  if (leave_) next = std::min(next, leave_->deadline);
  return next;
}

void ConsumerGroup::watch_rebalance(base::TimePoint now) {
  if (rebalances_ != membership_.rebalances()) {
    rebalances_ = membership_.rebalances();
    metrics_.on_rebalance(now - rebalance_began_.value_or(now), now);
    rebalance_began_.reset();
  }
  if (membership_.rebalancing() && !rebalance_began_) rebalance_began_ = now;
}

void ConsumerGroup::look_at_polls(base::TimePoint now) {
  bool polling = false;
  bool polled = false;
  {
    const std::lock_guard lock(env_.mutex);
    polling = polling_;
    polled = std::exchange(polled_, false);
  }
  if (polled) membership_.on_polling(true, now);
  if (!polling && (polled || membership_.polling())) membership_.on_polling(false, now);
}

void ConsumerGroup::set_polling(bool polling) {
  polling_ = polling;
  polled_ = polled_ || polling;
}

void ConsumerGroup::share() {
  bool changed = false;
  {
    const std::lock_guard lock(env_.mutex);
    metadata_ = membership_.member();
    if (metadata_.generation_id >= 0 || !membership_.wanted()) reader_ = metadata_;
    awaits_poll_ = membership_.awaits_poll();
    const auto& partitions = env_.subscription.in_turn();
    reads_ = !partitions.empty();
    // They are others' already, before the next step can say so.
    if (membership_.wanted() && metadata_.generation_id < 0 && !given_up_) {
      for (auto* partition : partitions) partition->leaving = true;
    }
    auto error = membership_.take_error();
    if (!error) error = finder_.take_error();
    if (error) error_ = std::move(error);
    changed = error_.has_value();
  }
  if (changed) env_.on_change();
}

void ConsumerGroup::on_metadata_update() {
  membership_.on_metadata(env_.client.cluster());
}

void ConsumerGroup::subscribe(std::vector<std::string> topics, bool wanted) {
  if (leave_) {
    subscribe_after_leave_ = std::move(topics);
    return;
  }
  membership_.subscribe(std::move(topics), wanted);
  commit_at_ = env_.client.loop().now() + settings_.auto_commit_interval;
  wake();
}

void ConsumerGroup::request_rejoin(const std::string& reason) {
  if (membership_.wanted()) membership_.request_rejoin(reason);
  wake();
}

void ConsumerGroup::commit(CommittedOffsets offsets, std::int32_t generation,
                           base::TimePoint deadline, GroupOffsets::OnCommit done) {
  note_processed(offsets);
  auto noted = [this, offsets, done = std::move(done)](Result<void> outcome) mutable {
    if (outcome && !offsets.empty()) note_committed(offsets);
    done(std::move(outcome));
  };
  offsets_.commit(offsets, generation, deadline, std::move(noted));
  wake();
}

// What commits by itself does not go back behind what somebody asked for.
void ConsumerGroup::note_processed(const CommittedOffsets& offsets) {
  const std::lock_guard lock(env_.mutex);
  for (const auto& [id, committed] : offsets) {
    auto* partition = env_.subscription.find(id);
    const protocol::Offset offset(committed.offset);
    const bool further = partition != nullptr && partition->processed &&
                         *partition->processed < offset && offset <= partition->position;
    if (!further) continue;
    partition->processed = offset;
    partition->processed_epoch = protocol::LeaderEpoch(committed.leader_epoch);
  }
}

void ConsumerGroup::note_committed(const CommittedOffsets& offsets) {
  {
    // What is committed now need not be committed once more by itself.
    const std::lock_guard lock(env_.mutex);
    for (const auto& [id, offset] : offsets) {
      auto* partition = env_.subscription.find(id);
      if (partition != nullptr) partition->committed = protocol::Offset(offset.offset);
    }
  }
  env_.on_commit(offsets);
}

void ConsumerGroup::fetch_committed(std::vector<TopicPartition> partitions,
                                    base::TimePoint deadline, GroupOffsets::OnFetch done) {
  offsets_.fetch(std::move(partitions), deadline, std::move(done));
  wake();
}

CommittedOffsets ConsumerGroup::committable(bool everything_returned) const {
  CommittedOffsets offsets;
  for (const auto* partition : env_.subscription.in_turn()) {
    auto offset = partition->processed;
    auto epoch = partition->processed_epoch;
    if (everything_returned && partition->has_position()) {
      offset = partition->position;
      epoch = partition->position_epoch;
    }
    if (!offset || offset == partition->committed) continue;
    offsets[partition->id] = {.offset = offset->value, .leader_epoch = epoch.value, .metadata = {}};
  }
  return offsets;
}

void ConsumerGroup::auto_commit(base::TimePoint now) {
  if (!settings_.auto_commit || commit_at_ > now || auto_commit_under_way_ || leave_) return;
  commit_at_ = now + settings_.auto_commit_interval;
  CommittedOffsets offsets;
  {
    const std::lock_guard lock(env_.mutex);
    offsets = committable(false);
  }
  if (offsets.empty()) {
    commit_at_ = now + std::max(settings_.auto_commit_interval, kLeastIdleInterval);
    return;
  }
  auto_commit_under_way_ = true;
  commit(std::move(offsets), membership_.member().generation_id,
         now + settings_.default_api_timeout, [this](const Result<void>& outcome) {
           auto_commit_under_way_ = false;
           wake();
           if (!outcome && env_.client.log().enabled(LogLevel::warn)) {
             env_.client.log().warn("auto-commit: " + outcome.error().to_string());
           }
         });
}

// ---- partitions that change hands

void ConsumerGroup::hand_over(base::TimePoint now) {
  bool tell = false;
  CommittedOffsets offsets;
  bool may_grant = false;
  {
    const std::lock_guard lock(env_.mutex);
    if (given_up_) return;
    const auto& step = membership_.step();
    if (phase_ == Phase::done) {
      phase_ = Phase::none;
      membership_.on_step_done();
      wake();
    }
    if (phase_ == Phase::none || phase_ == Phase::wanted) {
      tell = step.has_value() && phase_ == Phase::none;
      if (step) shared_step_ = *step;
      phase_ = step ? Phase::wanted : Phase::none;
    } else if (phase_ == Phase::asked) {
      if (settings_.auto_commit) offsets = committable(false);
      const auto stays = [this](const auto& entry) {
        const auto& gone = shared_step_.revoked;
        return !std::binary_search(gone.begin(), gone.end(), entry.first);
      };
      std::erase_if(offsets, stays);
      may_grant = offsets.empty();
      if (!may_grant) phase_ = Phase::committing;
    }
  }
  if (tell) env_.on_change();
  if (may_grant) grant();
  if (offsets.empty()) return;
  const auto limit =
      std::min(settings_.default_api_timeout, settings_.membership.max_poll_interval);
  commit(
      std::move(offsets), membership_.member().generation_id, now + limit,
      [this](const Result<void>& outcome) {
        if (!outcome && env_.client.log().enabled(LogLevel::warn)) {
          env_.client.log().warn("auto-commit before a rebalance: " + outcome.error().to_string());
        }
        grant();
      });
}

// If it is still what the membership wants: it may have fallen out of its group meanwhile.
void ConsumerGroup::grant() {
  {
    const std::lock_guard lock(env_.mutex);
    if (phase_ != Phase::asked && phase_ != Phase::committing) return;
    if (membership_.step() == shared_step_) {
      membership_.take_step();
      phase_ = Phase::granted;
    } else {
      phase_ = Phase::none;
    }
  }
  env_.on_change();
  wake();
}

bool ConsumerGroup::begin_step() {
  if (phase_ != Phase::wanted) return false;
  for (const auto* gone : {&shared_step_.revoked, &shared_step_.lost}) {
    for (const auto& id : *gone) {
      if (auto* partition = env_.subscription.find(id)) partition->leaving = true;
    }
  }
  phase_ = Phase::asked;
  return true;
}

std::optional<RebalanceStep> ConsumerGroup::granted_step() {
  if (phase_ != Phase::granted) return std::nullopt;
  phase_ = Phase::running;
  return shared_step_;
}

void ConsumerGroup::end_step() {
  phase_ = Phase::done;
}

// ---- where reading begins

void ConsumerGroup::find_positions(base::TimePoint now) {
  std::vector<std::pair<TopicPartition, std::uint64_t>> asked;
  std::vector<TopicPartition> partitions;
  {
    const std::lock_guard lock(env_.mutex);
    for (auto* partition : env_.subscription.in_turn()) {
      const bool wanted = partition->state == AssignedPartition::State::awaiting_committed &&
                          !partition->asked && !partition->error;
      if (!wanted) continue;
      partition->asked = true;
      asked.emplace_back(partition->id, partition->generation);
      partitions.push_back(partition->id);
    }
  }
  if (asked.empty()) return;
  auto done = [this, asked = std::move(asked)](const Result<CommittedOffsets>& found) {
    on_positions(asked, found);
  };
  fetch_committed(std::move(partitions), now + settings_.default_api_timeout, std::move(done));
}

void ConsumerGroup::on_positions(const std::vector<std::pair<TopicPartition, std::uint64_t>>& asked,
                                 const Result<CommittedOffsets>& found) {
  {
    const std::lock_guard lock(env_.mutex);
    for (const auto& [id, generation] : asked) {
      auto* partition = env_.subscription.find(id, generation);
      if (partition == nullptr) continue;
      partition->asked = false;
      if (!found) {
        // What trying again may help is tried again; poll hears of the rest.
        if (found.error().code() != ErrorCode::timed_out) partition->error = found.error();
      } else if (const auto at = found->find(id); at != found->end()) {
        env_.subscription.seek(*partition, protocol::Offset(at->second.offset),
                               protocol::LeaderEpoch(at->second.leader_epoch));
        partition->committed = partition->position;
      } else if (partition->began) {
        // A rewind: what was read since then is nobody's but this consumer's.
        env_.subscription.seek(*partition, *partition->began);
      } else {
        env_.subscription.reset(*partition, settings_.reset_timestamp);
      }
    }
  }
  env_.on_change();
  wake();
}

// ---- the network

void ConsumerGroup::find_coordinator() {
  auto make = [this](std::int16_t version) {
    return to_request(settings_.membership.group_id, version);
  };
  auto done = [this](Result<Response<protocol::FindCoordinatorResponse>> response) {
    const auto now = env_.client.loop().now();
    if (!response) {
      finder_.on_failure(now);
    } else if (finder_.on_response(response->message, now)) {
      env_.client.set_dedicated(finder_.coordinator());
    }
    wake();
  };
  env_.client.network().send(
      make_request<protocol::FindCoordinatorRequest>(kAnyBroker, std::move(make), std::move(done)));
}

void ConsumerGroup::forget_coordinator() {
  finder_.forget();
}

template <class Request, class Outcome>
void ConsumerGroup::measure(const Outcome& outcome, base::Duration latency, base::TimePoint now) {
  constexpr auto api = Request::api.key;
  using Call = GroupMetrics::Call;
  if constexpr (api == ApiKey::join_group || api == ApiKey::sync_group) {
    const auto code = outcome ? outcome->message.error_code : outcome.error().code();
    if (code == ErrorCode::none) {
      metrics_.on_answer(api == ApiKey::join_group ? Call::join : Call::sync, latency, now);
    } else if (code != ErrorCode::member_id_required) {
      metrics_.on_rebalance_failed(now);
    }
  } else if constexpr (api == ApiKey::heartbeat) {
    if (outcome) metrics_.on_heartbeat(latency, now);
  } else if constexpr (api == ApiKey::offset_commit) {
    if (outcome) metrics_.on_answer(Call::commit, latency, now);
  }
}

// `answer` hears of the response; true if the coordinator is to be looked for again, unless another
// one has been found meanwhile.
template <class Request, class Draft, class Make, class Answer>
void ConsumerGroup::send_draft(Draft draft, base::Duration timeout, Make make, Answer answer) {
  const auto shared = std::make_shared<const Draft>(std::move(draft));
  const auto asked = coordinator();
  auto made = [shared, make = std::move(make)](std::int16_t version) {
    return make(*shared, version);
  };
  auto done = [this, shared, asked, sent = env_.client.loop().now(),
               answer = std::move(answer)](Result<Response<typename Request::Response>> response) {
    const auto now = env_.client.loop().now();
    measure<Request>(response, now - sent, now);
    const bool wrong = answer(*shared, response, now);
    if (wrong && finder_.coordinator() && coordinator() == asked) forget_coordinator();
    wake();
  };
  auto request = make_request<Request>(asked, std::move(made), std::move(done));
  request.dedicated = true;
  request.timeout = timeout;
  if (Request::api.key == ApiKey::offset_commit || Request::api.key == ApiKey::offset_fetch) {
    request.max_version = kLastOffsetsVersionWithNames;
  }
  env_.client.network().send(std::move(request));
}

void ConsumerGroup::send(GroupDraft draft) {
  if (auto* join = std::get_if<JoinDraft>(&draft)) {
    const auto timeout = std::max<base::Duration>(
        settings_.request_timeout, settings_.membership.max_poll_interval + kBeyondRebalance);
    send_draft<protocol::JoinGroupRequest>(
        std::move(*join), timeout,
        [this](const JoinDraft& of, std::int16_t version) {
          return to_request(of, settings_.membership, version);
        },
        [this](const JoinDraft& of, const auto& response, base::TimePoint now) {
          if (response) return membership_.on_join(of.attempt, response->message, now);
          membership_.on_failure(of, now);
          return true;
        });
  } else if (auto* sync = std::get_if<SyncDraft>(&draft)) {
    const auto timeout = std::max<base::Duration>(
        settings_.request_timeout, settings_.membership.max_poll_interval + kBeyondRebalance);
    send_draft<protocol::SyncGroupRequest>(
        std::move(*sync), timeout,
        [](const SyncDraft& of, std::int16_t version) { return to_request(of, version); },
        [this](const SyncDraft& of, const auto& response, base::TimePoint now) {
          if (response) return membership_.on_sync(of.attempt, response->message, now);
          membership_.on_failure(of, now);
          return true;
        });
  } else if (auto* beat = std::get_if<HeartbeatDraft>(&draft)) {
    metrics_.on_heartbeat_sent(env_.client.loop().now());
    send_draft<protocol::HeartbeatRequest>(
        std::move(*beat), {},
        [](const HeartbeatDraft& of, std::int16_t version) { return to_request(of, version); },
        [this](const HeartbeatDraft& of, const auto& response, base::TimePoint now) {
          if (response) return membership_.on_heartbeat(of, response->message, now);
          membership_.on_failure(of, now);
          return true;
        });
  } else if (auto* leave = std::get_if<LeaveDraft>(&draft)) {
    leave_under_way_ = true;
    send_draft<protocol::LeaveGroupRequest>(
        std::move(*leave), {},
        [this](const LeaveDraft& of, std::int16_t version) {
          return to_request(of, settings_.membership, version);
        },
        [this](const LeaveDraft&, const auto& response, base::TimePoint) {
          leave_under_way_ = false;
          return !response.has_value();
        });
  }
}

void ConsumerGroup::send_commit(GroupOffsets::CommitDraft draft) {
  send_draft<protocol::OffsetCommitRequest>(
      std::move(draft), {},
      [](const GroupOffsets::CommitDraft& of, std::int16_t version) {
        return to_request(of, version);
      },
      [this](const GroupOffsets::CommitDraft& of, const auto& response, base::TimePoint now) {
        if (!response) {
          offsets_.on_commit_failure(of, response.error(), now);
          return true;
        }
        const auto outcome = offsets_.on_commit(of, response->message, now);
        if (outcome.member_error != ErrorCode::none && membership_.wanted()) {
          membership_.on_commit_error(outcome.member_error, of.member);
        }
        return outcome.forget_coordinator;
      });
}

void ConsumerGroup::send_fetch(GroupOffsets::FetchDraft draft) {
  send_draft<protocol::OffsetFetchRequest>(
      std::move(draft), {},
      [](const GroupOffsets::FetchDraft& of, std::int16_t version) {
        return to_request(of, version);
      },
      [this](const GroupOffsets::FetchDraft& of, const auto& response, base::TimePoint now) {
        if (!response) {
          offsets_.on_fetch_failure(of.id, response.error(), now);
          return true;
        }
        return offsets_.on_fetch(of, response->message, now).forget_coordinator;
      });
}

// ---- the end

void ConsumerGroup::leave(Leave leave) {
  if (leave_) {
    // The one before has nothing to wait for any more.
    auto done = std::move(leave_->done);
    done();
  }
  leave_ = std::move(leave);
  leave_begun_ = false;
  subscribe_after_leave_.reset();
  wake();
}

void ConsumerGroup::begin_leave() {
  // As nobody's commits they would overwrite those of whoever has the partitions then.
  offsets_.fail_commits(
      Error(ErrorCode::timed_out, "not committed before the membership had to end"));
  membership_.subscribe({}, false);
  if (leave_->tell) membership_.leave(leave_->reason, leave_->also_static);
  membership_.forget_owned();
  const std::lock_guard lock(env_.mutex);
  phase_ = Phase::none;
  given_up_ = false;
}

void ConsumerGroup::poll_leave(base::TimePoint now) {
  if (!leave_) return;
  const bool late = leave_->deadline <= now;
  if (!offsets_.idle() && !late) return;
  if (!std::exchange(leave_begun_, true)) begin_leave();
  if ((membership_.leaving() || leave_under_way_) && !late) return;
  auto done = std::move(leave_->done);
  leave_.reset();
  if (auto topics = std::exchange(subscribe_after_leave_, std::nullopt)) {
    subscribe(std::move(*topics), true);
  }
  done();
}

void ConsumerGroup::close(const Error& error) {
  offsets_.close(error);
}

}  // namespace ottla::client
