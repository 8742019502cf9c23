#include "broker/metadata/metadata_delta.h"

#include <algorithm>
#include <string>
#include <utility>

#include "broker/metadata/features.h"
#include "broker/metadata/partition_change.h"

namespace ottla::broker {
namespace {

// Decoys are made of them.
constexpr std::size_t kMostScramForms = 16;

Error corrupt(std::string why) {
  return {ErrorCode::corrupt_data, std::move(why)};
}

BrokerRegistration registration_of(const RegisterBrokerRecord& record) {
  BrokerRegistration broker;
  broker.id = record.broker_id;
  broker.epoch = record.broker_epoch;
  broker.incarnation_id = record.incarnation_id;
  for (const auto& endpoint : record.end_points) {
    broker.endpoints.push_back({std::string(endpoint.name), std::string(endpoint.host),
                                endpoint.port, endpoint.security_protocol});
  }
  for (const auto& feature : record.features) {
    broker.features[std::string(feature.name)] = {feature.min_supported_version,
                                                  feature.max_supported_version};
  }
  if (record.rack) broker.rack = std::string(*record.rack);
  broker.fenced = record.fenced;
  broker.in_controlled_shutdown = record.in_controlled_shutdown;
  broker.directories = record.log_dirs;
  return broker;
}

std::string broker_name(BrokerId id) {
  return "broker " + std::to_string(id.value);
}

}  // namespace

MetadataDelta::MetadataDelta(std::shared_ptr<const MetadataImage> base)
    : base_(std::move(base)), work_{.state = base_->state()} {}

Result<void> MetadataDelta::apply(const MetadataRecord& record) {
  return std::visit([this](const auto& concrete) { return on(concrete); }, record);
}

std::shared_ptr<const MetadataImage> MetadataDelta::image(Offset last_offset, std::int32_t epoch) {
  writable_.clear();
  MetadataState state = before_transaction_ ? before_transaction_->state : work_.state;
  state.last_offset = last_offset;
  state.last_epoch = epoch;
  return std::make_shared<const MetadataImage>(std::move(state));
}

MetadataChanges MetadataDelta::changes() const {
  const Work& work = before_transaction_ ? *before_transaction_ : work_;
  MetadataChanges changes;
  for (const auto& [id, topic] : work.deleted) changes.deleted_topics.push_back(topic);
  for (const auto& [id, unused] : work.changed) {
    if (const auto* topic = work.state.topics_by_id.find(id)) {
      changes.changed_topics.push_back(*topic);
    }
  }
  const auto by_name = [](const auto& a, const auto& b) { return a->name < b->name; };
  std::sort(changes.deleted_topics.begin(), changes.deleted_topics.end(), by_name);
  std::sort(changes.changed_topics.begin(), changes.changed_topics.end(), by_name);
  for (const auto& [resource, unused] : work.changed_configs) {
    changes.changed_configs.push_back(resource);
  }
  for (const auto& [id, unused] : work.changed_acls) {
    if (const auto* before = base_->acls().find(id)) changes.removed_acls.push_back(*before);
    if (const auto* after = work.state.acls.find(id)) changes.added_acls.push_back(*after);
  }
  for (const auto& [entity, unused] : work.changed_quotas) changes.changed_quotas.push_back(entity);
  changes.brokers_changed = work.brokers_changed;
  changes.features_changed = work.features_changed;
  return changes;
}

TopicImage* MetadataDelta::writable_topic(const Uuid& id) {
  const auto mine = writable_.find(id);
  if (mine != writable_.end()) return mine->second.get();
  const auto* shared = work_.state.topics_by_id.find(id);
  if (shared == nullptr) return nullptr;
  auto copy = std::make_shared<TopicImage>(**shared);
  add_topic(copy);
  return copy.get();
}

void MetadataDelta::add_topic(std::shared_ptr<TopicImage> topic) {
  work_.state.topics_by_name.set(topic->name, topic);
  work_.state.topics_by_id.set(topic->id, topic);
  work_.changed[topic->id] = true;
  const Uuid id = topic->id;
  writable_[id] = std::move(topic);
}

// --- Brokers

Result<BrokerRegistration*> MetadataDelta::find_broker(BrokerId id, std::int64_t epoch,
                                                       std::string_view what) {
  const auto found = work_.state.brokers.find(id);
  if (found == work_.state.brokers.end()) {
    return corrupt(std::string(what) + " names " + broker_name(id) + ", which is not registered");
  }
  if (found->second.epoch != epoch) {
    return corrupt(std::string(what) + " of " + broker_name(id) + " has epoch " +
                   std::to_string(epoch) + ", its registration " +
                   std::to_string(found->second.epoch));
  }
  work_.brokers_changed = true;
  return &found->second;
}

Result<void> MetadataDelta::on(const RegisterBrokerRecord& record) {
  work_.state.brokers[record.broker_id] = registration_of(record);
  work_.brokers_changed = true;
  return {};
}

Result<void> MetadataDelta::on(const UnregisterBrokerRecord& record) {
  const auto broker = find_broker(record.broker_id, record.broker_epoch, record.api.name);
  if (!broker) return broker.error();
  work_.state.brokers.erase(record.broker_id);
  return {};
}

Result<void> MetadataDelta::on(const FenceBrokerRecord& record) {
  const auto broker = find_broker(record.id, record.epoch, record.api.name);
  if (!broker) return broker.error();
  (*broker)->fenced = true;
  return {};
}

Result<void> MetadataDelta::on(const UnfenceBrokerRecord& record) {
  const auto broker = find_broker(record.id, record.epoch, record.api.name);
  if (!broker) return broker.error();
  (*broker)->fenced = false;
  return {};
}

Result<void> MetadataDelta::on(const BrokerRegistrationChangeRecord& record) {
  const auto found = find_broker(record.broker_id, record.broker_epoch, record.api.name);
  if (!found) return found.error();
  BrokerRegistration& broker = **found;
  if (record.fenced < -1 || record.fenced > 1 || record.in_controlled_shutdown < 0 ||
      record.in_controlled_shutdown > 1) {
    return corrupt(std::string(record.api.name) + " of " + broker_name(record.broker_id) +
                   " has a change that does not exist");
  }
  if (record.fenced != 0) broker.fenced = record.fenced == 1;
  if (record.in_controlled_shutdown == 1) broker.in_controlled_shutdown = true;
  if (!record.log_dirs.empty()) broker.directories = record.log_dirs;
  return {};
}

// --- Topics

Result<void> MetadataDelta::on(const TopicRecord& record) {
  if (work_.state.topics_by_name.find(record.name) != nullptr) {
    return corrupt("TopicRecord for topic " + std::string(record.name) + ", which exists");
  }
  if (work_.state.topics_by_id.find(record.topic_id) != nullptr) {
    return corrupt("TopicRecord with the id " + record.topic_id.to_string() +
                   ", which another topic has");
  }
  auto topic = std::make_shared<TopicImage>();
  topic->name = record.name;
  topic->id = record.topic_id;
  add_topic(std::move(topic));
  return {};
}

Result<void> MetadataDelta::on(const PartitionRecord& record) {
  TopicImage* topic = writable_topic(record.topic_id);
  if (topic == nullptr) {
    return corrupt("PartitionRecord for the unknown topic id " + record.topic_id.to_string());
  }
  auto partition = partition_of(record);
  if (!partition) return partition.error();
  topic->partitions[record.partition_id] = *std::move(partition);
  return {};
}

Result<void> MetadataDelta::on(const PartitionChangeRecord& record) {
  TopicImage* topic = writable_topic(record.topic_id);
  if (topic == nullptr) {
    return corrupt("PartitionChangeRecord for the unknown topic id " + record.topic_id.to_string());
  }
  const auto found = topic->partitions.find(record.partition_id);
  if (found == topic->partitions.end()) {
    return corrupt("PartitionChangeRecord for the unknown partition " + topic->name + "-" +
                   std::to_string(record.partition_id));
  }
  return change_partition(record, found->second);
}

Result<void> MetadataDelta::on(const RemoveTopicRecord& record) {
  const auto* found = work_.state.topics_by_id.find(record.topic_id);
  if (found == nullptr) {
    return corrupt("RemoveTopicRecord for the unknown topic id " + record.topic_id.to_string());
  }
  const std::shared_ptr<const TopicImage> topic = *found;
  if (const auto* before = base_->state().topics_by_id.find(topic->id)) {
    work_.deleted[topic->id] = *before;
  }
  work_.state.topics_by_name.erase(topic->name);
  work_.state.topics_by_id.erase(topic->id);
  if (work_.state.topic_configs.erase(topic->name)) {
    work_.changed_configs[{ConfigResourceType::topic, topic->name}] = true;
  }
  work_.changed.erase(topic->id);
  writable_.erase(topic->id);
  return {};
}

void MetadataDelta::clear_eligible_leader_replicas(const Uuid& id) {
  for (auto& [number, partition] : writable_topic(id)->partitions) {
    partition.eligible_leader_replicas.clear();
    partition.last_known_eligible_leader_replicas.clear();
  }
}

Result<void> MetadataDelta::on(const ClearElrRecord& record) {
  if (!record.topic_name.empty()) {
    const auto* topic = work_.state.topics_by_name.find(record.topic_name);
    if (topic == nullptr) {
      return corrupt("ClearElrRecord for the unknown topic " + std::string(record.topic_name));
    }
    clear_eligible_leader_replicas((*topic)->id);
    return {};
  }
  std::vector<Uuid> ids;
  work_.state.topics_by_id.for_each([&ids](const Uuid& id, const auto&) { ids.push_back(id); });
  for (const auto& id : ids) clear_eligible_leader_replicas(id);
  return {};
}

// --- The rest

Result<void> MetadataDelta::on(const ConfigRecord& record) {
  const ConfigResource resource{static_cast<ConfigResourceType>(record.resource_type),
                                std::string(record.resource_name)};
  work_.changed_configs[resource] = true;
  const auto change = [&record](ConfigMap& configs) {
    if (record.value) {
      configs.insert_or_assign(std::string(record.name), std::string(*record.value));
    } else if (const auto found = configs.find(record.name); found != configs.end()) {
      configs.erase(found);
    }
  };
  if (resource.type != ConfigResourceType::topic) {
    change(work_.state.other_configs[resource]);
    return {};
  }
  const auto* shared = work_.state.topic_configs.find(resource.name);
  auto copy =
      shared != nullptr ? std::make_shared<ConfigMap>(**shared) : std::make_shared<ConfigMap>();
  change(*copy);
  work_.state.topic_configs.set(resource.name, std::move(copy));
  return {};
}

Result<void> MetadataDelta::on(const FeatureLevelRecord& record) {
  work_.features_changed = true;
  const std::string name(record.name);
  if (record.feature_level == 0) {
    work_.state.features.erase(name);
    return {};
  }
  const auto range = find_supported_feature(name);
  if (!range || record.feature_level < range->min || record.feature_level > range->max) {
    const std::string known =
        range ? "levels " + std::to_string(range->min) + " to " + std::to_string(range->max)
              : std::string("no level of it");
    return Error(ErrorCode::unsupported_version,
                 "the cluster has finalized the feature " + name + " at level " +
                     std::to_string(record.feature_level) + ", but this broker knows " + known +
                     "; change it with Apache Kafka's kafka-features.sh, or go on with Apache "
                     "Kafka");
  }
  work_.state.features[name] = record.feature_level;
  return {};
}

Result<void> MetadataDelta::on(const ProducerIdsRecord& record) {
  if (record.next_producer_id <= work_.state.next_producer_id) {
    return corrupt("ProducerIdsRecord with the next producer id " +
                   std::to_string(record.next_producer_id.value) + " after " +
                   std::to_string(work_.state.next_producer_id.value));
  }
  work_.state.next_producer_id = record.next_producer_id;
  return {};
}

// --- SCRAM. Mechanisms that are not known here are nobody's.

Result<void> MetadataDelta::on(const UserScramCredentialRecord& record) {
  const auto mechanism = protocol::scram_mechanism(record.mechanism);
  if (!mechanism) return {};
  protocol::ScramCredential credential{.salt = std::string(record.salt.view),
                                       .stored_key = std::string(record.stored_key.view),
                                       .server_key = std::string(record.server_key.view),
                                       .iterations = record.iterations};
  const std::string name(record.name);
  const auto* shared = work_.state.scram_users.find(name);
  auto user =
      shared != nullptr ? std::make_shared<ScramUser>(**shared) : std::make_shared<ScramUser>();
  auto& forms = work_.state.scram_forms[*mechanism];
  const auto form = protocol::form_of(credential);
  if (forms.size() < kMostScramForms && std::find(forms.begin(), forms.end(), form) == forms.end())
    forms.push_back(form);
  user->insert_or_assign(*mechanism, std::move(credential));
  work_.state.scram_users.set(name, std::move(user));
  return {};
}

Result<void> MetadataDelta::on(const RemoveUserScramCredentialRecord& record) {
  const auto mechanism = protocol::scram_mechanism(record.mechanism);
  if (!mechanism) return {};
  const auto* shared = work_.state.scram_users.find(record.name);
  const bool known = shared != nullptr && (*shared)->contains(*mechanism);
  if (!known) {
    return corrupt("RemoveUserScramCredentialRecord for the user " + std::string(record.name) +
                   ", who has no such credential");
  }
  auto user = std::make_shared<ScramUser>(**shared);
  user->erase(*mechanism);
  const std::string name(record.name);
  if (user->empty()) {
    work_.state.scram_users.erase(name);
  } else {
    work_.state.scram_users.set(name, std::move(user));
  }
  return {};
}

// --- ACLs. Numbers that are not known here are kept: no request is like them.

Result<void> MetadataDelta::on(const AccessControlEntryRecord& record) {
  AclBinding acl{.resource_type = static_cast<AclResourceType>(record.resource_type),
                 .resource_name = std::string(record.resource_name),
                 .pattern_type = static_cast<AclPatternType>(record.pattern_type),
                 .principal = std::string(record.principal),
                 .host = std::string(record.host),
                 .operation = static_cast<AclOperation>(record.operation),
                 .permission = static_cast<AclPermission>(record.permission_type)};
  work_.changed_acls[record.id] = true;
  work_.state.acls.set(record.id, std::make_shared<const AclBinding>(std::move(acl)));
  return {};
}

Result<void> MetadataDelta::on(const RemoveAccessControlEntryRecord& record) {
  if (!work_.state.acls.erase(record.id)) {
    return corrupt("RemoveAccessControlEntryRecord for the unknown id " + record.id.to_string());
  }
  work_.changed_acls[record.id] = true;
  return {};
}

// --- Quotas. Types and keys that are not known here are kept: they limit nobody.

Result<void> MetadataDelta::on(const ClientQuotaRecord& record) {
  QuotaEntity entity;
  for (const auto& part : record.entity) {
    auto& name = entity[std::string(part.entity_type)];
    name.reset();
    if (part.entity_name) name = std::string(*part.entity_name);
  }
  work_.changed_quotas[entity] = true;
  const auto* shared = work_.state.quotas.find(entity);
  auto values =
      shared != nullptr ? std::make_shared<QuotaValues>(**shared) : std::make_shared<QuotaValues>();
  if (!record.remove) {
    values->insert_or_assign(std::string(record.key), record.value);
  } else if (const auto found = values->find(record.key); found != values->end()) {
    values->erase(found);
  }
  if (values->empty()) {
    work_.state.quotas.erase(entity);
  } else {
    work_.state.quotas.set(entity, std::move(values));
  }
  return {};
}

// --- Transactions of the metadata log

Result<void> MetadataDelta::on(const BeginTransactionRecord&) {
  if (in_transaction()) return corrupt("BeginTransactionRecord within a transaction");
  before_transaction_ = work_;
  writable_.clear();
  return {};
}

Result<void> MetadataDelta::on(const EndTransactionRecord&) {
  if (!in_transaction()) return corrupt("EndTransactionRecord without a transaction");
  before_transaction_.reset();
  return {};
}

Result<void> MetadataDelta::on(const AbortTransactionRecord&) {
  if (!in_transaction()) return corrupt("AbortTransactionRecord without a transaction");
  work_ = *std::move(before_transaction_);
  before_transaction_.reset();
  writable_.clear();
  return {};
}

}  // namespace ottla::broker
