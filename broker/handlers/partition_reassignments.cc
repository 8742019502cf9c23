#include "broker/handlers/partition_reassignments.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/handlers/change_limits.h"
#include "broker/handlers/wire_code.h"

namespace ottla::broker {
namespace {

using protocol::AlterPartitionReassignmentsRequest;
using protocol::AlterPartitionReassignmentsResponse;
using protocol::ListPartitionReassignmentsRequest;
using protocol::ListPartitionReassignmentsResponse;

// The partitions of a topic stand together, as in the request.
void add_result(const PartitionResult& result, AlterPartitionReassignmentsResponse& response) {
  auto& topics = response.responses;
  if (topics.empty() || topics.back().name != result.topic) {
    topics.emplace_back().name = result.topic;
  }
  auto& partition = topics.back().partitions.emplace_back();
  partition.partition_index = result.partition;
  if (result.result) return;
  partition.error_code = wire_code(result.result.error());
  partition.error_message = result.result.error().message();
}

// What the controller is asked for; the answer refuses the rest.
std::vector<PartitionToReassign> partitions_of(
    Request<AlterPartitionReassignmentsRequest>& request) {
  std::vector<PartitionToReassign> partitions;
  for (const auto& topic : request.message.topics) {
    if (!ChangeLimits::is_too_long(topic.name)) {
      for (const auto& asked : topic.partitions) {
        partitions.push_back({std::string(topic.name), asked.partition_index, asked.replicas});
      }
      continue;
    }
    AlterPartitionReassignmentsResponse refused;
    auto& answer = refused.responses.emplace_back();
    answer.name = topic.name;
    for (const auto& asked : topic.partitions) {
      answer.partitions.push_back(
          {asked.partition_index, ErrorCode::invalid_topic_exception, ChangeLimits::kTooLong});
    }
    request.refuse_part(std::move(refused));
  }
  return partitions;
}

void refuse(Request<AlterPartitionReassignmentsRequest>& request, ErrorCode error,
            std::string_view why) {
  auto response = refusal(request.message, error);
  response.error_message = why;
  request.answer(response);
}

// Adds the partition if its replicas are on their way somewhere.
void list(std::int32_t number, const PartitionImage& partition,
          ListPartitionReassignmentsResponse::Topic& to) {
  if (partition.adding_replicas.empty() && partition.removing_replicas.empty()) return;
  auto& answer = to.partitions.emplace_back();
  answer.partition_index = number;
  answer.replicas = partition.replicas;
  answer.adding_replicas = partition.adding_replicas;
  answer.removing_replicas = partition.removing_replicas;
}

void add_topic(ListPartitionReassignmentsResponse::Topic topic,
               ListPartitionReassignmentsResponse& response) {
  if (!topic.partitions.empty()) response.topics.push_back(std::move(topic));
}

void list_all(const MetadataImage& image, ListPartitionReassignmentsResponse& response) {
  for (const auto* topic : image.topics()) {
    ListPartitionReassignmentsResponse::Topic answer{topic->name, {}};
    for (const auto& [number, partition] : topic->partitions) list(number, partition, answer);
    add_topic(std::move(answer), response);
  }
}

void list_some(const MetadataImage& image, const ListPartitionReassignmentsRequest& request,
               ListPartitionReassignmentsResponse& response) {
  for (const auto& asked : *request.topics) {
    ListPartitionReassignmentsResponse::Topic answer{asked.name, {}};
    for (const auto number : asked.partition_indexes) {
      const auto* partition = image.find_partition(asked.name, number);
      if (partition != nullptr) list(number, *partition, answer);
    }
    add_topic(std::move(answer), response);
  }
}

}  // namespace

AlterPartitionReassignmentsResponse refusal(const AlterPartitionReassignmentsRequest& request,
                                            ErrorCode error) {
  AlterPartitionReassignmentsResponse response;
  response.error_code = error;
  response.allow_replication_factor_change = request.allow_replication_factor_change;
  return response;
}

ListPartitionReassignmentsResponse refusal(const ListPartitionReassignmentsRequest&,
                                           ErrorCode error) {
  ListPartitionReassignmentsResponse response;
  response.error_code = error;
  return response;
}

void handle_alter_partition_reassignments(Services& services,
                                          Request<AlterPartitionReassignmentsRequest> request) {
  if (ChangeLimits::is_too_many(request.message.topics)) {
    return refuse(request, ErrorCode::invalid_request, ChangeLimits::kTooMany);
  }
  auto partitions = partitions_of(request);
  const std::chrono::milliseconds timeout(std::max(request.message.timeout_ms, 1));
  const bool may_change_factor = request.message.allow_replication_factor_change;
  auto waiting = std::make_shared<Request<AlterPartitionReassignmentsRequest>>(std::move(request));
  services.controller.reassign_partitions(
      partitions, may_change_factor, timeout,
      [waiting](const Result<std::vector<PartitionResult>>& results) {
        if (!results) {
          return refuse(*waiting, wire_code(results.error()), results.error().message());
        }
        AlterPartitionReassignmentsResponse response;
        response.allow_replication_factor_change = waiting->message.allow_replication_factor_change;
        for (const auto& each : *results) add_result(each, response);
        waiting->answer(response);
      });
}

void handle_list_partition_reassignments(Services& services,
                                         Request<ListPartitionReassignmentsRequest> request) {
  ListPartitionReassignmentsResponse response;
  if (request.message.topics) {
    list_some(services.image(), request.message, response);
  } else {
    list_all(services.image(), response);
  }
  request.answer(response);
}

}  // namespace ottla::broker
