#include <map>

#include "broker/metadata/topic_requests.h"

namespace ottla::broker {
namespace {

// The topic a request means, or why there is none.
Result<const TopicImage*> find_topic(const TopicToDelete& wanted, const MetadataImage& image) {
  if (!wanted.name && wanted.id.is_zero()) {
    return Error(ErrorCode::invalid_request, "neither a name nor an id says which topic is meant");
  }
  if (wanted.name && !wanted.id.is_zero()) {
    return Error(ErrorCode::invalid_request, "a name and an id are too much for one topic");
  }
  if (!wanted.name) {
    const auto* topic = image.find_topic(wanted.id);
    if (topic == nullptr) {
      return Error(ErrorCode::unknown_topic_id, "no topic has the id " + wanted.id.to_string());
    }
    return topic;
  }
  const auto* topic = image.find_topic(*wanted.name);
  if (topic == nullptr) {
    return Error(ErrorCode::unknown_topic_or_partition, "there is no topic " + *wanted.name);
  }
  return topic;
}

Result<void> check(const TopicImage& topic, int mentions, const BrokerConfig& config) {
  if (mentions > 1) return Error(ErrorCode::invalid_request, "the topic stands there twice");
  if (!config.delete_topic_enable) {
    return Error(ErrorCode::topic_deletion_disabled,
                 "delete.topic.enable is false, so " + topic.name + " stays");
  }
  return {};
}

}  // namespace

Decision<DeleteTopicResult> decide_delete_topics(const std::vector<TopicToDelete>& topics,
                                                 const MetadataImage& image,
                                                 const BrokerConfig& config) {
  std::map<Uuid, int> mentions;
  for (const auto& wanted : topics) {
    if (const auto topic = find_topic(wanted, image)) ++mentions[(*topic)->id];
  }
  Decision<DeleteTopicResult> decision;
  for (const auto& wanted : topics) {
    const auto topic = find_topic(wanted, image);
    if (!topic) {
      decision.results.push_back({wanted.name.value_or(""), wanted.id, topic.error()});
      continue;
    }
    const auto id = (*topic)->id;
    auto checked = check(**topic, mentions[id], config);
    if (checked) decision.records.push_back(RemoveTopicRecord{.topic_id = id});
    decision.results.push_back({(*topic)->name, id, std::move(checked)});
  }
  return decision;
}

}  // namespace ottla::broker
