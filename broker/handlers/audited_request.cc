#include "broker/handlers/audited_request.h"

#include <algorithm>

#include "broker/config/describe_configs.h"
#include "broker/config/topic_config.h"

namespace ottla::broker {
namespace {

constexpr std::size_t kMostConfigBytes = 8 << 10;

bool is_denial(ErrorCode code) {
  return code == ErrorCode::topic_authorization_failed ||
         code == ErrorCode::group_authorization_failed ||
         code == ErrorCode::cluster_authorization_failed;
}

std::string_view name_of(ErrorCode code) {
  return code == ErrorCode::none ? std::string_view("success") : ottla::describe(code).name;
}

AuditMembers resource(std::string_view type, std::string_view name) {
  AuditMembers members;
  members.add("type", type).add("name", name);
  return members;
}

AuditMembers partition_of(std::string_view topic, std::int32_t partition) {
  auto members = resource("Partition", topic);
  members.add_number("partition", partition);
  return members;
}

std::string key_of(protocol::ConfigResourceType type, std::string_view name) {
  return audit_key(name, static_cast<std::int32_t>(type));
}

std::string_view type_name(protocol::ConfigResourceType type) {
  switch (type) {
    case protocol::ConfigResourceType::topic:
      return "Topic";
    case protocol::ConfigResourceType::broker:
      return "Broker";
    case protocol::ConfigResourceType::broker_logger:
      return "BrokerLogger";
    case protocol::ConfigResourceType::client_metrics:
      return "ClientMetrics";
    case protocol::ConfigResourceType::group:
      return "Group";
    case protocol::ConfigResourceType::unknown:
      break;
  }
  return "Unknown";
}

std::string_view operation_name(protocol::AlterConfigOp operation) {
  switch (operation) {
    case protocol::AlterConfigOp::set:
      return "Set";
    case protocol::AlterConfigOp::remove:
      return "Delete";
    case protocol::AlterConfigOp::append:
      return "Append";
    case protocol::AlterConfigOp::subtract:
      return "Subtract";
  }
  return "Unknown";
}

// A setting that is not known may be a password with a wrong name, or one sent to the wrong place.
bool may_tell(protocol::ConfigResourceType type, std::string_view name) {
  if (type == protocol::ConfigResourceType::topic) return find_topic_key(name) != nullptr;
  return type == protocol::ConfigResourceType::broker && !is_sensitive_setting(name);
}

template <class Config>
void add_configs(protocol::ConfigResourceType type, const std::vector<Config>& configs,
                 AuditMembers& to) {
  AuditList list(kMostConfigBytes);
  for (const auto& config : configs) {
    AuditMembers each;
    each.add("name", config.name);
    if constexpr (requires { config.config_operation; }) {
      each.add("operation", operation_name(config.config_operation));
    }
    if (!may_tell(type, config.name)) {
      each.add_true("sensitive");
    } else if (config.value) {
      each.add("value", *config.value);
    }
    list.add(each);
  }
  if (!list.empty()) to.add_list("configs", list);
}

template <class M>
void add_validate_only(const M& request, AuditedRequest& to) {
  if (request.validate_only) to.members().add_true("validate_only");
}

template <class M>
void describe_altered_configs(const M& request, AuditedRequest& to) {
  add_validate_only(request, to);
  for (const auto& each : request.resources) {
    if (to.skip()) continue;
    auto part = resource(type_name(each.resource_type), each.resource_name);
    add_configs(each.resource_type, each.configs, part);
    to.add(key_of(each.resource_type, each.resource_name), std::move(part));
  }
}

template <class Response>
void tell_altered_configs(const Response& response, AuditedRequest& to) {
  for (const auto& each : response.responses) {
    to.on_outcome(key_of(each.resource_type, each.resource_name), each.error_code, {});
  }
}

// ACLs are answered in the order of the request.
std::string key_at(std::size_t place) {
  return audit_key("", static_cast<std::int32_t>(place));
}

template <class Name>
void add_if(std::string_view member, const Name& name, AuditMembers& to) {
  if constexpr (std::is_same_v<Name, std::optional<std::string_view>>) {
    if (name) to.add(member, *name);
  } else {
    to.add(member, name);
  }
}

// One ACL or filter.
template <class Name>
AuditMembers acl(std::int8_t type, const Name& name, std::int8_t pattern, const Name& principal,
                 const Name& host, std::int8_t operation, std::int8_t permission) {
  AuditMembers members;
  members.add("type", to_string(static_cast<AclResourceType>(type)));
  add_if("name", name, members);
  members.add("pattern", to_string(static_cast<AclPatternType>(pattern)));
  add_if("acl_principal", principal, members);
  add_if("acl_host", host, members);
  members.add("operation", to_string(static_cast<AclOperation>(operation)))
      .add("permission", to_string(static_cast<AclPermission>(permission)));
  return members;
}

// "user=alice,client-id=<default>"
std::string entity_name(const std::vector<protocol::QuotaEntityPart>& entity) {
  std::string name;
  for (const auto& part : entity) {
    if (name.size() > AuditMembers::kMostText) break;  // no more of it is told
    name.append(name.empty() ? "" : ",").append(part.entity_type).append("=");
    name.append(part.entity_name.value_or("<default>"));
  }
  return name;
}

std::string mechanism_name(std::int8_t number) {
  const auto known = protocol::scram_mechanism(number);
  return known ? std::string(to_string(*known)) : std::to_string(number);
}

std::string joined(const std::vector<BrokerId>& brokers) {
  constexpr std::size_t kMost = 100;
  std::string text;
  for (std::size_t i = 0; i < std::min(brokers.size(), kMost); ++i) {
    text += (i == 0 ? "" : ",") + std::to_string(brokers[i].value);
  }
  return brokers.size() > kMost ? text + ",..." : text;
}

}  // namespace

std::string audit_key(std::string_view name, std::optional<std::int32_t> partition) {
  std::string key(name);
  if (partition) key.append(1, '\n').append(std::to_string(*partition));
  return key;
}

void AuditedRequest::add(std::string key, AuditMembers part) {
  const auto bytes = part.text().size() + key.size();
  if (full() || bytes_ + bytes > AuditLine::kMostResourceBytes) {
    ++left_out_;
    return;
  }
  bytes_ += bytes;
  by_key_.emplace(std::move(key), parts_.size());
  parts_.push_back({.members = std::move(part)});
}

void AuditedRequest::count(ErrorCode code) {
  ++(code == ErrorCode::none ? succeeded_ : is_denial(code) ? denied_ : failed_);
}

void AuditedRequest::on_whole(ErrorCode code) {
  whole_ = code;
  if (code != ErrorCode::none) count(code);
}

void AuditedRequest::on_outcome(const std::string& key, ErrorCode code, const AuditMembers& named) {
  count(code);
  const auto [first, last] = by_key_.equal_range(key);
  if (first == last) {
    if (full()) return;  // it is one of those
    if (named.text().empty()) return;
    add(key, named);
    if (full()) return;
    parts_.back().outcome = code;
    parts_.back().by_request = false;
    return;
  }
  for (auto at = first; at != last; ++at) parts_[at->second].outcome = code;
}

std::string_view AuditedRequest::outcome() const {
  if (denied_ + failed_ == 0) return "success";
  if (succeeded_ > 0) return "partial";
  return failed_ == 0 ? "denied" : "failure";
}

AuditLine AuditedRequest::line(const RequestContext& context) const {
  auto line = audit_line("administration", outcome(), context);
  line.members.append(members_);
  for (const auto& part : parts_) {
    auto members = part.members;
    line.resources.add(members.add("outcome", name_of(part.outcome.value_or(whole_))));
  }
  line.resources.leave_out(left_out_);
  return line;
}

void describe(const protocol::CreateTopicsRequest& request, const MetadataImage&,
              AuditedRequest& to) {
  add_validate_only(request, to);
  for (const auto& topic : request.topics) {
    if (to.skip()) continue;
    auto part = resource("Topic", topic.name);
    part.add_number("partitions", topic.assignments.empty()
                                      ? topic.num_partitions
                                      : static_cast<std::int64_t>(topic.assignments.size()))
        .add_number("replication_factor", topic.replication_factor);
    add_configs(protocol::ConfigResourceType::topic, topic.configs, part);
    to.add(audit_key(topic.name), std::move(part));
  }
}

void describe(const protocol::DeleteTopicsRequest& request, const MetadataImage& image,
              AuditedRequest& to) {
  for (const auto name : request.topic_names) {
    if (!to.skip()) to.add(audit_key(name), resource("Topic", name));
  }
  for (const auto& topic : request.topics) {
    if (to.skip()) continue;
    if (topic.name) {
      to.add(audit_key(*topic.name), resource("Topic", *topic.name));
      continue;
    }
    const auto id = topic.topic_id.to_string();
    const auto* found = image.find_topic(topic.topic_id);
    auto part = resource("Topic", found == nullptr ? std::string_view() : found->name);
    to.add(audit_key(id), std::move(part.add("id", id)));
  }
}

void tell_outcomes(const protocol::DeleteTopicsResponse& response, AuditedRequest& to) {
  for (const auto& topic : response.responses) {
    const auto id = topic.topic_id.to_string();
    const auto name = topic.name.value_or(std::string_view());
    const auto key = to.names(audit_key(id)) ? id : audit_key(name);
    to.on_outcome(key, topic.error_code, {});
  }
}

void describe(const protocol::CreatePartitionsRequest& request, const MetadataImage&,
              AuditedRequest& to) {
  add_validate_only(request, to);
  for (const auto& topic : request.topics) {
    if (to.skip()) continue;
    auto part = resource("Topic", topic.name);
    to.add(audit_key(topic.name), std::move(part.add_number("partitions", topic.count)));
  }
}

void describe(const protocol::DeleteRecordsRequest& request, const MetadataImage&,
              AuditedRequest& to) {
  for (const auto& topic : request.topics) {
    for (const auto& each : topic.partitions) {
      if (to.skip()) continue;
      auto part = partition_of(topic.name, each.partition_index);
      to.add(audit_key(topic.name, each.partition_index),
             std::move(part.add_number("before_offset", each.offset.value)));
    }
  }
}

void describe(const protocol::AlterConfigsRequest& request, const MetadataImage&,
              AuditedRequest& to) {
  describe_altered_configs(request, to);
}

void describe(const protocol::IncrementalAlterConfigsRequest& request, const MetadataImage&,
              AuditedRequest& to) {
  describe_altered_configs(request, to);
}

void tell_outcomes(const protocol::AlterConfigsResponse& response, AuditedRequest& to) {
  tell_altered_configs(response, to);
}

void tell_outcomes(const protocol::IncrementalAlterConfigsResponse& response, AuditedRequest& to) {
  tell_altered_configs(response, to);
}

void describe(const protocol::CreateAclsRequest& request, const MetadataImage&,
              AuditedRequest& to) {
  std::size_t place = 0;
  for (const auto& each : request.creations) {
    if (to.skip()) continue;
    to.add(key_at(place++), acl(each.resource_type, each.resource_name, each.resource_pattern_type,
                                each.principal, each.host, each.operation, each.permission_type));
  }
}

void tell_outcomes(const protocol::CreateAclsResponse& response, AuditedRequest& to) {
  std::size_t place = 0;
  for (const auto& each : response.results) to.on_outcome(key_at(place++), each.error_code, {});
}

void describe(const protocol::DeleteAclsRequest& request, const MetadataImage&,
              AuditedRequest& to) {
  std::size_t place = 0;
  for (const auto& each : request.filters) {
    if (to.skip()) continue;
    auto part = acl(each.resource_type_filter, each.resource_name_filter, each.pattern_type_filter,
                    each.principal_filter, each.host_filter, each.operation, each.permission_type);
    to.add(key_at(place++), std::move(part.add_true("filter")));
  }
}

// Behind the filters come the ACLs that they have found.
void tell_outcomes(const protocol::DeleteAclsResponse& response, AuditedRequest& to) {
  std::size_t place = 0;
  for (const auto& filter : response.filter_results) {
    to.on_outcome(key_at(place++), filter.error_code, {});
  }
  for (const auto& filter : response.filter_results) {
    for (const auto& each : filter.matching_acls) {
      if (to.skip()) continue;
      to.on_outcome(key_at(place++), each.error_code,
                    acl(each.resource_type, each.resource_name, each.pattern_type, each.principal,
                        each.host, each.operation, each.permission_type));
    }
  }
}

// Salts and salted passwords stay out: who has them can try passwords.
void describe(const protocol::AlterUserScramCredentialsRequest& request, const MetadataImage&,
              AuditedRequest& to) {
  for (const auto& each : request.deletions) {
    if (to.skip()) continue;
    auto part = resource("User", each.name);
    part.add("operation", "Delete").add("mechanism", mechanism_name(each.mechanism));
    to.add(audit_key(each.name), std::move(part));
  }
  for (const auto& each : request.upsertions) {
    if (to.skip()) continue;
    auto part = resource("User", each.name);
    part.add("operation", "Upsert")
        .add("mechanism", mechanism_name(each.mechanism))
        .add_number("iterations", each.iterations);
    to.add(audit_key(each.name), std::move(part));
  }
}

void describe(const protocol::DeleteGroupsRequest& request, const MetadataImage&,
              AuditedRequest& to) {
  for (const auto id : request.groups_names) {
    if (!to.skip()) to.add(audit_key(id), resource("Group", id));
  }
}

void describe(const protocol::OffsetDeleteRequest& request, const MetadataImage&,
              AuditedRequest& to) {
  to.members().add("group", request.group_id);
  for (const auto& topic : request.topics) {
    for (const auto& each : topic.partitions) {
      if (to.skip()) continue;
      to.add(audit_key(topic.name, each.partition_index),
             partition_of(topic.name, each.partition_index));
    }
  }
}

void describe(const protocol::AlterPartitionReassignmentsRequest& request, const MetadataImage&,
              AuditedRequest& to) {
  for (const auto& topic : request.topics) {
    for (const auto& each : topic.partitions) {
      if (to.skip()) continue;
      auto part = partition_of(topic.name, each.partition_index);
      if (each.replicas) part.add("replicas", joined(*each.replicas));
      if (!each.replicas) part.add_true("cancel");
      to.add(audit_key(topic.name, each.partition_index), std::move(part));
    }
  }
}

void describe(const protocol::AlterReplicaLogDirsRequest& request, const MetadataImage&,
              AuditedRequest& to) {
  for (const auto& directory : request.dirs) {
    for (const auto& topic : directory.topics) {
      for (const auto number : topic.partitions) {
        if (to.skip()) continue;
        auto part = partition_of(topic.name, number);
        to.add(audit_key(topic.name, number), std::move(part.add("directory", directory.path)));
      }
    }
  }
}

void describe(const protocol::ElectLeadersRequest& request, const MetadataImage&,
              AuditedRequest& to) {
  const bool unclean = request.election_type == protocol::ElectionType::unclean;
  to.members().add("election", unclean ? "Unclean" : "Preferred");
  if (!request.topic_partitions) return;
  for (const auto& topic : *request.topic_partitions) {
    for (const auto number : topic.partitions) {
      if (to.skip()) continue;
      to.add(audit_key(topic.topic, number), partition_of(topic.topic, number));
    }
  }
}

void describe(const protocol::AlterClientQuotasRequest& request, const MetadataImage&,
              AuditedRequest& to) {
  add_validate_only(request, to);
  for (const auto& each : request.entries) {
    if (to.skip()) continue;
    const auto name = entity_name(each.entity);
    auto part = resource("Quota", name);
    AuditList quotas(kMostConfigBytes);
    for (const auto& op : each.ops) {
      AuditMembers quota;
      quota.add("name", op.key).add("operation", op.remove ? "Delete" : "Set");
      if (!op.remove) quota.add("value", std::to_string(op.value));
      quotas.add(quota);
    }
    if (!quotas.empty()) part.add_list("quotas", quotas);
    to.add(audit_key(name), std::move(part));
  }
}

void tell_outcomes(const protocol::AlterClientQuotasResponse& response, AuditedRequest& to) {
  for (const auto& each : response.entries) {
    to.on_outcome(audit_key(entity_name(each.entity)), each.error_code, {});
  }
}

void describe(const protocol::UpdateFeaturesRequest& request, const MetadataImage&,
              AuditedRequest& to) {
  add_validate_only(request, to);
  for (const auto& each : request.feature_updates) {
    if (to.skip()) continue;
    auto part = resource("Feature", each.feature);
    to.add(audit_key(each.feature), std::move(part.add_number("level", each.max_version_level)));
  }
}

void describe(const protocol::UnregisterBrokerRequest& request, const MetadataImage&,
              AuditedRequest& to) {
  const auto id = std::to_string(request.broker_id.value);
  to.add(audit_key(id), resource("Broker", id));
}

}  // namespace ottla::broker
