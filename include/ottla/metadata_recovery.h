#pragma once

#include <cstdint>

namespace ottla {

// What a client does when the brokers it knows of cannot be reached (KIP-899, KIP-1102).
enum class MetadataRecoveryStrategy : std::uint8_t {
  none,         // it keeps trying them
  rebootstrap,  // it begins anew with bootstrap_servers
};

}  // namespace ottla
