#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace ottla::broker {

inline constexpr std::string_view kQuotaUser = "user";
inline constexpr std::string_view kQuotaClientId = "client-id";
inline constexpr std::string_view kQuotaIp = "ip";

// The limits that an entity can have. All but the last are for users and clients, that for
// addresses.
inline constexpr std::string_view kProducerByteRate = "producer_byte_rate";
inline constexpr std::string_view kConsumerByteRate = "consumer_byte_rate";
inline constexpr std::string_view kRequestPercentage = "request_percentage";
inline constexpr std::string_view kControllerMutationRate = "controller_mutation_rate";
inline constexpr std::string_view kConnectionCreationRate = "connection_creation_rate";

// Whom quotas are for: names by their types (kQuotaUser ...); without a name, everybody of that
// type who has no such quota by name.
using QuotaEntity = std::map<std::string, std::optional<std::string>, std::less<>>;

struct QuotaEntityHash {
  std::size_t operator()(const QuotaEntity& entity) const noexcept {
    std::size_t hash = 0;
    const auto add = [&hash](std::string_view text) {
      hash = hash * 31 + std::hash<std::string_view>()(text);
    };
    for (const auto& [type, name] : entity) {
      add(type);
      add(name.value_or(""));
    }
    return hash;
  }
};

// What one entity may use, by the names above.
using QuotaValues = std::map<std::string, double, std::less<>>;

}  // namespace ottla::broker
