#include "ottla/acl.h"

#include <algorithm>
#include <array>
#include <utility>

namespace ottla {
namespace {

template <class Enum, std::size_t N>
using Names = std::array<std::pair<Enum, std::string_view>, N>;

constexpr auto kResourceTypes = std::to_array<std::pair<AclResourceType, std::string_view>>({
    {AclResourceType::any, "Any"},
    {AclResourceType::topic, "Topic"},
    {AclResourceType::group, "Group"},
    {AclResourceType::cluster, "Cluster"},
    {AclResourceType::transactional_id, "TransactionalId"},
    {AclResourceType::delegation_token, "DelegationToken"},
    {AclResourceType::user, "User"},
});

constexpr auto kPatternTypes = std::to_array<std::pair<AclPatternType, std::string_view>>({
    {AclPatternType::any, "Any"},
    {AclPatternType::match, "Match"},
    {AclPatternType::literal, "Literal"},
    {AclPatternType::prefixed, "Prefixed"},
});

constexpr auto kOperations = std::to_array<std::pair<AclOperation, std::string_view>>({
    {AclOperation::any, "Any"},
    {AclOperation::all, "All"},
    {AclOperation::read, "Read"},
    {AclOperation::write, "Write"},
    {AclOperation::create, "Create"},
    {AclOperation::remove, "Delete"},
    {AclOperation::alter, "Alter"},
    {AclOperation::describe, "Describe"},
    {AclOperation::cluster_action, "ClusterAction"},
    {AclOperation::describe_configs, "DescribeConfigs"},
    {AclOperation::alter_configs, "AlterConfigs"},
    {AclOperation::idempotent_write, "IdempotentWrite"},
    {AclOperation::create_tokens, "CreateTokens"},
    {AclOperation::describe_tokens, "DescribeTokens"},
});

constexpr auto kPermissions = std::to_array<std::pair<AclPermission, std::string_view>>({
    {AclPermission::any, "Any"},
    {AclPermission::deny, "Deny"},
    {AclPermission::allow, "Allow"},
});

template <class Enum, std::size_t N>
std::string_view name_of(const Names<Enum, N>& names, Enum value) {
  for (const auto& [each, name] : names) {
    if (each == value) return name;
  }
  return "Unknown";
}

// The letters alone, all small.
std::string letters_of(std::string_view text) {
  std::string letters;
  for (const char c : text) {
    if (c == '-' || c == '_') continue;
    letters += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return letters;
}

template <class Enum, std::size_t N>
std::optional<Enum> value_of(const Names<Enum, N>& names, std::string_view text) {
  const auto wanted = letters_of(text);
  for (const auto& [value, name] : names) {
    if (letters_of(name) == wanted) return value;
  }
  return std::nullopt;
}

bool names_match(const AclBindingFilter& filter, const AclBinding& binding) {
  const auto wanted = filter.pattern_type;
  const bool any_pattern = wanted == AclPatternType::any || wanted == AclPatternType::match;
  if (!any_pattern && wanted != binding.pattern_type) return false;
  if (!filter.resource_name) return true;
  if (wanted != AclPatternType::match) return *filter.resource_name == binding.resource_name;
  if (binding.pattern_type == AclPatternType::prefixed) {
    return filter.resource_name->starts_with(binding.resource_name);
  }
  return binding.resource_name == *filter.resource_name || binding.resource_name == "*";
}

}  // namespace

std::string_view to_string(AclResourceType type) {
  return name_of(kResourceTypes, type);
}
std::string_view to_string(AclPatternType type) {
  return name_of(kPatternTypes, type);
}
std::string_view to_string(AclOperation operation) {
  return name_of(kOperations, operation);
}
std::string_view to_string(AclPermission permission) {
  return name_of(kPermissions, permission);
}

std::optional<AclResourceType> parse_acl_resource_type(std::string_view text) {
  return value_of(kResourceTypes, text);
}
std::optional<AclPatternType> parse_acl_pattern_type(std::string_view text) {
  return value_of(kPatternTypes, text);
}
std::optional<AclOperation> parse_acl_operation(std::string_view text) {
  return value_of(kOperations, text);
}

bool AclBindingFilter::matches(const AclBinding& binding) const {
  if (resource_type != AclResourceType::any && resource_type != binding.resource_type) return false;
  if (operation != AclOperation::any && operation != binding.operation) return false;
  if (permission != AclPermission::any && permission != binding.permission) return false;
  if (principal && *principal != binding.principal) return false;
  if (host && *host != binding.host) return false;
  return names_match(*this, binding);
}

}  // namespace ottla
