#include "broker/handlers/describe_quorum.h"

#include <string_view>

namespace ottla::broker {
namespace {

using protocol::DescribeQuorumRequest;
using protocol::DescribeQuorumResponse;

constexpr std::string_view kMetadataTopic = "__cluster_metadata";
constexpr std::string_view kOnlyOne = "a request names one partition, __cluster_metadata-0";

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
  const auto& asked = request.message.topics;
  if (asked.size() != 1 || asked[0].partitions.size() != 1) {
    auto response = refusal(request.message, ErrorCode::invalid_request);
    response.error_message = kOnlyOne;
    return request.answer(response);
  }
  const auto own = services.advertised(request.context);
  DescribeQuorumResponse response;
  auto& topic = response.topics.emplace_back();
  topic.topic_name = asked[0].topic_name;
  auto& partition = topic.partitions.emplace_back();
  partition.partition_index = asked[0].partitions[0].partition_index;
  if (topic.topic_name == kMetadataTopic && partition.partition_index == 0) {
    describe(services, partition);
  } else {
    partition.error_code = ErrorCode::unknown_topic_or_partition;
  }
  if (request.context.version() >= 2) {
    auto& node = response.nodes.emplace_back();
    node.node_id = services.self();
    node.listeners.push_back({request.context.listener, own.host, own.port});
  }
  request.answer(response);
}

}  // namespace ottla::broker
