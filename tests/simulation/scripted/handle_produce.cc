#include "protocol/messages/produce.h"

#include <limits>
#include <set>

#include "tests/simulation/scripted/handlers.h"
#include "tests/simulation/scripted/lies.h"
#include "tests/simulation/scripted/scripted_broker.h"

namespace ottla::simulation {

using namespace protocol;  // NOLINT: its messages are what this file is about

namespace {

constexpr std::int16_t kFirstTransactionsV2 = 12;

// The leader that a client should ask instead, for versions that can say so.
void hint(Exchange& exchange, const ScriptedPartition& partition, ProduceResponse::Partition& told,
          ProduceResponse& response) {
  if (exchange.version() < 10 || partition.actual.leader == kNoBroker) return;
  told.current_leader = {partition.actual.leader, partition.actual.epoch};
  ScriptedCluster& cluster = exchange.cluster();
  for (const NodeEndpoint& known : response.node_endpoints) {
    if (known.node_id == partition.actual.leader) return;
  }
  response.node_endpoints.push_back({partition.actual.leader,
                                     cluster.node(partition.actual.leader.value).name(),
                                     cluster.options().port, std::nullopt});
}

ProduceResponse::Partition append(Exchange& exchange, ScriptedTopic* topic, std::string_view name,
                                  std::optional<std::string_view> transactional_id,
                                  const ProduceRequest::Partition& asked,
                                  ProduceResponse& response) {
  ProduceResponse::Partition told;
  told.index = asked.index;
  if (exchange.plays(Trick::error)) {
    told.error_code = exchange.rule().error;
    return told;
  }
  const Lookup found = find_led(exchange, topic, asked.index, kNoLeaderEpoch);
  told.error_code = found.error;
  if (found.error == ErrorCode::not_leader_or_follower) {
    hint(exchange, *found.partition, told, response);
  }
  if (found.error != ErrorCode::none) return told;
  if (transactional_id) {
    const auto batch = RecordBatchView::parse(asked.records ? asked.records->bytes : BytesView());
    if (batch && batch->is_transactional()) {
      told.error_code = exchange.cluster().transactions().check_write(
          *transactional_id, {ErrorCode::none, batch->producer_id(), batch->producer_epoch()},
          exchange.version() >= kFirstTransactionsV2, {std::string(name), asked.index});
    }
    if (told.error_code != ErrorCode::none) return told;
  }
  const auto appended = found.partition->append(asked.records ? asked.records->bytes : BytesView());
  told.error_code = exchange.code_or_trick(appended.error);
  if (told.error_code != ErrorCode::none) return told;
  told.base_offset = appended.base_offset;
  told.log_start_offset = found.partition->log_start_offset();
  if (exchange.plays(Trick::wrong_offsets)) {
    auto& random = exchange.cluster().simulation().random();
    told.base_offset = Offset(random.one_in(2) ? -7 : std::numeric_limits<std::int64_t>::max());
  }
  return told;
}

}  // namespace

void handle_produce(const ExchangePtr& exchange, ScriptedConnection&) {
  const auto request = exchange->decode<ProduceRequest>();
  if (!request) return;
  const bool by_id = exchange->version() >= 13;
  ProduceResponse response;
  for (const auto& asked : request->topic_data) {
    std::string_view name = asked.name;
    ScriptedTopic* topic = find_asked_topic(exchange->cluster(), name, asked.topic_id, by_id);
    ProduceResponse::Topic told;
    told.name = asked.name;
    told.topic_id = asked.topic_id;
    for (const auto& partition : asked.partition_data) {
      told.partition_responses.push_back(
          append(*exchange, topic, name, request->transactional_id, partition, response));
      auto& code = told.partition_responses.back().error_code;
      if (by_id && topic == nullptr && code == ErrorCode::unknown_topic_or_partition) {
        code = ErrorCode::unknown_topic_id;
      }
    }
    response.responses.push_back(std::move(told));
  }
  exchange->cluster().on_progress();
  if (request->acks == 0) {
    exchange->answer_nothing();
    return;
  }
  lie_about_partitions(exchange->rule().trick, response.responses,
                       &ProduceResponse::Topic::partition_responses,
                       &ProduceResponse::Partition::index);
  exchange->answer(response);
}

}  // namespace ottla::simulation
