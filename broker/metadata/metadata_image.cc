#include "broker/metadata/metadata_image.h"

#include <algorithm>

namespace ottla::broker {
namespace {

const ConfigMap& no_configs() {
  static const ConfigMap kNone;
  return kNone;
}

}  // namespace

const BrokerEndpoint* BrokerRegistration::find_endpoint(std::string_view listener_name) const {
  for (const auto& endpoint : endpoints) {
    if (endpoint.name == listener_name) return &endpoint;
  }
  return nullptr;
}

bool contains(const std::vector<BrokerId>& brokers, BrokerId id) {
  return std::find(brokers.begin(), brokers.end(), id) != brokers.end();
}

bool is_internal_topic(std::string_view name) {
  return name == "__consumer_offsets" || name == "__transaction_state" ||
         name == "__share_group_state";
}

bool TopicImage::is_internal() const {
  return is_internal_topic(name);
}

std::shared_ptr<const MetadataImage> MetadataImage::empty(std::string cluster_id) {
  MetadataState state;
  state.cluster_id = std::move(cluster_id);
  return std::make_shared<const MetadataImage>(std::move(state));
}

const TopicImage* MetadataImage::find_topic(std::string_view name) const {
  const auto* found = state_.topics_by_name.find(name);
  return found == nullptr ? nullptr : found->get();
}

const TopicImage* MetadataImage::find_topic(const Uuid& id) const {
  const auto* found = state_.topics_by_id.find(id);
  return found == nullptr ? nullptr : found->get();
}

std::shared_ptr<const TopicImage> MetadataImage::share_topic(std::string_view name) const {
  const auto* found = state_.topics_by_name.find(name);
  return found == nullptr ? nullptr : *found;
}

const PartitionImage* MetadataImage::find_partition(std::string_view topic,
                                                    std::int32_t partition) const {
  const auto* found = find_topic(topic);
  return found == nullptr ? nullptr : found->find(partition);
}

std::vector<const TopicImage*> MetadataImage::topics() const {
  std::vector<const TopicImage*> all;
  all.reserve(state_.topics_by_name.size());
  state_.topics_by_name.for_each(
      [&all](const std::string&, const auto& topic) { all.push_back(topic.get()); });
  std::sort(all.begin(), all.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
  return all;
}

const BrokerRegistration* MetadataImage::find_broker(BrokerId id) const {
  const auto found = state_.brokers.find(id);
  return found == state_.brokers.end() ? nullptr : &found->second;
}

const ConfigMap& MetadataImage::configs(const ConfigResource& resource) const {
  if (resource.type == ConfigResourceType::topic) return topic_configs(resource.name);
  const auto found = state_.other_configs.find(resource);
  return found == state_.other_configs.end() ? no_configs() : found->second;
}

const ConfigMap& MetadataImage::topic_configs(std::string_view topic) const {
  const auto* found = state_.topic_configs.find(topic);
  return found == nullptr ? no_configs() : **found;
}

std::int16_t MetadataImage::feature(std::string_view name) const {
  const auto found = state_.features.find(name);
  return found == state_.features.end() ? std::int16_t{0} : found->second;
}

const protocol::ScramCredential* MetadataImage::scram_credential(
    std::string_view user, protocol::ScramMechanism mechanism) const {
  const auto* found = state_.scram_users.find(user);
  if (found == nullptr) return nullptr;
  const auto credential = (*found)->find(mechanism);
  return credential == (*found)->end() ? nullptr : &credential->second;
}

std::span<const protocol::ScramForm> MetadataImage::scram_forms(
    protocol::ScramMechanism mechanism) const {
  const auto found = state_.scram_forms.find(mechanism);
  if (found == state_.scram_forms.end()) return {};
  return found->second;
}

}  // namespace ottla::broker
