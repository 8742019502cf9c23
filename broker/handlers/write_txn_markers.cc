#include "broker/handlers/write_txn_markers.h"
#include "broker/handlers/wire_code.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ottla::broker {
namespace {

using protocol::WriteTxnMarkersRequest;
using protocol::WriteTxnMarkersResponse;

// A request while its markers become durable.
struct Writing {
  Request<WriteTxnMarkersRequest> request;
  WriteTxnMarkersResponse response;
  std::size_t left = 0;  // markers
};

std::vector<TopicPartition> partitions_of(const WriteTxnMarkersRequest::Marker& marker) {
  std::vector<TopicPartition> partitions;
  for (const auto& topic : marker.topics) {
    for (const auto index : topic.partition_indexes) {
      partitions.push_back({std::string(topic.name), index});
    }
  }
  return partitions;
}

// The outcomes are in the order of the partitions.
void put(const std::vector<ErrorCode>& outcomes, WriteTxnMarkersResponse::Marker& answer) {
  auto outcome = outcomes.begin();
  for (auto& topic : answer.topics) {
    for (auto& partition : topic.partitions) partition.error_code = wire_code(*outcome++);
  }
}

}  // namespace

WriteTxnMarkersResponse refusal(const WriteTxnMarkersRequest& request, ErrorCode error) {
  WriteTxnMarkersResponse response;
  for (const auto& asked : request.markers) {
    auto& marker = response.markers.emplace_back();
    marker.producer_id = asked.producer_id;
    for (const auto& asked_topic : asked.topics) {
      auto& topic = marker.topics.emplace_back();
      topic.name = asked_topic.name;
      for (const auto index : asked_topic.partition_indexes) {
        topic.partitions.push_back({index, error});
      }
    }
  }
  return response;
}

void handle_write_txn_markers(Services& services, Request<WriteTxnMarkersRequest> request) {
  auto response = refusal(request.message, ErrorCode::none);
  auto writing = std::make_shared<Writing>(Writing{std::move(request), std::move(response)});
  const auto& markers = writing->request.message.markers;
  writing->left = markers.size();
  if (markers.empty()) return writing->request.answer(writing->response);
  for (std::size_t i = 0; i < markers.size(); ++i) {
    const auto& marker = markers[i];
    const TransactionEnd end{.producer_id = marker.producer_id,
                             .producer_epoch = marker.producer_epoch,
                             .commit = marker.transaction_result,
                             .coordinator_epoch = marker.coordinator_epoch,
                             .transaction_version = marker.transaction_version};
    services.markers.write(end, partitions_of(marker),
                           [writing, i](const std::vector<ErrorCode>& outcomes) {
                             put(outcomes, writing->response.markers[i]);
                             if (--writing->left == 0) writing->request.answer(writing->response);
                           });
  }
}

}  // namespace ottla::broker
