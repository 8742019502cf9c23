#include "broker/handlers/describe_producers.h"
#include "broker/handlers/wire_code.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace ottla::broker {
namespace {

using protocol::DescribeProducersRequest;
using protocol::DescribeProducersResponse;

DescribeProducersResponse::Producer described(const ProducerStateEntry& entry) {
  return {.producer_id = entry.producer_id,
          .producer_epoch = entry.producer_epoch.value,
          .last_sequence = entry.last_sequence(),
          .last_timestamp = entry.last_timestamp,
          .coordinator_epoch = entry.coordinator_epoch,
          .current_txn_start_offset = entry.current_txn_first_offset};
}

void describe(Services& services, std::string_view topic,
              DescribeProducersResponse::Partition& answer) {
  const TopicPartition id{std::string(topic), answer.partition_index};
  auto* partition = services.replicas.find(id);
  if (partition == nullptr) {
    answer.error_code = wire_code(services.replicas.why_missing(id));
    return;
  }
  if (auto leads = partition->check_leader(); !leads) {
    answer.error_code = wire_code(leads.error());
    return;
  }
  for (const auto& [producer, entry] : partition->log().producers().entries()) {
    answer.active_producers.push_back(described(entry));
  }
  std::sort(answer.active_producers.begin(), answer.active_producers.end(),
            [](const auto& a, const auto& b) { return a.producer_id < b.producer_id; });
}

}  // namespace

DescribeProducersResponse refusal(const DescribeProducersRequest& request, ErrorCode error) {
  DescribeProducersResponse response;
  for (const auto& asked : request.topics) {
    auto& topic = response.topics.emplace_back();
    topic.name = asked.name;
    for (const auto index : asked.partition_indexes) {
      auto& partition = topic.partitions.emplace_back();
      partition.partition_index = index;
      partition.error_code = error;
    }
  }
  return response;
}

void handle_describe_producers(Services& services, Request<DescribeProducersRequest> request) {
  auto response = refusal(request.message, ErrorCode::none);
  // An answer is much longer than a question: a partition is described once.
  std::set<std::pair<std::string_view, std::int32_t>> described;
  for (auto& topic : response.topics) {
    std::erase_if(topic.partitions, [&](const auto& partition) {
      return !described.emplace(topic.name, partition.partition_index).second;
    });
    for (auto& partition : topic.partitions) describe(services, topic.name, partition);
  }
  request.answer(response);
}

}  // namespace ottla::broker
