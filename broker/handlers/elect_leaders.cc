#include "broker/handlers/elect_leaders.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/handlers/change_limits.h"
#include "broker/handlers/guards.h"
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

// What the controller is asked for; the rest is taken out of the request, and the answer refuses
// it.
std::vector<PartitionToElect> partitions_of(Request<ElectLeadersRequest>& request) {
  auto& named = *request.message.topic_partitions;
  const auto taken = guards::take_out(
      named, [](const auto& asked) { return !ChangeLimits::is_too_long(asked.topic); });
  for (const auto& asked : taken) {
    ElectLeadersResponse refused;
    auto& topic = refused.replica_election_results.emplace_back();
    topic.topic = asked.topic;
    for (const auto number : asked.partitions) {
      topic.partition_result.push_back(
          {number, ErrorCode::invalid_topic_exception, ChangeLimits::kTooLong});
    }
    request.refuse_part(std::move(refused));
  }
  std::vector<PartitionToElect> partitions;
  for (const auto& asked : named) {
    for (const auto number : asked.partitions) {
      partitions.push_back({std::string(asked.topic), number});
    }
  }
  return partitions;
}

// Version 0 has no error for all: where no partition is named the connection ends.
void refuse(Request<ElectLeadersRequest>& request, ErrorCode error) {
  auto response = refusal(request.message, error);
  const bool has_parts = !response.replica_election_results.empty() || request.refused;
  if (request.context.version() == 0 && has_parts) response.error_code = ErrorCode::none;
  request.answer(response);
}

}  // namespace

ElectLeadersResponse refusal(const ElectLeadersRequest& request, ErrorCode error) {
  ElectLeadersResponse response;
  response.error_code = error;
  const auto& named = request.topic_partitions;
  if (!named || ChangeLimits::is_too_many(*named)) return response;
  for (const auto& asked : *named) {
    auto& topic = response.replica_election_results.emplace_back();
    topic.topic = asked.topic;
    for (const auto number : asked.partitions) {
      topic.partition_result.push_back({number, error, std::nullopt});
    }
  }
  return response;
}

void handle_elect_leaders(Services& services, Request<ElectLeadersRequest> request) {
  const auto type = request.message.election_type;
  const auto& named = request.message.topic_partitions;
  const bool has_type = type == ElectionType::preferred || type == ElectionType::unclean;
  if (!has_type || (named && ChangeLimits::is_too_many(*named))) {
    return refuse(request, ErrorCode::invalid_request);
  }
  std::optional<std::vector<PartitionToElect>> partitions;
  if (named) partitions = partitions_of(request);
  const std::chrono::milliseconds timeout(std::max(request.message.timeout_ms, 1));
  auto waiting = std::make_shared<Request<ElectLeadersRequest>>(std::move(request));
  services.controller.elect_leaders(type, partitions, timeout,
                                    [waiting](const Result<std::vector<PartitionResult>>& results) {
                                      if (!results)
                                        return refuse(*waiting, wire_code(results.error()));
                                      ElectLeadersResponse response;
                                      for (const auto& each : *results) add_result(each, response);
                                      waiting->answer(response);
                                    });
}

}  // namespace ottla::broker
