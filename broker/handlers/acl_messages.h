#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ottla/acl.h"

namespace ottla::broker {

inline constexpr std::string_view kNoAuthorizer =
    "there is no authorizer: authorizer.class.name is not set";

// The filter of a DescribeAcls, or one of a DeleteAcls.
template <class Message>
AclBindingFilter acl_filter_of(const Message& message) {
  const auto text = [](const auto& field) {
    return field ? std::optional<std::string>(*field) : std::nullopt;
  };
  return {.resource_type = static_cast<AclResourceType>(message.resource_type_filter),
          .resource_name = text(message.resource_name_filter),
          .pattern_type = static_cast<AclPatternType>(message.pattern_type_filter),
          .principal = text(message.principal_filter),
          .host = text(message.host_filter),
          .operation = static_cast<AclOperation>(message.operation),
          .permission = static_cast<AclPermission>(message.permission_type)};
}

// Who and what of an ACL; the message borrows from it.
template <class Message>
void put_acl_entry(const AclBinding& acl, Message& message) {
  message.principal = acl.principal;
  message.host = acl.host;
  message.operation = static_cast<std::int8_t>(acl.operation);
  message.permission_type = static_cast<std::int8_t>(acl.permission);
}

// What an ACL is about; the message borrows from it.
template <class Message>
void put_acl_pattern(const AclBinding& acl, Message& message) {
  message.resource_type = static_cast<std::int8_t>(acl.resource_type);
  message.resource_name = acl.resource_name;
  message.pattern_type = static_cast<std::int8_t>(acl.pattern_type);
}

}  // namespace ottla::broker
