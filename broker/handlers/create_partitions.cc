#include "broker/handlers/create_partitions.h"
#include "broker/handlers/mutation_quota.h"
#include "broker/handlers/wire_code.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ottla::broker {
namespace {

constexpr std::int16_t kCreatePartitionsStrictSince = 3;

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

// The partitions to be made; 0 where there is nothing to make.
std::int64_t partitions_of(const Services& services, const CreatePartitionsRequest::Topic& asked) {
  const auto* topic = services.image().find_topic(asked.name);
  if (topic == nullptr) return 0;
  return asked.count - static_cast<std::int64_t>(topic->partitions.size());
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
  charge_mutations(
      request, kCreatePartitionsStrictSince, [](auto& message) -> auto& { return message.topics; },
      [&services](const auto& asked) { return partitions_of(services, asked); });
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
