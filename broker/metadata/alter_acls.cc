#include <algorithm>
#include <set>
#include <string>
#include <unordered_set>
#include <utility>

#include "broker/metadata/acl_requests.h"

namespace ottla::broker {
namespace {

template <class Enum>
Error no_such(std::string_view what, Enum value) {
  return invalid_request("there is no " + std::string(what) + " " +
                         std::to_string(static_cast<int>(value)));
}

// Of an ACL itself, where "any" is none.
Result<void> check_numbers(const AclBinding& acl) {
  if (to_string(acl.resource_type) == "Unknown" || acl.resource_type == AclResourceType::any) {
    return no_such("resource type", acl.resource_type);
  }
  if (acl.pattern_type != AclPatternType::literal && acl.pattern_type != AclPatternType::prefixed) {
    return no_such("pattern of resources", acl.pattern_type);
  }
  if (to_string(acl.operation) == "Unknown" || acl.operation == AclOperation::any) {
    return no_such("operation", acl.operation);
  }
  if (acl.permission != AclPermission::allow && acl.permission != AclPermission::deny) {
    return no_such("permission", acl.permission);
  }
  return {};
}

Result<void> check(const AclBinding& acl) {
  if (auto numbers = check_numbers(acl); !numbers) return numbers;
  if (acl.resource_name.empty()) return invalid_request("the name of the resource is empty");
  if (acl.resource_type == AclResourceType::cluster && acl.resource_name != kClusterResource) {
    return invalid_request("the one name of a cluster is " + std::string(kClusterResource));
  }
  if (acl.principal.find(':') == std::string::npos) {
    return invalid_request("the principal '" + acl.principal +
                           "' has no type in front of a colon, as in User:alice");
  }
  if (acl.host.empty()) return invalid_request("the host is empty; * is every host");
  return {};
}

MetadataRecord record_of(const AclBinding& acl, const Uuid& id) {
  AccessControlEntryRecord record;
  record.id = id;
  record.resource_type = static_cast<std::int8_t>(acl.resource_type);
  record.resource_name = acl.resource_name;
  record.pattern_type = static_cast<std::int8_t>(acl.pattern_type);
  record.principal = acl.principal;
  record.host = acl.host;
  record.operation = static_cast<std::int8_t>(acl.operation);
  record.permission_type = static_cast<std::int8_t>(acl.permission);
  return record;
}

}  // namespace

Decision<CreateAclResult> decide_create_acls(const std::vector<AclBinding>& acls,
                                             const MetadataImage& image, base::Random& random) {
  Decision<CreateAclResult> decision;
  std::set<AclBinding> wanted;
  for (const auto& acl : acls) {
    auto checked = check(acl);
    if (checked) wanted.insert(acl);
    decision.results.push_back({std::move(checked)});
  }
  image.acls().for_each([&wanted](const Uuid&, const auto& acl) { wanted.erase(*acl); });
  for (const auto& acl : acls) {
    if (wanted.erase(acl) == 0) continue;
    const auto id = random.uuid();
    decision.records.push_back(record_of(acl, Uuid{id.high, id.low}));
  }
  return decision;
}

Decision<DeleteAclsResult> decide_delete_acls(const std::vector<AclBindingFilter>& filters,
                                              const MetadataImage& image) {
  Decision<DeleteAclsResult> decision;
  std::unordered_set<Uuid> found;
  for (const auto& filter : filters) {
    if (auto checked = check_acl_filter(filter); !checked) {
      decision.results.push_back({checked.error()});
      continue;
    }
    std::vector<AclBinding> matching;
    image.acls().for_each([&](const Uuid& id, const auto& acl) {
      if (!filter.matches(*acl)) return;
      matching.push_back(*acl);
      found.insert(id);
    });
    std::sort(matching.begin(), matching.end());
    decision.results.push_back({std::move(matching)});
  }
  for (const auto& id : found) {
    RemoveAccessControlEntryRecord record;
    record.id = id;
    decision.records.push_back(record);
  }
  return decision;
}

Result<void> check_acl_filter(const AclBindingFilter& filter) {
  if (to_string(filter.resource_type) == "Unknown") {
    return no_such("resource type", filter.resource_type);
  }
  if (to_string(filter.pattern_type) == "Unknown") {
    return no_such("pattern of resources", filter.pattern_type);
  }
  if (to_string(filter.operation) == "Unknown") return no_such("operation", filter.operation);
  if (to_string(filter.permission) == "Unknown") return no_such("permission", filter.permission);
  return {};
}

std::vector<AclBinding> find_acls(const AclBindingFilter& filter, const MetadataImage& image) {
  std::vector<AclBinding> found;
  image.acls().for_each([&](const Uuid&, const auto& acl) {
    if (filter.matches(*acl)) found.push_back(*acl);
  });
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace ottla::broker
