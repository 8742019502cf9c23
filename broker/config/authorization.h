#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ottla/result.h"

namespace ottla::broker {

// The one authorizer there is, by the name that Apache Kafka knows it by.
inline constexpr std::string_view kStandardAuthorizer =
    "org.apache.kafka.metadata.authorizer.StandardAuthorizer";

// What stands between semicolons, since names of certificates have commas in them; trimmed, without
// the empty ones.
std::vector<std::string> split_principals(std::string_view text);

// Whether `super.users` names principals, as in "User:alice;User:CN=bob,O=x". invalid_config.
Result<void> check_super_users(std::string_view text);

}  // namespace ottla::broker
