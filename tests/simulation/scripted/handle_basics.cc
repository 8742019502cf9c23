#include <vector>

#include "protocol/messages/api_versions.h"
#include "protocol/messages/find_coordinator.h"
#include "protocol/messages/init_producer_id.h"
#include "tests/simulation/scripted/handlers.h"
#include "tests/simulation/scripted/scripted_broker.h"

namespace ottla::simulation {

using namespace protocol;  // NOLINT: its messages are what this file is about

ScriptedTopic* find_asked_topic(ScriptedCluster& cluster, std::string_view& name, const Uuid& id,
                                bool by_id) {
  return by_id ? cluster.find_topic(id, name) : cluster.find_topic(name);
}

Lookup find_led(Exchange& exchange, ScriptedTopic* topic, std::int32_t partition,
                LeaderEpoch asked_with) {
  if (topic == nullptr) return {ErrorCode::unknown_topic_or_partition};
  const auto at = static_cast<std::size_t>(partition);
  if (partition < 0 || at >= topic->partitions.size()) {
    return {ErrorCode::unknown_topic_or_partition, topic};
  }
  Lookup found{ErrorCode::none, topic, &topic->partitions[at]};
  const Leadership& actual = found.partition->actual;
  if (actual.leader != exchange.broker().id()) {
    found.error = ErrorCode::not_leader_or_follower;
  } else if (asked_with != kNoLeaderEpoch && asked_with < actual.epoch) {
    found.error = ErrorCode::fenced_leader_epoch;
  } else if (asked_with > actual.epoch) {
    found.error = ErrorCode::unknown_leader_epoch;
  }
  return found;
}

void handle_api_versions(const ExchangePtr& exchange, ScriptedConnection&) {
  ScriptedCluster& cluster = exchange->cluster();
  const auto known = cluster.versions(ApiKey::api_versions);
  ApiVersionsResponse response;
  for (const Api& api : kApis) {
    const auto versions = cluster.versions(api.key);
    if (versions.max < versions.min) continue;
    response.api_keys.push_back({api.key, versions.min, versions.max});
  }
  if (exchange->version() < known.min || exchange->version() > known.max) {
    response.error_code = ErrorCode::unsupported_version;
    exchange->answer_in(response, 0);
    return;
  }
  response.error_code = exchange->code_or_trick(ErrorCode::none);
  if (exchange->version() >= 3) {
    response.finalized_features_epoch = 1;
    const auto level = static_cast<std::int16_t>(cluster.options().transactions_v2 ? 2 : 1);
    response.finalized_features.push_back({"transaction.version", level, level});
  }
  exchange->answer(response);
}

void handle_init_producer_id(const ExchangePtr& exchange, ScriptedConnection&) {
  const auto request = exchange->decode<InitProducerIdRequest>();
  if (!request) return;
  InitProducerIdResponse response;
  response.error_code = exchange->code_or_trick(ErrorCode::none);
  if (request->transactional_id && !exchange->plays(Trick::error)) {
    const auto made = exchange->cluster().transactions().init(
        *request->transactional_id,
        {ErrorCode::none, request->producer_id, request->producer_epoch});
    response.error_code = exchange->code_or_trick(made.error);
    response.producer_id = made.id;
    response.producer_epoch = made.epoch;
  } else if (response.error_code == ErrorCode::none) {
    const bool bumps = request->producer_id != kNoProducerId;
    response.producer_id = bumps ? request->producer_id : exchange->cluster().next_producer_id();
    response.producer_epoch = bumps ? request->producer_epoch + 1 : ProducerEpoch(0);
  }
  exchange->answer(response);
}

void handle_find_coordinator(const ExchangePtr& exchange, ScriptedConnection&) {
  const auto request = exchange->decode<FindCoordinatorRequest>();
  if (!request) return;
  ScriptedCluster& cluster = exchange->cluster();
  const BrokerId id = cluster.controller();
  const ErrorCode error = exchange->code_or_trick(
      id == kNoBroker ? ErrorCode::coordinator_not_available : ErrorCode::none);
  FindCoordinatorResponse response;
  if (error == ErrorCode::none) {
    response.node_id = id;
    response.host = cluster.node(id.value).name();
    response.port = cluster.options().port;
  } else {
    response.node_id = kNoBroker;
  }
  if (exchange->version() < 4) {
    response.error_code = error;
  } else {
    for (const std::string_view key : request->coordinator_keys) {
      response.coordinators.push_back({key, response.node_id, response.host, response.port, error});
    }
    response.node_id = BrokerId(0);
    response.host = "";
    response.port = 0;
  }
  exchange->answer(response);
}

}  // namespace ottla::simulation
