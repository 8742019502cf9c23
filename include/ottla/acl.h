#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ottla {

// What an ACL is about. The numbers of these four are Kafka's.
enum class AclResourceType : std::int8_t {
  unknown = 0,
  any = 1,  // in filters
  topic = 2,
  group = 3,
  cluster = 4,  // its one name is kClusterResource
  transactional_id = 5,
  delegation_token = 6,
  user = 7,
};

inline constexpr std::string_view kClusterResource = "kafka-cluster";

enum class AclPatternType : std::int8_t {
  unknown = 0,
  any = 1,    // in filters
  match = 2,  // in filters: whatever holds for the resource of that name
  literal = 3,
  prefixed = 4,
};

enum class AclOperation : std::int8_t {
  unknown = 0,
  any = 1,  // in filters
  all = 2,
  read = 3,
  write = 4,
  create = 5,
  remove = 6,  // Kafka: Delete
  alter = 7,
  describe = 8,
  cluster_action = 9,
  describe_configs = 10,
  alter_configs = 11,
  idempotent_write = 12,
  create_tokens = 13,
  describe_tokens = 14,
};

enum class AclPermission : std::int8_t {
  unknown = 0,
  any = 1,  // in filters
  deny = 2,
  allow = 3,
};

// In Kafka's words: "TransactionalId", "Prefixed", "DescribeConfigs", "Allow"; "Unknown" for
// numbers that have no name. Static storage.
std::string_view to_string(AclResourceType type);
std::string_view to_string(AclPatternType type);
std::string_view to_string(AclOperation operation);
std::string_view to_string(AclPermission permission);

// Read what to_string writes, in any case, with or without - and _: "transactional-id". Nothing for
// other text.
std::optional<AclResourceType> parse_acl_resource_type(std::string_view text);
std::optional<AclPatternType> parse_acl_pattern_type(std::string_view text);
std::optional<AclOperation> parse_acl_operation(std::string_view text);

// One ACL: that a principal may, or must not, do something with a resource. Where one allows and
// another denies, it is denied. Allowing Read, Write, Delete or Alter allows Describe; AlterConfigs
// allows DescribeConfigs.
struct AclBinding {
  AclResourceType resource_type = AclResourceType::unknown;
  std::string resource_name;  // "*" of a literal one: every name
  AclPatternType pattern_type = AclPatternType::literal;
  std::string principal;   // "User:alice"; "User:*": everybody
  std::string host = "*";  // an address as text; "*": from everywhere
  AclOperation operation = AclOperation::unknown;
  AclPermission permission = AclPermission::allow;

  auto operator<=>(const AclBinding&) const = default;
};

// Which ACLs are meant; as it is made, all.
struct AclBindingFilter {
  AclResourceType resource_type = AclResourceType::any;
  std::optional<std::string> resource_name;
  AclPatternType pattern_type = AclPatternType::any;
  std::optional<std::string> principal;
  std::optional<std::string> host;
  AclOperation operation = AclOperation::any;
  AclPermission permission = AclPermission::any;

  bool operator==(const AclBindingFilter&) const = default;

  // Names, principals and hosts are compared letter by letter; "*" is only a name here, except that
  // the pattern type `match` finds literal ones named "*" for every name.
  bool matches(const AclBinding& binding) const;
};

}  // namespace ottla
