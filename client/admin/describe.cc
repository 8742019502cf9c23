#include "client/admin/describe.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "client/admin/answer_error.h"
#include "protocol/messages/describe_cluster.h"

namespace ottla::client {
namespace {

using protocol::DescribeClusterRequest;
using protocol::DescribeClusterResponse;
using protocol::MetadataRequest;
using protocol::MetadataResponse;

// The first version of DescribeCluster that tells of fenced brokers (KIP-1073).
constexpr std::int16_t kTellsOfFenced = 2;
// The first versions of Metadata that have a null list of topics, and that can be told not to make
// the topics they are asked for.
constexpr std::int16_t kNullIsAllTopics = 1;
constexpr std::int16_t kCreationOptional = 4;

// `id_of` is where a broker's id is: the messages name it differently. `fenced` tells the ids of
// those that are not in service.
template <class Brokers, class IdOf>
Result<ClusterDescription> to_description(std::string_view cluster_id, BrokerId controller,
                                          const Brokers& brokers, const IdOf& id_of,
                                          std::vector<std::int32_t> fenced = {}) {
  std::map<std::int32_t, Node> nodes;
  for (const auto& broker : brokers) {
    const auto id = id_of(broker).value;
    Node node{.id = id, .host = std::string(broker.host), .port = broker.port};
    if (broker.rack) node.rack = *broker.rack;
    if (id < 0 || node.port < 0 || !nodes.emplace(id, std::move(node)).second) {
      return Error(ErrorCode::unknown_server_error, "the broker's answer has a broker " +
                                                        std::to_string(id) +
                                                        " that is there twice, or is none");
    }
  }
  std::sort(fenced.begin(), fenced.end());
  ClusterDescription description{.cluster_id = std::string(cluster_id),
                                 .fenced = std::move(fenced)};
  for (auto& [id, node] : nodes) {
    if (id == controller.value) description.controller = node;
    description.nodes.push_back(std::move(node));
  }
  return description;
}

}  // namespace

MetadataRequest metadata_request_for(std::int16_t version) {
  MetadataRequest request;
  if (version >= kCreationOptional) request.allow_auto_topic_creation = false;
  return request;
}

std::string id_text(const protocol::Uuid& id) {
  return id.is_zero() ? std::string() : id.to_string();
}

Request ListTopicsCall::next_request(BrokerId broker, std::int32_t) {
  auto make = [](std::int16_t version) {
    auto request = metadata_request_for(version);
    if (version < kNullIsAllTopics) request.topics.emplace();
    return request;
  };
  auto done = [this](Result<Response<MetadataResponse>> response) {
    if (!response) return on_failure(response.error());
    take(response->message);
  };
  return make_request<MetadataRequest>(broker, std::move(make), std::move(done));
}

void ListTopicsCall::take(const MetadataResponse& response) {
  if (response.error_code != ErrorCode::none) {
    return on_failure(Error(response.error_code, "the broker refused Metadata"));
  }
  std::map<std::string_view, TopicListing> listings;
  for (const auto& topic : response.topics) {
    // A topic without a leader is there all the same.
    const bool there =
        topic.error_code == ErrorCode::none || topic.error_code == ErrorCode::leader_not_available;
    if (!topic.name || !there || (topic.is_internal && !list_internal_)) continue;
    listings[*topic.name] = {.name = std::string(*topic.name),
                             .topic_id = id_text(topic.topic_id),
                             .internal = topic.is_internal};
  }
  std::vector<TopicListing> sorted;
  sorted.reserve(listings.size());
  for (auto& [name, listing] : listings) sorted.push_back(std::move(listing));
  answer(std::move(sorted));
}

Request DescribeClusterCall::next_request(BrokerId broker, std::int32_t) {
  if (by_metadata_) return metadata_request(broker);
  auto make = [this](std::int16_t version) {
    DescribeClusterRequest request;
    request.include_fenced_brokers = include_fenced_ && version >= kTellsOfFenced;
    return request;
  };
  auto done = [this](Result<Response<DescribeClusterResponse>> response) {
    if (!response) return on_refusal(response.error());
    const auto& message = response->message;
    if (message.error_code != ErrorCode::none) return on_refusal(error_of(message));
    const auto id_of = [](const auto& node) { return node.broker_id; };
    std::vector<std::int32_t> fenced;
    for (const auto& node : message.brokers) {
      if (node.is_fenced) fenced.push_back(node.broker_id.value);
    }
    answer(to_description(message.cluster_id, message.controller_id, message.brokers, id_of,
                          std::move(fenced)));
  };
  return make_request<DescribeClusterRequest>(broker, std::move(make), std::move(done));
}

void DescribeClusterCall::on_refusal(const Error& error) {
  if (error.code() != ErrorCode::unsupported_version) return on_failure(error);
  by_metadata_ = true;
  try_again(error);
}

Request DescribeClusterCall::metadata_request(BrokerId broker) {
  auto make = [](std::int16_t version) {
    auto request = metadata_request_for(version);
    request.topics.emplace();
    return request;
  };
  auto done = [this](Result<Response<MetadataResponse>> response) {
    if (!response) return on_failure(response.error());
    const auto& message = response->message;
    if (message.error_code != ErrorCode::none) {
      return on_failure(Error(message.error_code, "the broker refused Metadata"));
    }
    const auto id_of = [](const auto& node) { return node.node_id; };
    answer(to_description(message.cluster_id.value_or(std::string_view{}), message.controller_id,
                          message.brokers, id_of));
  };
  return make_request<MetadataRequest>(broker, std::move(make), std::move(done));
}

}  // namespace ottla::client
