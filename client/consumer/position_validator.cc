#include "client/consumer/position_validator.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace ottla::client {
namespace {

using State = AssignedPartition::State;

std::string describe_position(const AssignedPartition& partition) {
  return "offset " + std::to_string(partition.position.value) +
         ", behind a record of leader epoch " + std::to_string(partition.position_epoch.value);
}

}  // namespace

PositionValidator::PositionValidator(const PositionValidatorConfig& config,
                                     SubscriptionState& subscription, PartitionLeaders& leaders,
                                     Metadata& metadata, std::uint64_t seed, base::Logger log)
    : config_(config),
      subscription_(subscription),
      leaders_(leaders),
      metadata_(metadata),
      random_(seed),
      log_(std::move(log)) {}

PositionValidator::Poll PositionValidator::poll(base::TimePoint now) {
  Poll poll;
  const bool changed = std::exchange(metadata_changed_, false);
  for (auto* partition : subscription_.in_turn()) {
    const bool look = partition->state == State::fetching && (changed || !partition->leader);
    if (look) look_at_leader(*partition);
    if (partition->state == State::awaiting_validation) ask(*partition, now, poll);
  }
  return poll;
}

void PositionValidator::look_at_leader(AssignedPartition& partition) {
  const auto leader = metadata_.cluster().leader(partition.id.topic, partition.id.partition);
  if (!leader || leader == partition.leader) return;
  const bool known = partition.position_epoch.value >= 0 && leader->epoch.value >= 0;
  if (!known) {
    partition.leader = leader;
  } else if (!partition.error) {
    subscription_.await_validation(partition);
  }
}

void PositionValidator::ask(AssignedPartition& partition, base::TimePoint now, Poll& poll) {
  if (partition.asked || partition.error) return;
  if (partition.retry_at > now) {
    poll.next = std::min(poll.next, partition.retry_at);
    return;
  }
  const auto leader = leaders_.find(partition, partition.position_epoch, now, poll.next);
  if (!leader) return;
  // The cluster has become too old to tell.
  if (leader->epoch.value < 0) return subscription_.take_as_valid(partition, *leader);
  partition.asked = true;
  auto draft = std::find_if(poll.requests.begin(), poll.requests.end(),
                            [&](const Draft& each) { return each.broker == leader->broker; });
  if (draft == poll.requests.end()) {
    draft = poll.requests.insert(draft, Draft{.broker = leader->broker, .entries = {}});
  }
  draft->entries.push_back({partition.id, partition.generation, *leader, partition.position_epoch});
}

void PositionValidator::on_response(const Draft& draft,
                                    const protocol::OffsetForLeaderEpochResponse& response,
                                    base::TimePoint now) {
  std::map<std::pair<std::string_view, std::int32_t>, const Answer*> answers;
  for (const auto& topic : response.topics) {
    for (const auto& partition : topic.partitions) {
      answers.emplace(std::pair(topic.topic, partition.partition), &partition);
    }
  }
  for (const auto& entry : draft.entries) {
    auto* partition = subscription_.find(entry.id, entry.generation);
    if (partition == nullptr) continue;
    partition->asked = false;
    const auto answer =
        answers.find(std::pair<std::string_view, std::int32_t>(entry.id.topic, entry.id.partition));
    if (answer == answers.end()) {
      retry(*partition, now);
    } else {
      on_answer(*partition, entry, *answer->second, now);
    }
  }
}

void PositionValidator::on_failure(const Draft& draft, const Error& error, base::TimePoint now) {
  for (const auto& entry : draft.entries) {
    auto* partition = subscription_.find(entry.id, entry.generation);
    if (partition == nullptr) continue;
    partition->asked = false;
    if (error.code() == ErrorCode::unsupported_version) {
      // The broker is older than this: nobody can tell.
      subscription_.take_as_valid(*partition, entry.leader);
    } else {
      on_error(*partition, error, now);
    }
  }
}

void PositionValidator::on_answer(AssignedPartition& partition, const Draft::Entry& entry,
                                  const Answer& answer, base::TimePoint now) {
  if (answer.error_code != ErrorCode::none) {
    return on_error(partition, Error(answer.error_code), now);
  }
  partition.failures = 0;
  on_end(partition, entry, answer);
}

void PositionValidator::on_end(AssignedPartition& partition, const Draft::Entry& entry,
                               const Answer& answer) {
  const bool told = answer.end_offset.value >= 0 && answer.leader_epoch.value >= 0;
  if (told && answer.end_offset >= partition.position) {
    subscription_.take_as_valid(partition, entry.leader);
    // Of the epoch itself the leader knows nothing: a fetch that tells it would be refused.
    if (answer.leader_epoch != entry.epoch) partition.fetch_epoch = protocol::kNoLeaderEpoch;
    return;
  }
  ErrorContext place{.topic = partition.id.topic, .partition = partition.id.partition};
  std::string text = "the log was truncated: it was read up to " + describe_position(partition);
  if (told) {
    place.offset = answer.end_offset.value;
    text += ", but its leader's log has other records, if any, from offset " +
            std::to_string(answer.end_offset.value) + " on, where its epoch " +
            std::to_string(answer.leader_epoch.value) + " ends";
  } else {
    text += ", but its leader knows nothing of that epoch";
  }
  const Error truncated(ErrorCode::log_truncated, std::move(text), std::move(place));
  if (log_.enabled(LogLevel::warn)) log_.warn(truncated.to_string());
  if (!config_.reset_timestamp) {
    partition.error = truncated;
  } else if (told) {
    subscription_.seek(partition, answer.end_offset, answer.leader_epoch);
    subscription_.take_as_valid(partition, entry.leader);
  } else {
    subscription_.reset(partition, config_.reset_timestamp);
  }
}

void PositionValidator::on_error(AssignedPartition& partition, const Error& error,
                                 base::TimePoint now) {
  const auto code = error.code();
  if (describe(code).error_class == ErrorClass::refresh_metadata) metadata_.request_update();
  const bool passes = error.retriable() || code == ErrorCode::unknown_leader_epoch ||
                      code == ErrorCode::unknown_server_error;
  if (passes) return retry(partition, now);
  auto context = error.context();
  context.topic = partition.id.topic;
  context.partition = partition.id.partition;
  partition.error = Error(code, error.message(), std::move(context));
}

void PositionValidator::retry(AssignedPartition& partition, base::TimePoint now) {
  partition.retry_at = now + config_.retry.after(++partition.failures, random_);
}

}  // namespace ottla::client
