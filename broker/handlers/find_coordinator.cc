#include "broker/handlers/find_coordinator.h"

#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace ottla::broker {
namespace {

using protocol::CoordinatorType;
using protocol::FindCoordinatorRequest;
using protocol::FindCoordinatorResponse;

constexpr std::int16_t kManyKeysSince = 4;

NewTopic offsets_topic(const BrokerConfig& config) {
  NewTopic topic;
  topic.name = kOffsetsTopic;
  topic.num_partitions = config.offsets_topic_num_partitions;
  topic.replication_factor = config.offsets_topic_replication_factor;
  topic.configs = {{"cleanup.policy", "compact"},
                   {"compression.type", "producer"},
                   {"segment.bytes", std::to_string(config.offsets_topic_segment_bytes)}};
  topic.internal = true;
  return topic;
}

FindCoordinatorResponse::Coordinator coordinator_of(const Services& services,
                                                    const base::Endpoint& own,
                                                    std::string_view group) {
  FindCoordinatorResponse::Coordinator found;
  found.key = group;
  const auto partition = services.groups.partition_of(group);
  const auto* image = services.image().find_partition(kOffsetsTopic, partition);
  if (image == nullptr || image->leader != services.self()) {
    found.node_id = kNoLeader;
    found.port = -1;
    found.error_code = ErrorCode::coordinator_not_available;
    return found;
  }
  found.node_id = services.self();
  found.host = own.host;
  found.port = own.port;
  return found;
}

void answer(const Services& services, Request<FindCoordinatorRequest>& request) {
  const auto own = services.advertised(request.context);
  FindCoordinatorResponse response;
  if (request.context.version() >= kManyKeysSince) {
    for (const auto& key : request.message.coordinator_keys) {
      response.coordinators.push_back(coordinator_of(services, own, key));
    }
    return request.answer(response);
  }
  const auto found = coordinator_of(services, own, request.message.key);
  response.error_code = found.error_code;
  response.node_id = found.node_id;
  response.host = found.host;
  response.port = found.port;
  request.answer(response);
}

}  // namespace

FindCoordinatorResponse refusal(const FindCoordinatorRequest& request, ErrorCode error) {
  FindCoordinatorResponse response;
  if (request.coordinator_keys.empty()) {
    response.error_code = error;
    response.node_id = kNoLeader;
    response.port = -1;
    return response;
  }
  for (const auto& key : request.coordinator_keys) {
    auto& coordinator = response.coordinators.emplace_back();
    coordinator.key = key;
    coordinator.node_id = kNoLeader;
    coordinator.port = -1;
    coordinator.error_code = error;
  }
  return response;
}

void handle_find_coordinator(Services& services, Request<FindCoordinatorRequest> request) {
  const bool many = request.context.version() >= kManyKeysSince;
  // Nothing asked, nothing answered: no key has an error.
  if (many && request.message.coordinator_keys.empty()) return request.answer({});
  switch (request.message.key_type) {
    case CoordinatorType::group:
      break;
    case CoordinatorType::transaction:
    case CoordinatorType::share:
      return request.answer(refusal(request.message, ErrorCode::coordinator_not_available));
    default:
      return request.answer(refusal(request.message, ErrorCode::invalid_request));
  }
  if (services.image().find_topic(kOffsetsTopic) != nullptr) return answer(services, request);
  auto waiting = std::make_shared<Request<FindCoordinatorRequest>>(std::move(request));
  const std::chrono::milliseconds timeout(services.config.request_timeout_ms);
  services.controller.create_topics(
      {offsets_topic(services.config)}, false, timeout,
      [&services, waiting](const std::vector<CreateTopicResult>& results) {
        const auto& made = results.front().result;
        if (!made && made.error().code() != ErrorCode::topic_already_exists) {
          services.logger.error("__consumer_offsets cannot be made: " + made.error().to_string());
        }
        answer(services, *waiting);
      });
}

}  // namespace ottla::broker
