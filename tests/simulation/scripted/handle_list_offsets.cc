#include "protocol/messages/list_offsets.h"

#include "tests/simulation/scripted/handlers.h"
#include "tests/simulation/scripted/lies.h"
#include "tests/simulation/scripted/scripted_broker.h"

namespace ottla::simulation {

using namespace protocol;  // NOLINT: its messages are what this file is about

namespace {

const ScriptedPartition::Batch* newest(const ScriptedPartition& partition) {
  const ScriptedPartition::Batch* best = nullptr;
  for (const auto& batch : partition.batches()) {
    if (best == nullptr || batch.max_timestamp > best->max_timestamp) best = &batch;
  }
  return best;
}

void find_offset(const ScriptedPartition& partition, std::int64_t timestamp,
                 ListOffsetsResponse::Partition& told) {
  told.leader_epoch = partition.actual.epoch;
  if (timestamp == ListOffsetsRequest::kLatest) {
    told.offset = partition.high_watermark();
    return;
  }
  if (timestamp == ListOffsetsRequest::kEarliest ||
      timestamp == ListOffsetsRequest::kEarliestLocal) {
    told.offset = partition.log_start_offset();
    return;
  }
  const auto* batch = timestamp == ListOffsetsRequest::kMaxTimestamp
                          ? newest(partition)
                          : partition.find_timestamp(timestamp);
  told.leader_epoch = kNoLeaderEpoch;
  if (batch == nullptr) return;
  told.timestamp = batch->max_timestamp;
  told.offset = batch->base_offset;
  told.leader_epoch = batch->leader_epoch;
}

}  // namespace

void handle_list_offsets(const ExchangePtr& exchange, ScriptedConnection&) {
  const auto request = exchange->decode<ListOffsetsRequest>();
  if (!request) return;
  ListOffsetsResponse response;
  for (const auto& asked : request->topics) {
    ListOffsetsResponse::Topic told{asked.name, {}};
    ScriptedTopic* topic = exchange->cluster().find_topic(asked.name);
    for (const auto& each : asked.partitions) {
      ListOffsetsResponse::Partition answer;
      answer.partition_index = each.partition_index;
      const Lookup found =
          find_led(*exchange, topic, each.partition_index, each.current_leader_epoch);
      answer.error_code = exchange->code_or_trick(found.error);
      if (answer.error_code == ErrorCode::none) {
        find_offset(*found.partition, each.timestamp, answer);
      }
      if (exchange->version() < 4) answer.leader_epoch = kNoLeaderEpoch;
      if (exchange->plays(Trick::wrong_offsets)) answer.offset = Offset(-7);
      told.partitions.push_back(answer);
    }
    response.topics.push_back(std::move(told));
  }
  lie_about_partitions(exchange->rule().trick, response.topics,
                       &ListOffsetsResponse::Topic::partitions,
                       &ListOffsetsResponse::Partition::partition_index);
  exchange->answer(response);
}

}  // namespace ottla::simulation
