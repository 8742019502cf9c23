#include "protocol/messages/offset_for_leader_epoch.h"

#include "tests/simulation/scripted/handlers.h"
#include "tests/simulation/scripted/lies.h"
#include "tests/simulation/scripted/scripted_broker.h"

namespace ottla::simulation {

using namespace protocol;  // NOLINT: its messages are what this file is about

void handle_offset_for_leader_epoch(const ExchangePtr& exchange, ScriptedConnection&) {
  const auto request = exchange->decode<OffsetForLeaderEpochRequest>();
  if (!request) return;
  OffsetForLeaderEpochResponse response;
  for (const auto& asked : request->topics) {
    OffsetForLeaderEpochResponse::Topic told{asked.topic, {}};
    ScriptedTopic* topic = exchange->cluster().find_topic(asked.topic);
    for (const auto& each : asked.partitions) {
      OffsetForLeaderEpochResponse::Partition answer;
      answer.partition = each.partition;
      const Lookup found = find_led(*exchange, topic, each.partition, each.current_leader_epoch);
      answer.error_code = exchange->code_or_trick(found.error);
      if (answer.error_code == ErrorCode::none) {
        const auto [epoch, end] = found.partition->end_of_epoch(each.leader_epoch);
        answer.leader_epoch = epoch;
        answer.end_offset = end;
      }
      if (exchange->plays(Trick::wrong_offsets)) answer.end_offset = Offset(-7);
      told.partitions.push_back(answer);
    }
    response.topics.push_back(std::move(told));
  }
  lie_about_partitions(exchange->rule().trick, response.topics,
                       &OffsetForLeaderEpochResponse::Topic::partitions,
                       &OffsetForLeaderEpochResponse::Partition::partition);
  exchange->answer(response);
}

}  // namespace ottla::simulation
