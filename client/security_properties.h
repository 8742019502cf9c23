#pragma once

#include <string_view>
#include <vector>

#include "ottla/result.h"
#include "ottla/security_config.h"

namespace ottla::client {

// Sets what `key` says, if it is one of SecurityConfig's; false if it is not. Those that only a JVM
// can use are skipped. Error: invalid_argument, naming the key, the value and what it should be.
Result<bool> read_security_key(SecurityConfig& config, std::string_view key,
                               std::string_view value);

// Adds the keys there are.
void add_security_keys(std::vector<std::string_view>& keys);

}  // namespace ottla::client
