#pragma once

#include <span>
#include <string_view>

#include "ottla/security_config.h"

// Kafka's keys of SslConfig, as clients and listeners of brokers have them.
namespace ottla::base {

// Sets the member that `key` ("ssl.truststore.location") names; false if none does. Lists have
// commas between their elements. Whether the values make sense is for who makes a context of them
// (base/net/tls.h).
bool set_ssl_key(SslConfig& config, std::string_view key, std::string_view value);

// Those keys, sorted.
std::span<const std::string_view> ssl_keys();

// Whether only a JVM can use the key (`ssl.provider`).
bool is_jvm_ssl_key(std::string_view key);

}  // namespace ottla::base
