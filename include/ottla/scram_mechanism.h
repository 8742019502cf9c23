#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ottla {

// How a user proves a password without sending it (RFC 5802, RFC 7677); the numbers are Kafka's.
enum class ScramMechanism : std::int8_t { sha_256 = 1, sha_512 = 2 };

// Kafka's name: "SCRAM-SHA-256", "SCRAM-SHA-512".
std::string_view to_string(ScramMechanism mechanism);

// The reverse; nothing if there is no such mechanism.
std::optional<ScramMechanism> parse_scram_mechanism(std::string_view name);

}  // namespace ottla
