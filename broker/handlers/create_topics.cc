#include "broker/handlers/create_topics.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "broker/config/describe_configs.h"
#include "broker/handlers/access.h"
#include "broker/handlers/mutation_quota.h"
#include "broker/handlers/wire_code.h"

namespace ottla::broker {
namespace {

constexpr std::int16_t kCreateTopicsStrictSince = 6;

using protocol::CreateTopicsRequest;
using protocol::CreateTopicsResponse;

NewTopic new_topic(const CreateTopicsRequest::Topic& asked) {
  NewTopic topic;
  topic.name = asked.name;
  topic.num_partitions = asked.num_partitions;
  topic.replication_factor = asked.replication_factor;
  for (const auto& assignment : asked.assignments) {
    topic.assignments.push_back({assignment.partition_index, assignment.broker_ids});
  }
  for (const auto& config : asked.configs) {
    topic.configs.emplace_back(config.name, config.value);
  }
  return topic;
}

// The partitions to be made; 0 where there is nothing to make.
std::int64_t partitions_of(const Services& services, const CreateTopicsRequest::Topic& asked) {
  if (services.image().find_topic(asked.name) != nullptr) return 0;
  if (!asked.assignments.empty()) return static_cast<std::int64_t>(asked.assignments.size());
  return asked.num_partitions > 0 ? asked.num_partitions : services.config.num_partitions;
}

// What the response borrows from until it is encoded.
struct Answer {
  CreateTopicsResponse response;
  std::vector<std::vector<ConfigDescription>> configs;
};

void add_created(const Services& services, const Access& access, const CreatedTopic& created,
                 Answer& answer, CreateTopicsResponse::Topic& topic) {
  topic.topic_id = created.id;
  if (!access.topic(AclOperation::describe_configs, topic.name, Denial::quiet)) {
    topic.topic_config_error_code = ErrorCode::topic_authorization_failed;
    return;
  }
  topic.num_partitions = created.num_partitions;
  topic.replication_factor = created.replication_factor;
  answer.configs.push_back(describe_topic_configs(
      services.config, created.configs, dynamic_settings_of(services.image(), services.self())));
  auto& configs = topic.configs.emplace();
  for (const auto& described : answer.configs.back()) {
    auto& config = configs.emplace_back();
    config.name = described.name;
    if (!described.sensitive) config.value = described.value;
    config.read_only = described.read_only;
    config.config_source = static_cast<protocol::ConfigSource>(described.source);
    config.is_sensitive = described.sensitive;
  }
}

}  // namespace

CreateTopicsResponse refusal(const CreateTopicsRequest& request, ErrorCode error) {
  CreateTopicsResponse response;
  for (const auto& asked : request.topics) {
    auto& topic = response.topics.emplace_back();
    topic.name = asked.name;
    topic.error_code = error;
  }
  return response;
}

void handle_create_topics(Services& services, Request<CreateTopicsRequest> request) {
  charge_mutations(
      request, kCreateTopicsStrictSince, [](auto& message) -> auto& { return message.topics; },
      [&services](const auto& asked) { return partitions_of(services, asked); });
  std::vector<NewTopic> topics;
  for (const auto& asked : request.message.topics) topics.push_back(new_topic(asked));
  const std::chrono::milliseconds timeout(std::max(request.message.timeout_ms, 1));
  const bool validate_only = request.message.validate_only;
  auto waiting = std::make_shared<Request<CreateTopicsRequest>>(std::move(request));
  services.controller.create_topics(
      std::move(topics), validate_only, timeout,
      [&services, waiting](const std::vector<CreateTopicResult>& results) {
        const Access access(services, waiting->context);
        Answer answer;
        for (const auto& result : results) {
          auto& topic = answer.response.topics.emplace_back();
          topic.name = result.name;
          if (result.result) {
            add_created(services, access, *result.result, answer, topic);
            continue;
          }
          topic.error_code = wire_code(result.result.error());
          topic.error_message = result.result.error().message();
        }
        waiting->answer(answer.response);
      });
}

}  // namespace ottla::broker
