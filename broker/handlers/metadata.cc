#include "broker/handlers/metadata.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/handlers/access.h"
#include "broker/handlers/wire_code.h"
#include "broker/metadata/own_directories.h"

namespace ottla::broker {
namespace {

using protocol::MetadataRequest;
using protocol::MetadataResponse;

// A metadata request while missing topics are made.
struct Query {
  Request<MetadataRequest> request;
  std::map<std::string, ErrorCode, std::less<>> failed;  // topics that could not be made

  // Nothing but brokers is asked for, or every topic.
  bool wants_all() const {
    const auto& topics = request.message.topics;
    return request.context.version() == 0 ? topics->empty() : !topics;
  }
};

void add_partitions(const MetadataImage& image, const TopicImage& topic,
                    MetadataResponse::Topic& answer) {
  for (const auto& [number, partition] : topic.partitions) {
    auto& added = answer.partitions.emplace_back();
    added.partition_index = number;
    added.leader_id = partition.leader;
    added.leader_epoch = partition.leader_epoch;
    added.replica_nodes = partition.replicas;
    added.isr_nodes = partition.in_sync_replicas;
    added.offline_replicas = offline_replicas(image, partition);
    if (partition.leader == kNoLeader) added.error_code = ErrorCode::leader_not_available;
  }
}

void add_topic(const Access& access, const TopicImage& topic, const MetadataRequest& request,
               MetadataResponse& response) {
  auto& answer = response.topics.emplace_back();
  answer.name = topic.name;
  answer.topic_id = topic.id;
  answer.is_internal = topic.is_internal();
  if (request.include_topic_authorized_operations) {
    answer.topic_authorized_operations = access.operations(AclResourceType::topic, topic.name);
  }
  add_partitions(access.image(), topic, answer);
}

// Ids are no secret; of a topic that is asked for by name not even that it exists is told.
void add_denied_topic(const MetadataRequest::Topic& asked, std::int16_t version,
                      MetadataResponse& response) {
  auto& answer = response.topics.emplace_back();
  answer.name = asked.name;
  if (!asked.name && version < 12) answer.name = "";
  answer.error_code = ErrorCode::topic_authorization_failed;
  if (!asked.name) answer.topic_id = asked.topic_id;
}

void add_asked_topic(const Access& access, const Query& query, const MetadataRequest::Topic& asked,
                     MetadataResponse& response) {
  const auto& image = access.image();
  const auto* topic = asked.name ? image.find_topic(*asked.name) : image.find_topic(asked.topic_id);
  const bool known = topic != nullptr || asked.name;
  if (known && !access.topic(AclOperation::describe, topic ? topic->name : *asked.name)) {
    return add_denied_topic(asked, query.request.context.version(), response);
  }
  if (topic != nullptr) return add_topic(access, *topic, query.request.message, response);
  auto& answer = response.topics.emplace_back();
  answer.topic_id = asked.topic_id;
  if (!asked.name) {
    answer.error_code = ErrorCode::unknown_topic_id;
    if (query.request.context.version() < 12) answer.name = "";
    return;
  }
  answer.name = asked.name;
  const auto failed = query.failed.find(*asked.name);
  answer.error_code =
      failed == query.failed.end() ? ErrorCode::unknown_topic_or_partition : failed->second;
}

void answer(Services& services, Query& query) {
  const auto& message = query.request.message;
  const auto own = services.advertised(query.request.context);
  const Access access(services, query.request.context);
  MetadataResponse response;
  response.brokers.push_back({services.self(), own.host, own.port, {}});
  if (services.config.broker_rack) response.brokers.back().rack = *services.config.broker_rack;
  response.cluster_id = services.image().cluster_id();
  response.controller_id = services.self();
  if (message.include_cluster_authorized_operations) {
    response.cluster_authorized_operations = access.cluster_operations();
  }
  if (query.wants_all()) {
    for (const auto* topic : services.image().topics()) {
      if (!access.topic(AclOperation::describe, topic->name, Denial::quiet)) continue;
      add_topic(access, *topic, message, response);
    }
  } else {
    for (const auto& asked : *message.topics) add_asked_topic(access, query, asked, response);
  }
  query.request.answer(response);
}

// Whether the quota of now allows the client one more topic (KIP-599). If not, the topic is unknown
// for now, which a client asks for again after it has waited.
bool try_charge_topic(const Services& services, RequestContext& context) {
  if (context.quotas == nullptr) return true;
  const auto wait = context.quotas->charge_mutations(
      context.quota_client(), static_cast<double>(services.config.num_partitions), true);
  context.throttle = std::max(context.throttle, wait);
  return wait <= base::Duration::zero();
}

// What is to be made; notes in `query` what may not be.
std::vector<NewTopic> missing_topics(const Services& services, Query& query) {
  std::vector<NewTopic> missing;
  const bool may_create =
      services.config.auto_create_topics_enable && query.request.message.allow_auto_topic_creation;
  if (!may_create || query.wants_all()) return missing;
  const Access access(services, query.request.context);
  const bool may_create_all = access.cluster(AclOperation::create, Denial::quiet);
  std::set<std::string_view> seen;
  for (const auto& asked : *query.request.message.topics) {
    if (!asked.name || services.image().find_topic(*asked.name) != nullptr) continue;
    // Internal topics are made by the coordinators they belong to.
    if (is_internal_topic(*asked.name) || !seen.insert(*asked.name).second) continue;
    if (!access.topic(AclOperation::describe, *asked.name, Denial::quiet)) continue;
    if (!may_create_all && !access.topic(AclOperation::create, *asked.name)) {
      query.failed.emplace(*asked.name, ErrorCode::topic_authorization_failed);
      continue;
    }
    if (!try_charge_topic(services, query.request.context)) continue;
    auto& topic = missing.emplace_back();
    topic.name = *asked.name;
  }
  return missing;
}

}  // namespace

MetadataResponse refusal(const MetadataRequest& request, ErrorCode error) {
  MetadataResponse response;
  response.error_code = error;
  if (!request.topics) return response;
  for (const auto& asked : *request.topics) {
    auto& topic = response.topics.emplace_back();
    topic.name = asked.name.value_or(BytesView());
    topic.topic_id = asked.topic_id;
    topic.error_code = error;
  }
  return response;
}

void handle_metadata(Services& services, Request<MetadataRequest> request) {
  auto query = std::make_shared<Query>(Query{std::move(request), {}});
  if (query->request.context.version() == 0 && !query->request.message.topics) {
    return query->request.answer(refusal(query->request.message, ErrorCode::invalid_request));
  }
  auto missing = missing_topics(services, *query);
  if (missing.empty()) return answer(services, *query);
  const std::chrono::milliseconds timeout(services.config.request_timeout_ms);
  services.controller.create_topics(
      std::move(missing), false, timeout,
      [&services, query](const std::vector<CreateTopicResult>& results) {
        for (const auto& result : results) {
          if (result.result) continue;
          // Somebody else was faster: then it is there.
          const auto code = wire_code(result.result.error());
          if (code != ErrorCode::topic_already_exists) query->failed.emplace(result.name, code);
        }
        answer(services, *query);
      });
}

}  // namespace ottla::broker
