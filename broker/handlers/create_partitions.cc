#include "broker/handlers/create_partitions.h"
#include "broker/handlers/wire_code.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ottla::broker {
namespace {

using protocol::CreatePartitionsRequest;
using protocol::CreatePartitionsResponse;

MorePartitions more_partitions(const CreatePartitionsRequest::Topic& asked) {
  MorePartitions topic{.topic = std::string(asked.name), .count = asked.count, .assignments = {}};
  if (!asked.assignments) return topic;
  topic.assignments.emplace();
  for (const auto& assignment : *asked.assignments) {
    topic.assignments->push_back(assignment.broker_ids);
  }
  return topic;
}

}  // namespace

CreatePartitionsResponse refusal(const CreatePartitionsRequest& request, ErrorCode error) {
  CreatePartitionsResponse response;
  for (const auto& asked : request.topics) {
    auto& topic = response.results.emplace_back();
    topic.name = asked.name;
    topic.error_code = error;
  }
  return response;
}

void handle_create_partitions(Services& services, Request<CreatePartitionsRequest> request) {
  std::vector<MorePartitions> topics;
  for (const auto& asked : request.message.topics) topics.push_back(more_partitions(asked));
  const std::chrono::milliseconds timeout(std::max(request.message.timeout_ms, 1));
  const bool validate_only = request.message.validate_only;
  auto waiting = std::make_shared<Request<CreatePartitionsRequest>>(std::move(request));
  services.controller.create_partitions(
      std::move(topics), validate_only, timeout,
      [waiting](const std::vector<CreatePartitionsResult>& results) {
        CreatePartitionsResponse response;
        for (const auto& [name, result] : results) {
          auto& topic = response.results.emplace_back();
          topic.name = name;
          if (result) continue;
          topic.error_code = wire_code(result.error());
          topic.error_message = result.error().message();
        }
        waiting->answer(response);
      });
}

}  // namespace ottla::broker
