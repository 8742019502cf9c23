#include "broker/handlers/offset_for_leader_epoch.h"
#include "broker/handlers/wire_code.h"

#include <string>

namespace ottla::broker {
namespace {

using protocol::OffsetForLeaderEpochRequest;
using protocol::OffsetForLeaderEpochResponse;

void look_up(Services& services, const TopicPartition& id,
             const OffsetForLeaderEpochRequest::Partition& asked,
             OffsetForLeaderEpochResponse::Partition& answer) {
  auto* partition = services.replicas.find(id);
  if (partition == nullptr) {
    answer.error_code = wire_code(services.replicas.why_missing(id));
    return;
  }
  if (auto leader = partition->check_leader(asked.current_leader_epoch); !leader) {
    answer.error_code = wire_code(leader.error());
    return;
  }
  const auto end = partition->end_offset_for_epoch(asked.leader_epoch);
  answer.leader_epoch = end.leader_epoch;
  answer.end_offset = end.end_offset;
}

}  // namespace

OffsetForLeaderEpochResponse refusal(const OffsetForLeaderEpochRequest& request, ErrorCode error) {
  OffsetForLeaderEpochResponse response;
  for (const auto& asked : request.topics) {
    auto& topic = response.topics.emplace_back();
    topic.topic = asked.topic;
    for (const auto& partition : asked.partitions) {
      auto& answer = topic.partitions.emplace_back();
      answer.partition = partition.partition;
      answer.error_code = error;
    }
  }
  return response;
}

void handle_offset_for_leader_epoch(Services& services,
                                    Request<OffsetForLeaderEpochRequest> request) {
  auto response = refusal(request.message, ErrorCode::none);
  const auto& topics = request.message.topics;
  for (std::size_t t = 0; t < topics.size(); ++t) {
    for (std::size_t p = 0; p < topics[t].partitions.size(); ++p) {
      const auto& asked = topics[t].partitions[p];
      look_up(services, {std::string(topics[t].topic), asked.partition}, asked,
              response.topics[t].partitions[p]);
    }
  }
  request.answer(response);
}

}  // namespace ottla::broker
