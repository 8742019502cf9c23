#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "client/consumer/consumer_core.h"

// What the consumer does on its loop.
namespace ottla::client {
namespace {

// The newest version that names topics; later ones have their ids.
constexpr std::int16_t kLastVersionWithNames = 12;

// The first version of Fetch that says what was fetched last.
constexpr std::int16_t kFirstFetchWithEpoch = 12;

// Of OffsetForLeaderEpoch: before it only brokers might ask.
constexpr std::int16_t kFirstEpochVersionForConsumers = 3;

protocol::FetchRequest to_request(const FetchDraft& draft, const ConsumerSettings& settings,
                                  std::int16_t version) {
  protocol::FetchRequest request;
  request.max_wait_ms = draft.max_wait_ms;
  request.min_bytes = settings.fetcher.min_bytes;
  request.max_bytes = settings.fetcher.max_bytes;
  request.isolation_level = settings.isolation_level;
  request.rack_id = settings.client_rack;
  request.session_id = draft.session_id;
  request.session_epoch = draft.session_epoch;
  std::map<std::string_view, std::size_t> places;
  for (const auto& entry : draft.entries) {
    if (!entry.named) continue;
    const auto [place, added] = places.emplace(entry.id.topic, request.topics.size());
    if (added) request.topics.push_back({entry.id.topic, entry.topic_id, {}});
    protocol::FetchRequest::Partition partition;
    partition.partition = entry.id.partition;
    partition.current_leader_epoch = entry.leader_epoch;
    if (version >= kFirstFetchWithEpoch) partition.last_fetched_epoch = entry.last_fetched_epoch;
    partition.fetch_offset = entry.offset;
    partition.partition_max_bytes = settings.fetcher.max_partition_bytes;
    request.topics[place->second].partitions.push_back(partition);
  }
  for (const auto& [id, topic_id] : draft.forgotten) {
    auto& topics = request.forgotten_topics_data;
    if (topics.empty() || topics.back().topic != id.topic || topics.back().topic_id != topic_id) {
      topics.push_back({id.topic, topic_id, {}});
    }
    topics.back().partitions.push_back(id.partition);
  }
  return request;
}

protocol::ListOffsetsRequest to_request(const OffsetFinder::Draft& draft,
                                        const ConsumerSettings& settings) {
  protocol::ListOffsetsRequest request;
  request.isolation_level = settings.isolation_level;
  request.timeout_ms = static_cast<std::int32_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(settings.network.request_timeout)
          .count());
  std::map<std::string_view, std::size_t> places;
  for (const auto& entry : draft.entries) {
    const auto& id = entry.partition;
    const auto [place, added] = places.emplace(id.topic, request.topics.size());
    if (added) request.topics.push_back({id.topic, {}});
    request.topics[place->second].partitions.push_back({.partition_index = id.partition,
                                                        .current_leader_epoch = entry.leader_epoch,
                                                        .timestamp = entry.timestamp});
  }
  return request;
}

protocol::OffsetForLeaderEpochRequest to_request(const PositionValidator::Draft& draft) {
  protocol::OffsetForLeaderEpochRequest request;
  request.replica_id = protocol::OffsetForLeaderEpochRequest::kConsumer;
  std::map<std::string_view, std::size_t> places;
  for (const auto& entry : draft.entries) {
    const auto [place, added] = places.emplace(entry.id.topic, request.topics.size());
    if (added) request.topics.push_back({entry.id.topic, {}});
    request.topics[place->second].partitions.push_back({.partition = entry.id.partition,
                                                        .current_leader_epoch = entry.leader.epoch,
                                                        .leader_epoch = entry.epoch});
  }
  return request;
}

}  // namespace

base::TimePoint ConsumerCore::turn(base::TimePoint now) {
  const auto group = group_ ? group_->turn(now) : base::kNever;
  ask_resets(now);
  auto finder = finder_.poll(now);
  for (auto& draft : finder.requests) send_list_offsets(std::move(draft));
  PositionValidator::Poll validations;
  Fetcher::Poll fetches;
  {
    const std::lock_guard lock(mutex_);
    validations = validator_.poll(now);
    fetches = fetcher_.poll(now, client_.network());
  }
  for (auto& draft : validations.requests) send_validation(std::move(draft));
  for (auto& draft : fetches.requests) send_fetch(std::move(draft));
  const auto positions = answer_positions(now);
  after_change();
  report_metrics(now);
  return std::min(
      {finder.next, validations.next, fetches.next, positions, group, report_timer_.next()});
}

// Each partition is a question of its own, so that one that cannot be answered keeps no other
// waiting.
void ConsumerCore::ask_resets(base::TimePoint now) {
  const std::lock_guard lock(mutex_);
  for (auto* partition : subscription_.in_turn()) {
    const bool wanted = partition->state == AssignedPartition::State::awaiting_reset &&
                        !partition->asked && !partition->error && partition->retry_at <= now;
    if (!wanted) continue;
    partition->asked = true;
    if (partition->reset_timestamp == kResetByDuration) {
      const auto since = client_.loop().wall_now() - settings_.reset_duration.count();
      partition->reset_timestamp = std::max<std::int64_t>(since, 0);
    }
    finder_.find({{partition->id, *partition->reset_timestamp}},
                 now + settings_.default_api_timeout,
                 [this, id = partition->id, generation = partition->generation](
                     const Result<FoundOffsets>& found) { on_reset(id, generation, found); });
  }
}

void ConsumerCore::on_reset(const TopicPartition& id, std::uint64_t generation,
                            const Result<FoundOffsets>& found) {
  {
    const std::lock_guard lock(mutex_);
    auto* partition = subscription_.find(id, generation);
    if (partition == nullptr) return;
    partition->asked = false;
    if (!found) {
      // What trying again may help is tried again; poll hears of the rest.
      if (found.error().code() != ErrorCode::timed_out) partition->error = found.error();
    } else if (const auto& at = found->at(id); at.offset >= 0) {
      subscription_.seek(*partition, protocol::Offset(at.offset),
                         protocol::LeaderEpoch(at.leader_epoch));
      if (!partition->began) partition->began = partition->position;
    } else {
      partition->retry_at = client_.loop().now() + settings_.fetcher.retry.maximum;
    }
  }
  client_.wake();
}

void ConsumerCore::send_fetch(FetchDraft draft) {
  const auto broker = draft.broker;
  const bool ids = draft.knows_ids();
  const auto shared = std::make_shared<const FetchDraft>(std::move(draft));
  auto make = [this, shared](std::int16_t version) {
    return to_request(*shared, settings_, version);
  };
  auto done = [this, shared](Result<Response<protocol::FetchResponse>> response) {
    const auto now = client_.loop().now();
    if (response) fetcher_.apply_hints(response->message);
    {
      const std::lock_guard lock(mutex_);
      if (response) {
        fetcher_.on_response(*shared, response->message, response->raw.frame, now);
      } else {
        fetcher_.on_failure(*shared, response.error(), now);
      }
    }
    after_change();
    client_.wake();
  };
  auto request = make_request<protocol::FetchRequest>(broker, std::move(make), std::move(done));
  if (!ids) request.max_version = kLastVersionWithNames;
  client_.network().send(std::move(request));
}

void ConsumerCore::send_list_offsets(OffsetFinder::Draft draft) {
  const auto broker = draft.broker;
  const auto shared = std::make_shared<const OffsetFinder::Draft>(std::move(draft));
  auto make = [this, shared](std::int16_t) { return to_request(*shared, settings_); };
  auto done = [this, shared](Result<Response<protocol::ListOffsetsResponse>> response) {
    const auto now = client_.loop().now();
    if (response) {
      finder_.on_response(*shared, response->message, now);
    } else {
      finder_.on_failure(*shared, response.error(), now);
    }
    client_.wake();
  };
  client_.network().send(make_request<protocol::ListOffsetsRequest>(broker, make, done));
}

void ConsumerCore::send_validation(PositionValidator::Draft draft) {
  const auto broker = draft.broker;
  const auto shared = std::make_shared<const PositionValidator::Draft>(std::move(draft));
  auto make = [shared](std::int16_t) { return to_request(*shared); };
  auto done = [this,
               shared](const Result<Response<protocol::OffsetForLeaderEpochResponse>>& response) {
    const auto now = client_.loop().now();
    {
      const std::lock_guard lock(mutex_);
      if (response) {
        validator_.on_response(*shared, response->message, now);
      } else {
        validator_.on_failure(*shared, response.error(), now);
      }
    }
    after_change();
    client_.wake();
  };
  auto request =
      make_request<protocol::OffsetForLeaderEpochRequest>(broker, std::move(make), std::move(done));
  request.min_version = kFirstEpochVersionForConsumers;
  client_.network().send(std::move(request));
}

base::TimePoint ConsumerCore::answer_positions(base::TimePoint now) {
  auto next = base::kNever;
  for (auto at = position_waiters_.begin(); at != position_waiters_.end();) {
    const auto& id = at->first;
    auto& waiting = at->second;
    const auto known = position_now(id);
    while (!waiting.empty() && (known || waiting.front().deadline <= now)) {
      const Error late(ErrorCode::timed_out,
                       "the position was not found within default_api_timeout",
                       {.topic = id.topic, .partition = id.partition});
      waiting.front().promise.set(known ? *known : late);
      waiting.pop_front();
    }
    if (!waiting.empty()) next = std::min(next, waiting.front().deadline);
    at = waiting.empty() ? position_waiters_.erase(at) : std::next(at);
  }
  return next;
}

// None while it is being looked up.
std::optional<Result<std::int64_t>> ConsumerCore::position_now(const TopicPartition& id) {
  const std::lock_guard lock(mutex_);
  const auto* partition = subscription_.find(id);
  if (partition == nullptr) {
    return Error(ErrorCode::not_found, "the partition is not assigned to this consumer",
                 {.topic = id.topic, .partition = id.partition});
  }
  if (partition->state == AssignedPartition::State::fetching) return partition->position.value;
  if (partition->error) return *partition->error;
  return std::nullopt;
}

// Tells those who wait for records, if there is something for them.
void ConsumerCore::after_change() {
  {
    const std::lock_guard lock(mutex_);
    if (!something()) return;
    serve_next();
  }
  changed_.notify_all();
}

}  // namespace ottla::client
