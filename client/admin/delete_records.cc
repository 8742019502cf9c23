#include "client/admin/delete_records.h"

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/admin/topics_call.h"
#include "protocol/messages/delete_records.h"

namespace ottla::client {
namespace {

using protocol::DeleteRecordsRequest;
using protocol::DeleteRecordsResponse;
using protocol::MetadataRequest;
using protocol::MetadataResponse;

// The first version of Metadata that can be told not to make the topics it is asked for.
constexpr std::int16_t kCreationOptional = 4;

struct Answer {
  TopicPartition partition;
  ErrorCode error = ErrorCode::none;
  std::int64_t low_watermark = -1;
};

std::vector<Answer> flatten(const DeleteRecordsResponse& response) {
  std::vector<Answer> answers;
  for (const auto& topic : response.topics) {
    for (const auto& partition : topic.partitions) {
      answers.push_back({{std::string(topic.name), partition.partition_index},
                         partition.error_code,
                         partition.low_watermark.value});
    }
  }
  return answers;
}

}  // namespace

DeleteRecordsCall::DeleteRecordsCall(Promise<DeletedRecords> promise,
                                     std::map<TopicPartition, std::int64_t> before)
    : EachCall(std::move(promise)), before_(std::move(before)) {
  for (const auto& [partition, unused] : before_) {
    const auto size = partition.topic.size();
    if (size == 0 || size > kLongestTopicName) {
      settle(partition, topic_error(ErrorCode::invalid_topic_exception,
                                    "a topic's name has 1 to 249 characters", partition.topic));
    } else {
      add_pending(partition);
    }
  }
  answer_if_settled();
}

Error DeleteRecordsCall::about(const TopicPartition& partition, const Error& error) const {
  auto context = error.context();
  context.topic = partition.topic;
  context.partition = partition.partition;
  return {error.code(), error.message(), std::move(context)};
}

Request DeleteRecordsCall::next_request(BrokerId broker, std::int32_t timeout_ms) {
  for (const auto& partition : pending()) {
    if (!leaders_.contains(partition)) return ask_for_leaders(broker);
  }
  return ask(leaders_.at(*pending().begin()), timeout_ms);
}

Request DeleteRecordsCall::ask_for_leaders(BrokerId broker) {
  auto make = [this](std::int16_t version) {
    MetadataRequest request;
    if (version >= kCreationOptional) request.allow_auto_topic_creation = false;
    std::set<std::string_view> names;
    for (const auto& partition : pending()) names.insert(partition.topic);
    auto& topics = request.topics.emplace();
    for (const auto name : names) topics.push_back({.topic_id = {}, .name = name});
    return request;
  };
  auto done = [this](Result<Response<MetadataResponse>> response) {
    if (!response) return on_failure(response.error());
    take_leaders(response->message);
  };
  return make_request<MetadataRequest>(broker, std::move(make), std::move(done));
}

void DeleteRecordsCall::take_leaders(const MetadataResponse& response) {
  std::map<TopicPartition, ErrorCode> errors;
  std::map<std::string, ErrorCode> topics;
  for (const auto& topic : response.topics) {
    if (!topic.name) continue;
    const std::string name(*topic.name);
    topics[name] = topic.error_code;
    for (const auto& partition : topic.partitions) {
      const TopicPartition id{name, partition.partition_index};
      if (!pending().contains(id)) continue;
      errors[id] =
          partition.leader_id.value >= 0 ? ErrorCode::none : ErrorCode::leader_not_available;
      leaders_[id] = partition.leader_id;
    }
  }
  bool all_known = true;
  const auto asked = pending();
  for (const auto& id : asked) {
    auto code = errors.contains(id) ? errors[id] : ErrorCode::unknown_topic_or_partition;
    const auto topic = topics.find(id.topic);
    if (topic != topics.end() && topic->second != ErrorCode::none) code = topic->second;
    if (code == ErrorCode::none) continue;
    all_known = false;
    leaders_.erase(id);
    if (may_change(code)) {
      try_again(about(id, Error(code)));
    } else {
      settle(id, about(id, Error(code)));
    }
  }
  answer_if_settled();
  if (all_known || pending().size() < asked.size()) set_progress();
}

DeleteRecordsCall::Keys DeleteRecordsCall::led_by(BrokerId leader) const {
  Keys partitions;
  for (const auto& partition : pending()) {
    const auto found = leaders_.find(partition);
    if (found != leaders_.end() && found->second == leader) partitions.insert(partition);
  }
  return partitions;
}

Request DeleteRecordsCall::ask(BrokerId leader, std::int32_t timeout_ms) {
  auto make = [this, leader, timeout_ms](std::int16_t) {
    DeleteRecordsRequest request;
    request.timeout_ms = timeout_ms;
    for (const auto& partition : led_by(leader)) {
      // What the name lies in lives as long as the call.
      const auto& [known, offset] = *before_.find(partition);
      if (request.topics.empty() || request.topics.back().name != known.topic) {
        request.topics.push_back({known.topic, {}});
      }
      request.topics.back().partitions.push_back({known.partition, protocol::Offset(offset)});
    }
    return request;
  };
  auto done = [this, leader](Result<Response<DeleteRecordsResponse>> response) {
    if (!response) {
      // Perhaps it leads no more.
      for (const auto& partition : led_by(leader)) leaders_.erase(partition);
      return on_failure(response.error());
    }
    const auto key_of = [](const Answer& answer) { return std::optional(answer.partition); };
    const bool settled = take_each(led_by(leader), flatten(response->message), key_of,
                                   [this](const TopicPartition& partition, const Answer& answer) {
                                     return take(partition, answer.error, answer.low_watermark);
                                   });
    if (settled) set_progress();
  };
  return make_request<DeleteRecordsRequest>(leader, std::move(make), std::move(done));
}

std::optional<Error> DeleteRecordsCall::take(const TopicPartition& partition, ErrorCode code,
                                             std::int64_t start) {
  if (code == ErrorCode::none) {
    settle(partition, start);
    return std::nullopt;
  }
  auto error = about(partition, Error(code));
  // A leader that does not know the partition may not have heard of it yet; metadata decide.
  if (may_change(code) || code == ErrorCode::unknown_topic_or_partition) {
    leaders_.erase(partition);
    return error;
  }
  settle(partition, std::move(error));
  return std::nullopt;
}

}  // namespace ottla::client
