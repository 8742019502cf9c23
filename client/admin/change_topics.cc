#include "client/admin/change_topics.h"

#include <utility>

#include "protocol/messages/create_partitions.h"
#include "protocol/messages/create_topics.h"
#include "protocol/messages/delete_topics.h"

namespace ottla::client {
namespace {

using protocol::CreatePartitionsRequest;
using protocol::CreatePartitionsResponse;
using protocol::CreateTopicsRequest;
using protocol::CreateTopicsResponse;
using protocol::DeleteTopicsRequest;
using protocol::DeleteTopicsResponse;

// The first version of DeleteTopics that names topics in the list of `topics`.
constexpr std::int16_t kDeleteByNameOrId = 6;

bool contradicts_itself(const NewTopic& topic) {
  return !topic.replica_assignment.empty() &&
         (topic.partitions != -1 || topic.replication_factor != -1);
}

// Borrows from `topic`.
CreateTopicsRequest::Topic to_request(const NewTopic& topic) {
  CreateTopicsRequest::Topic to;
  to.name = topic.name;
  to.num_partitions = topic.partitions;
  to.replication_factor = topic.replication_factor;
  for (const auto& [partition, brokers] : topic.replica_assignment) {
    auto& assignment = to.assignments.emplace_back();
    assignment.partition_index = partition;
    for (const auto broker : brokers) assignment.broker_ids.emplace_back(broker);
  }
  for (const auto& [name, value] : topic.configs) to.configs.push_back({name, value});
  return to;
}

CreatePartitionsRequest::Topic to_request(const NewPartitions& topic) {
  CreatePartitionsRequest::Topic to;
  to.name = topic.topic;
  to.count = topic.count;
  if (topic.replica_assignment.empty()) return to;
  to.assignments.emplace();
  for (const auto& brokers : topic.replica_assignment) {
    auto& assignment = to.assignments->emplace_back();
    for (const auto broker : brokers) assignment.broker_ids.emplace_back(broker);
  }
  return to;
}

}  // namespace

void ChangeTopicsCall::on_request_lost(const Error& error) {
  in_doubt_ = in_doubt_ || std::exchange(sent_, false);
  on_failure(error);
}

std::optional<Error> ChangeTopicsCall::take(const std::string& topic, ErrorCode code,
                                            const std::optional<std::string_view>& message,
                                            ErrorCode if_done_before) {
  if (code == ErrorCode::none) {
    settle(topic, std::nullopt);
    return std::nullopt;
  }
  std::string text(message.value_or(std::string_view{}));
  if (in_doubt_ && code == if_done_before) {
    if (!text.empty()) text += "; ";
    text += "an earlier attempt of this call, whose answer was lost, may have done it";
  }
  auto error = topic_error(code, std::move(text), topic);
  if (may_change(code)) return error;
  settle(topic, std::move(error));
  return std::nullopt;
}

CreateTopicsCall::CreateTopicsCall(Promise<TopicOutcomes> promise, std::vector<NewTopic> topics,
                                   bool validate_only)
    : ChangeTopicsCall(std::move(promise)), validate_only_(validate_only) {
  for (auto& topic : topics) {
    const auto name = topic.name;
    if (topics_.contains(name)) {
      settle(name, topic_error(ErrorCode::invalid_argument,
                               "the topic stands more than once in the call", name));
    } else if (contradicts_itself(topic)) {
      settle(name, topic_error(ErrorCode::invalid_argument,
                               "partitions and replication_factor stay unset where "
                               "replica_assignment is given",
                               name));
    } else {
      add(name);
    }
    topics_.emplace(name, std::move(topic));
  }
  answer_if_settled();
}

Request CreateTopicsCall::next_request(BrokerId broker, std::int32_t timeout_ms) {
  auto make = [this, timeout_ms](std::int16_t) {
    set_sent();
    CreateTopicsRequest request;
    request.timeout_ms = timeout_ms;
    request.validate_only = validate_only_;
    for (const auto& name : pending()) request.topics.push_back(to_request(topics_.at(name)));
    return request;
  };
  auto done = [this](Result<Response<CreateTopicsResponse>> response) {
    if (!response) return on_request_lost(response.error());
    const auto name_of = [](const auto& answer) { return std::optional(answer.name); };
    take_answers(response->message.topics, name_of, [this](const auto& topic, const auto& answer) {
      return take(topic, answer.error_code, answer.error_message, ErrorCode::topic_already_exists);
    });
  };
  return make_request<CreateTopicsRequest>(broker, std::move(make), std::move(done));
}

CreatePartitionsCall::CreatePartitionsCall(Promise<TopicOutcomes> promise,
                                           std::vector<NewPartitions> topics, bool validate_only)
    : ChangeTopicsCall(std::move(promise)), validate_only_(validate_only) {
  for (auto& topic : topics) {
    const auto name = topic.topic;
    if (topics_.contains(name)) {
      settle(name, topic_error(ErrorCode::invalid_argument,
                               "the topic stands more than once in the call", name));
    } else {
      add(name);
    }
    topics_.emplace(name, std::move(topic));
  }
  answer_if_settled();
}

Request CreatePartitionsCall::next_request(BrokerId broker, std::int32_t timeout_ms) {
  auto make = [this, timeout_ms](std::int16_t) {
    set_sent();
    CreatePartitionsRequest request;
    request.timeout_ms = timeout_ms;
    request.validate_only = validate_only_;
    for (const auto& name : pending()) request.topics.push_back(to_request(topics_.at(name)));
    return request;
  };
  auto done = [this](Result<Response<CreatePartitionsResponse>> response) {
    if (!response) return on_request_lost(response.error());
    const auto name_of = [](const auto& answer) { return std::optional(answer.name); };
    take_answers(response->message.results, name_of, [this](const auto& topic, const auto& answer) {
      return take(topic, answer.error_code, answer.error_message, ErrorCode::invalid_partitions);
    });
  };
  return make_request<CreatePartitionsRequest>(broker, std::move(make), std::move(done));
}

DeleteTopicsCall::DeleteTopicsCall(Promise<TopicOutcomes> promise,
                                   const std::vector<std::string>& topics)
    : ChangeTopicsCall(std::move(promise)) {
  for (const auto& topic : topics) add(topic);
  answer_if_settled();
}

Request DeleteTopicsCall::next_request(BrokerId broker, std::int32_t timeout_ms) {
  auto make = [this, timeout_ms](std::int16_t version) {
    set_sent();
    DeleteTopicsRequest request;
    request.timeout_ms = timeout_ms;
    for (const auto& name : pending()) {
      if (version >= kDeleteByNameOrId) {
        request.topics.push_back({.name = name, .topic_id = {}});
      } else {
        request.topic_names.push_back(name);
      }
    }
    return request;
  };
  auto done = [this](Result<Response<DeleteTopicsResponse>> response) {
    if (!response) return on_request_lost(response.error());
    const auto name_of = [](const auto& answer) { return answer.name; };
    take_answers(response->message.responses, name_of,
                 [this](const auto& topic, const auto& answer) {
                   return take(topic, answer.error_code, answer.error_message,
                               ErrorCode::unknown_topic_or_partition);
                 });
  };
  return make_request<DeleteTopicsRequest>(broker, std::move(make), std::move(done));
}

}  // namespace ottla::client
