#include "protocol/messages/metadata.h"

#include <algorithm>
#include <string>

#include "tests/simulation/scripted/handlers.h"
#include "tests/simulation/scripted/lies.h"
#include "tests/simulation/scripted/scripted_broker.h"

namespace ottla::simulation {

using namespace protocol;  // NOLINT: its messages are what this file is about

namespace {

MetadataResponse::Partition describe(const ScriptedPartition& partition, std::int32_t index,
                                     Exchange& exchange) {
  MetadataResponse::Partition told;
  told.partition_index = index;
  told.leader_id = partition.published.leader;
  told.leader_epoch = partition.published.epoch;
  told.replica_nodes = partition.replicas;
  told.isr_nodes = partition.in_sync_replicas;
  if (told.leader_id == kNoBroker) told.error_code = ErrorCode::leader_not_available;
  for (const BrokerId replica : partition.replicas) {
    if (!exchange.cluster().node(replica.value).running()) {
      told.offline_replicas.push_back(replica);
    }
  }
  if (exchange.plays(Trick::wrong_offsets)) told.leader_id = BrokerId(4711);
  return told;
}

MetadataResponse::Topic describe(std::string_view name, const ScriptedTopic& topic,
                                 Exchange& exchange) {
  MetadataResponse::Topic told;
  told.error_code = exchange.code_or_trick(ErrorCode::none);
  told.name = name;
  told.topic_id = topic.id;
  for (std::size_t i = 0; i < topic.partitions.size(); ++i) {
    told.partitions.push_back(
        describe(topic.partitions[i], static_cast<std::int32_t>(i), exchange));
  }
  if (told.error_code != ErrorCode::none) told.partitions.clear();
  return told;
}

void add_asked(const MetadataRequest::Topic& asked, Exchange& exchange,
               MetadataResponse& response) {
  std::string_view name = asked.name.value_or("");
  const ScriptedTopic* topic =
      find_asked_topic(exchange.cluster(), name, asked.topic_id, !asked.name);
  if (topic != nullptr) {
    response.topics.push_back(describe(name, *topic, exchange));
    return;
  }
  MetadataResponse::Topic unknown;
  unknown.error_code = exchange.code_or_trick(asked.name ? ErrorCode::unknown_topic_or_partition
                                                         : ErrorCode::unknown_topic_id);
  unknown.name = asked.name;
  unknown.topic_id = asked.topic_id;
  if (!asked.name && exchange.version() < 12) unknown.name = "";
  response.topics.push_back(unknown);
}

}  // namespace

void handle_metadata(const ExchangePtr& exchange, ScriptedConnection&) {
  const auto request = exchange->decode<MetadataRequest>();
  if (!request) return;
  ScriptedCluster& cluster = exchange->cluster();
  MetadataResponse response;
  response.cluster_id = cluster.cluster_id();
  response.controller_id = cluster.controller();
  for (int id = 1; id <= cluster.broker_count(); ++id) {
    if (!cluster.node(id).running()) continue;
    response.brokers.push_back({BrokerId(id), cluster.node(id).name(), cluster.options().port, {}});
  }
  const bool all = !request->topics || (exchange->version() == 0 && request->topics->empty());
  if (all) {
    for (const auto& [name, topic] : cluster.topics()) {
      response.topics.push_back(describe(name, topic, *exchange));
    }
  } else {
    for (const auto& asked : *request->topics) add_asked(asked, *exchange, response);
  }
  lie_about_partitions(exchange->rule().trick, response.topics,
                       &MetadataResponse::Topic::partitions,
                       &MetadataResponse::Partition::partition_index);
  exchange->answer(response);
}

}  // namespace ottla::simulation
