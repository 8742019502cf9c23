#include "client/consumer/offset_finder.h"

#include <algorithm>
#include <utility>

namespace ottla::client {
namespace {

Error locate(const TopicPartition& partition, const Error& error) {
  auto context = error.context();
  context.topic = partition.topic;
  context.partition = partition.partition;
  return Error(error.code(), error.message(), std::move(context));
}

using Answers = std::map<std::pair<std::string_view, std::int32_t>,
                         const protocol::ListOffsetsResponse::Partition*>;

Answers index(const protocol::ListOffsetsResponse& response) {
  Answers answers;
  for (const auto& topic : response.topics) {
    for (const auto& partition : topic.partitions) {
      answers.emplace(std::pair(topic.name, partition.partition_index), &partition);
    }
  }
  return answers;
}

}  // namespace

void OffsetFinder::find(Wanted wanted, base::TimePoint deadline, Done done) {
  for (const auto& [partition, timestamp] : wanted) metadata_.add_topic(partition.topic);
  const auto id = next_id_++;
  queries_.emplace(id, Query{.wanted = std::move(wanted),
                             .asked = {},
                             .found = {},
                             .deadline = deadline,
                             .done = std::move(done),
                             .last_error = {}});
  due_.emplace(base::TimePoint::min(), id);
}

OffsetFinder::Poll OffsetFinder::poll(base::TimePoint now) {
  Poll poll;
  if (std::exchange(metadata_changed_, false)) {
    for (const auto id : std::exchange(leaderless_, {})) look_at(id, now, poll);
  }
  while (!due_.empty() && due_.begin()->first <= now) look_at(due_.begin()->second, now, poll);
  if (!due_.empty()) poll.next = due_.begin()->first;
  return poll;
}

// Gives the query a later place in due_, or ends it.
void OffsetFinder::look_at(QueryId id, base::TimePoint now, Poll& poll) {
  const auto found = queries_.find(id);
  if (found == queries_.end()) return;
  auto& query = found->second;
  if (query.wanted.empty() && query.asked.empty()) return finish(found, std::move(query.found));
  if (query.deadline <= now) return finish(found, too_late(query));
  const bool pausing = query.retry_at > now;
  if (!pausing) {
    if (auto error = ask(id, query, poll)) return finish(found, std::move(*error));
  }
  set_due(found, pausing ? std::min(query.retry_at, query.deadline) : query.deadline);
}

void OffsetFinder::set_due(Queries::iterator query, base::TimePoint when) {
  due_.erase({query->second.due, query->first});
  query->second.due = when;
  due_.emplace(when, query->first);
}

// With an error if a topic cannot be had at all.
std::optional<Error> OffsetFinder::ask(QueryId id, Query& query, Poll& poll) {
  std::map<BrokerId, Draft> drafts;
  for (const auto& [partition, timestamp] : query.wanted) {
    const auto* topic = metadata_.cluster().topic(partition.topic);
    if (topic == nullptr || topic->error == ErrorCode::none) continue;
    if (Error(topic->error).retriable()) continue;
    // Whoever asks again is to get a fresh answer.
    metadata_.request_update();
    return locate(partition, Error(topic->error));
  }
  for (auto at = query.wanted.begin(); at != query.wanted.end();) {
    const auto leader = metadata_.cluster().leader(at->first.topic, at->first.partition);
    if (!leader) {
      metadata_.request_update();
      leaderless_.insert(id);
      ++at;
      continue;
    }
    auto& draft = drafts[leader->broker];
    draft.broker = leader->broker;
    draft.query = id;
    draft.entries.push_back({at->first, at->second, leader->epoch});
    query.asked.insert(query.wanted.extract(at++));
  }
  for (auto& [broker, draft] : drafts) poll.requests.push_back(std::move(draft));
  return std::nullopt;
}

void OffsetFinder::on_response(const Draft& draft, const protocol::ListOffsetsResponse& response,
                               base::TimePoint now) {
  const auto found_query = queries_.find(draft.query);
  if (found_query == queries_.end()) return;
  auto& query = found_query->second;
  set_due(found_query, now);
  const auto answers = index(response);
  for (const auto& entry : draft.entries) {
    const auto found = answers.find(std::pair<std::string_view, std::int32_t>(
        entry.partition.topic, entry.partition.partition));
    if (found == answers.end()) {
      retry(query, entry, Error(ErrorCode::network_exception, "the broker's answer leaves it out"),
            now);
      continue;
    }
    const auto& answer = *found->second;
    if (answer.error_code == ErrorCode::none) {
      query.asked.erase(entry.partition);
      query.found[entry.partition] = {
          .offset = answer.offset.value,
          .timestamp = Timestamp(std::chrono::milliseconds(answer.timestamp)),
          .leader_epoch = answer.leader_epoch.value};
      continue;
    }
    const Error error(answer.error_code);
    if (!error.retriable() && answer.error_code != ErrorCode::unknown_leader_epoch) {
      return finish(found_query, locate(entry.partition, error));
    }
    retry(query, entry, error, now);
  }
}

void OffsetFinder::on_failure(const Draft& draft, const Error& error, base::TimePoint now) {
  const auto query = queries_.find(draft.query);
  if (query == queries_.end()) return;
  if (!error.retriable()) return finish(query, locate(draft.entries.front().partition, error));
  set_due(query, now);
  for (const auto& entry : draft.entries) retry(query->second, entry, error, now);
}

void OffsetFinder::retry(Query& query, const Draft::Entry& entry, const Error& error,
                         base::TimePoint now) {
  query.asked.erase(entry.partition);
  query.wanted[entry.partition] = entry.timestamp;
  query.last_error = locate(entry.partition, error);
  if (query.retry_at <= now) query.retry_at = now + retry_.after(++query.failures, random_);
  if (describe(error.code()).error_class == ErrorClass::refresh_metadata) {
    metadata_.request_update();
  }
}

void OffsetFinder::finish(Queries::iterator query, Result<FoundOffsets> outcome) {
  auto done = std::move(query->second.done);
  due_.erase({query->second.due, query->first});
  leaderless_.erase(query->first);
  queries_.erase(query);
  done(std::move(outcome));
}

Error OffsetFinder::too_late(const Query& query) const {
  const auto& missing =
      query.asked.empty() ? query.wanted.begin()->first : query.asked.begin()->first;
  if (metadata_.cluster().partition(missing.topic, missing.partition) == nullptr) {
    if (const auto why = metadata_.trouble()) return locate(missing, *why);
    return locate(missing, Error(ErrorCode::unknown_topic_or_partition,
                                 "the cluster did not know it in the time given"));
  }
  std::string text = "the partition's leader did not say its offset in the time given";
  if (query.last_error) text += "; the last attempt failed with " + query.last_error->to_string();
  return locate(missing, Error(ErrorCode::timed_out, std::move(text)));
}

void OffsetFinder::close(const Error& error) {
  due_.clear();
  leaderless_.clear();
  auto queries = std::exchange(queries_, {});
  for (auto& [id, query] : queries) query.done(error);
}

}  // namespace ottla::client
