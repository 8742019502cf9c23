#include "broker/handlers/elect_leaders.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/handlers/wire_code.h"

namespace ottla::broker {
namespace {

using protocol::ElectLeadersRequest;
using protocol::ElectLeadersResponse;

// The partitions of a topic stand together, as the controller answers them in order of topics.
void add_result(const PartitionResult& result, ElectLeadersResponse& response) {
  auto& topics = response.replica_election_results;
  if (topics.empty() || topics.back().topic != result.topic) {
    topics.emplace_back().topic = result.topic;
  }
  auto& partition = topics.back().partition_result.emplace_back();
  partition.partition_id = result.partition;
  if (result.result) return;
  partition.error_code = wire_code(result.result.error());
  partition.error_message = result.result.error().message();
}

}  // namespace

ElectLeadersResponse refusal(const ElectLeadersRequest& request, ErrorCode error) {
  ElectLeadersResponse response;
  response.error_code = error;
  if (!request.topic_partitions) return response;
  for (const auto& asked : *request.topic_partitions) {
    auto& topic = response.replica_election_results.emplace_back();
    topic.topic = asked.topic;
    for (const auto number : asked.partitions) {
      topic.partition_result.push_back({number, error, std::nullopt});
    }
  }
  return response;
}

void handle_elect_leaders(Services& services, Request<ElectLeadersRequest> request) {
  const auto& message = request.message;
  if (message.election_type != ElectionType::preferred &&
      message.election_type != ElectionType::unclean) {
    return request.answer(refusal(message, ErrorCode::invalid_request));
  }
  std::optional<std::vector<PartitionToElect>> partitions;
  if (message.topic_partitions) {
    partitions.emplace();
    for (const auto& topic : *message.topic_partitions) {
      for (const auto number : topic.partitions) {
        partitions->push_back({std::string(topic.topic), number});
      }
    }
  }
  const std::chrono::milliseconds timeout(std::max(message.timeout_ms, 1));
  const auto type = message.election_type;
  auto waiting = std::make_shared<Request<ElectLeadersRequest>>(std::move(request));
  services.controller.elect_leaders(type, partitions, timeout,
                                    [waiting](const std::vector<PartitionResult>& results) {
                                      ElectLeadersResponse response;
                                      for (const auto& each : results) add_result(each, response);
                                      waiting->answer(response);
                                    });
}

}  // namespace ottla::broker
