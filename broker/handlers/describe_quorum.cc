#include "broker/handlers/describe_quorum.h"

#include <string_view>

namespace ottla::broker {
namespace {

using protocol::DescribeQuorumRequest;
using protocol::DescribeQuorumResponse;

constexpr std::string_view kMetadataTopic = "__cluster_metadata";

void describe(const Services& services, DescribeQuorumResponse::Partition& partition) {
  const auto now = services.loop.wall_now();
  partition.leader_id = services.self();
  partition.leader_epoch = services.controller.raft_epoch();
  // What is not durable counts for nothing where one voter is alone.
  partition.high_watermark = services.image().last_offset() + 1;
  auto& voter = partition.current_voters.emplace_back();
  voter.replica_id = services.self();
  voter.log_end_offset = partition.high_watermark;
  voter.last_fetch_timestamp = now;
  voter.last_caught_up_timestamp = now;
}

}  // namespace

DescribeQuorumResponse refusal(const DescribeQuorumRequest&, ErrorCode error) {
  DescribeQuorumResponse response;
  response.error_code = error;
  return response;
}

void handle_describe_quorum(Services& services, Request<DescribeQuorumRequest> request) {
  const auto own = services.advertised(request.context);
  DescribeQuorumResponse response;
  for (const auto& asked : request.message.topics) {
    auto& topic = response.topics.emplace_back();
    topic.topic_name = asked.topic_name;
    for (const auto& [number] : asked.partitions) {
      auto& partition = topic.partitions.emplace_back();
      partition.partition_index = number;
      if (asked.topic_name == kMetadataTopic && number == 0) {
        describe(services, partition);
      } else {
        partition.error_code = ErrorCode::unknown_topic_or_partition;
      }
    }
  }
  if (request.context.version() >= 2) {
    auto& node = response.nodes.emplace_back();
    node.node_id = services.self();
    node.listeners.push_back({request.context.listener, own.host, own.port});
  }
  request.answer(response);
}

}  // namespace ottla::broker
