#include "client/consumer/fetcher.h"

#include <algorithm>
#include <utility>

namespace ottla::client {
namespace {

// While a broker's partitions are left out because enough of them is buffered, a fetch for the
// others must not keep them waiting for long.
constexpr std::int32_t kWaitWithOthersLeftOut = 20;

std::string_view topic_name(const protocol::FetchResponse::Topic& topic, const Cluster& cluster) {
  if (!topic.topic.empty()) return topic.topic;
  const auto* known = cluster.topic(topic.topic_id);
  return known == nullptr ? std::string_view() : std::string_view(known->name);
}

}  // namespace

Fetcher::Fetcher(const FetcherConfig& config, SubscriptionState& subscription,
                 PartitionLeaders& leaders, Metadata& metadata, ConsumerMetrics& metrics,
                 std::uint64_t seed, base::Logger log)
    : config_(config),
      subscription_(subscription),
      leaders_(leaders),
      metadata_(metadata),
      metrics_(metrics),
      random_(seed),
      log_(std::move(log)) {}

bool Fetcher::low(const AssignedPartition& partition) const {
  return 2 * partition.buffered_bytes <= static_cast<std::size_t>(config_.max_partition_bytes);
}

Fetcher::Poll Fetcher::poll(base::TimePoint now, BrokerGate& gate) {
  Poll poll;
  std::map<BrokerId, FetchDraft> drafts;
  std::set<BrokerId> left_out;
  const bool room = subscription_.buffered_bytes() < static_cast<std::size_t>(config_.max_bytes);
  for (auto* partition : subscription_.in_turn()) {
    watch(*partition, room, now, gate, poll);
    if (partition->retry_at > now) poll.next = std::min(poll.next, partition->retry_at);
    if (!partition->ready_to_fetch(now)) continue;
    const auto leader = leaders_.find(*partition, protocol::kNoLeaderEpoch, now, poll.next);
    if (!leader) continue;
    const auto broker = replica_to_read(*partition, *leader, now);
    if (under_way_.contains(broker)) continue;
    if (!low(*partition) || !room) {
      left_out.insert(broker);
      continue;
    }
    auto& draft = draft_for(broker, drafts);
    if (broker != leader->broker) draft.from_follower = true;
    const auto* topic = metadata_.cluster().topic(partition->id.topic);
    draft.entries.push_back({.id = partition->id,
                             .topic_id = topic->id,
                             .generation = partition->generation,
                             .offset = partition->fetch_offset,
                             .leader_epoch = leader->epoch,
                             .last_fetched_epoch = partition->fetch_epoch});
  }
  for (auto& [broker, draft] : drafts) {
    // A follower that cannot be reached must fail the fetch, so that the leader is asked again.
    if (!gate.ready(broker) && !draft.from_follower) continue;
    if (left_out.contains(broker)) {
      draft.max_wait_ms = std::min(draft.max_wait_ms, kWaitWithOthersLeftOut);
    }
    draft.sent_at = now;
    for (const auto& entry : draft.entries) {
      auto* partition = subscription_.find(entry.id);
      partition->fetching = true;
      partition->waits_since.reset();
    }
    under_way_.insert(broker);
    sessions_[broker].prepare(draft);
    poll.requests.push_back(std::move(draft));
  }
  return poll;
}

// Whatever the reason is, an assigned partition of which nothing comes is not to go unnoticed.
void Fetcher::watch(AssignedPartition& partition, bool room, base::TimePoint now, BrokerGate& gate,
                    Poll& poll) {
  if (!partition.wants_fetch() || !room || !low(partition)) {
    partition.waits_since.reset();
    return;
  }
  if (!partition.waits_since) partition.waits_since = now;
  if (now - *partition.waits_since >= config_.not_fetched_limit) {
    partition.waits_since = now;
    metrics_.on_not_fetched(now);
    if (log_.enabled(LogLevel::warn)) {
      const auto limit =
          std::chrono::duration_cast<std::chrono::milliseconds>(config_.not_fetched_limit);
      log_.warn(to_string(partition.id) + " is assigned, but has not been fetched for " +
                std::to_string(limit.count()) + " ms: " + why_not_fetched(partition, gate));
    }
  }
  poll.next = std::min(poll.next, *partition.waits_since + config_.not_fetched_limit);
}

std::string Fetcher::why_not_fetched(const AssignedPartition& partition, BrokerGate& gate) const {
  if (partition.state == AssignedPartition::State::awaiting_committed) {
    return "the group has not told yet where to begin";
  }
  if (partition.state == AssignedPartition::State::awaiting_reset) {
    return "the offset to begin at has not been found yet";
  }
  if (partition.state == AssignedPartition::State::awaiting_validation) {
    return "its leader has not told yet whether the position is still right";
  }
  const auto leader = metadata_.cluster().leader(partition.id.topic, partition.id.partition);
  if (!leader) return "it has no leader that is known";
  const auto broker = partition.preferred ? partition.preferred->broker : leader->broker;
  const auto name = "broker " + std::to_string(broker.value);
  if (under_way_.contains(broker)) return name + " has not answered the fetch before";
  if (!gate.ready(broker)) return name + " cannot be reached";
  return "it waits to be tried again";
}

BrokerId Fetcher::replica_to_read(AssignedPartition& partition, const Leader& leader,
                                  base::TimePoint now) const {
  const auto& preferred = partition.preferred;
  if (!preferred) return leader.broker;
  const bool holds = preferred->until > now && preferred->leader == leader.broker &&
                     preferred->leader_epoch == leader.epoch &&
                     metadata_.cluster().brokers().contains(preferred->broker);
  if (holds) return preferred->broker;
  partition.preferred.reset();
  return leader.broker;
}

FetchDraft& Fetcher::draft_for(BrokerId broker, std::map<BrokerId, FetchDraft>& drafts) const {
  auto& draft = drafts[broker];
  draft.broker = broker;
  draft.max_wait_ms = config_.max_wait_ms;
  return draft;
}

void Fetcher::on_response(const FetchDraft& draft, const protocol::FetchResponse& response,
                          const base::SharedBuffer& frame, base::TimePoint now) {
  if (FetchSession::is_session_error(response.error_code)) {
    return on_session_refused(draft, response.error_code, now);
  }
  if (response.error_code != ErrorCode::none) {
    return on_failure(draft, Error(response.error_code, "the broker refused Fetch"), now);
  }
  under_way_.erase(draft.broker);
  sessions_[draft.broker].on_answered(draft, response.session_id);
  std::map<std::pair<std::string_view, std::int32_t>, const Answer*> answers;
  for (const auto& topic : response.responses) {
    const auto name = topic_name(topic, metadata_.cluster());
    for (const auto& partition : topic.partitions) {
      answers.emplace(std::pair(name, partition.partition_index), &partition);
    }
  }
  tally_ = {};
  for (const auto& entry : draft.entries) {
    auto* partition = subscription_.find(entry.id, entry.generation);
    if (partition == nullptr) continue;
    partition->fetching = false;
    const auto answer =
        answers.find(std::pair<std::string_view, std::int32_t>(entry.id.topic, entry.id.partition));
    if (answer != answers.end()) {
      on_answer(*partition, draft, entry, *answer->second, frame, now);
    } else if (!draft.incremental()) {
      retry(*partition, now);
    }
  }
  metrics_.on_fetch(tally_, now - draft.sent_at,
                    std::chrono::milliseconds(response.throttle_time_ms), now);
}

void Fetcher::on_failure(const FetchDraft& draft, const Error& error, base::TimePoint now) {
  if (log_.enabled(LogLevel::info)) log_.info("fetching again: " + error.to_string());
  sessions_[draft.broker].on_lost();
  give_back(draft, [&](AssignedPartition& partition) {
    partition.preferred.reset();
    on_error(partition, error, now);
  });
}

// The broker has forgotten the session, to make room for others or in a restart.
void Fetcher::on_session_refused(const FetchDraft& draft, ErrorCode error, base::TimePoint now) {
  const bool at_once = sessions_[draft.broker].on_refused(error);
  give_back(draft, [&](AssignedPartition& partition) {
    if (!at_once) retry(partition, now);
  });
}

// What was asked for in vain can be asked for again.
void Fetcher::give_back(const FetchDraft& draft,
                        const std::function<void(AssignedPartition&)>& then) {
  under_way_.erase(draft.broker);
  for (const auto& entry : draft.entries) {
    auto* partition = subscription_.find(entry.id, entry.generation);
    if (partition == nullptr) continue;
    partition->fetching = false;
    then(*partition);
  }
}

void Fetcher::on_answer(AssignedPartition& partition, const FetchDraft& draft,
                        const FetchDraft::Entry& entry, const Answer& answer,
                        const base::SharedBuffer& frame, base::TimePoint now) {
  // A seek has a generation of its own, so nothing but a fetch has moved this.
  if (partition.fetch_offset != entry.offset) return;
  const bool failed = answer.error_code != ErrorCode::none;
  const bool diverges = answer.diverging_epoch != protocol::FetchResponse::EpochEndOffset{};
  if (failed || diverges) {
    const bool from_follower = std::exchange(partition.preferred, std::nullopt).has_value();
    // A follower may not have what its leader has, or have what the leader has deleted.
    const bool out_of_reach = !failed || answer.error_code == ErrorCode::offset_out_of_range;
    if (from_follower && out_of_reach) return retry(partition, now);
    return failed ? on_error(partition, Error(answer.error_code), now)
                  : on_diverging(partition, now);
  }
  if (note_preferred(partition, draft, entry, answer, now)) return;
  partition.failures = 0;
  partition.topic_id = entry.topic_id;
  partition.end = config_.decode.read_committed ? answer.last_stable_offset : answer.high_watermark;
  if (answer.log_start_offset.value >= 0) partition.log_start = answer.log_start_offset;
  metrics_.on_place(partition.id, partition.place(), now);
  if (answer.records && !answer.records->bytes.empty()) on_data(partition, answer, frame, now);
}

// True if the leader has sent the consumer to another replica, rather than given it records.
bool Fetcher::note_preferred(AssignedPartition& partition, const FetchDraft& draft,
                             const FetchDraft::Entry& entry, const Answer& answer,
                             base::TimePoint now) {
  const auto broker = answer.preferred_read_replica;
  if (broker.value < 0 || broker == draft.broker || partition.preferred) return false;
  const auto left = base::kNever - now;
  partition.preferred = {
      .broker = broker,
      .leader = draft.broker,
      .leader_epoch = entry.leader_epoch,
      .until = now + std::min<base::Duration>(config_.preferred_replica_age, left)};
  // One that nobody knows yet: the leader goes on being asked, not at once.
  if (metadata_.cluster().brokers().contains(broker)) return true;
  metadata_.request_update();
  retry(partition, now);
  return true;
}

void Fetcher::on_data(AssignedPartition& partition, const Answer& answer,
                      const base::SharedBuffer& frame, base::TimePoint now) {
  AbortedTransactions aborted(
      answer.aborted_transactions.value_or(std::vector<AbortedTransactions::Transaction>()));
  auto data = std::make_unique<FetchedData>(
      partition.topic, partition.id.partition, base::Slice::of(frame, answer.records->bytes),
      partition.fetch_offset, std::move(aborted), config_.decode);
  if (data->empty()) {
    // Only what lies before the offset, or part of a batch: asking at once would bring it again.
    if (log_.enabled(LogLevel::info)) log_.info("a fetch brought nothing that was asked for");
    return retry(partition, now);
  }
  auto& amount = tally_.topics[partition.id.topic];
  amount.bytes += answer.records->bytes.size();
  amount.records += data->record_count();
  if (data->next_fetch_offset() != partition.fetch_offset) {
    partition.fetch_offset = data->next_fetch_offset();
    partition.fetch_epoch = data->next_fetch_epoch();
  }
  partition.buffered_bytes += data->bytes_left();
  partition.buffered.push_back(std::move(data));
  subscription_.move_to_end(partition);
}

// The leader's log has parted from what was fetched: how much of what was read is still right is
// asked of it, since the next to be given may lie before that. Not at once: the answer may be that
// all is.
void Fetcher::on_diverging(AssignedPartition& partition, base::TimePoint now) {
  if (log_.enabled(LogLevel::info)) {
    log_.info("the log of " + to_string(partition.id) + " is not the one that was fetched from");
  }
  subscription_.await_validation(partition);
  retry(partition, now);
}

void Fetcher::on_error(AssignedPartition& partition, const Error& error, base::TimePoint now) {
  const auto code = error.code();
  if (describe(code).error_class == ErrorClass::refresh_metadata) metadata_.request_update();
  // What was fetched before is given first; poll may be decoding it.
  const bool unread = partition.position != partition.fetch_offset;
  const bool out_of_range = code == ErrorCode::offset_out_of_range;
  if (out_of_range && unread) {
    retry(partition, now);
  } else if (out_of_range && config_.reset_timestamp) {
    subscription_.reset(partition, config_.reset_timestamp);
  } else if (code != ErrorCode::corrupt_message &&
             (error.retriable() || code == ErrorCode::unknown_leader_epoch ||
              code == ErrorCode::unknown_server_error)) {
    retry(partition, now);
  } else {
    auto context = error.context();
    context.topic = partition.id.topic;
    context.partition = partition.id.partition;
    context.offset = partition.fetch_offset.value;
    partition.error = Error(code, error.message(), std::move(context));
  }
}

void Fetcher::retry(AssignedPartition& partition, base::TimePoint now) {
  partition.retry_at = now + config_.retry.after(++partition.failures, random_);
}

void Fetcher::apply_hints(const protocol::FetchResponse& response) {
  for (const auto& node : response.node_endpoints) {
    metadata_.add_broker({.id = node.node_id.value,
                          .host = std::string(node.host),
                          .port = node.port,
                          .rack = std::nullopt});
  }
  for (const auto& topic : response.responses) {
    const std::string name(topic_name(topic, metadata_.cluster()));
    for (const auto& partition : topic.partitions) {
      const auto& leader = partition.current_leader;
      if (leader.leader_id.value < 0) continue;
      metadata_.apply_leader_hint(name, partition.partition_index,
                                  {leader.leader_id, leader.leader_epoch});
    }
  }
}

}  // namespace ottla::client
