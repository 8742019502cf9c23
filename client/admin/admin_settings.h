#pragma once

#include <cstdint>

#include "client/metadata/metadata.h"
#include "client/network/network_config.h"
#include "ottla/admin_config.h"

namespace ottla::client {

// An Admin's configuration, checked, in the form that its parts take it.
struct AdminSettings {
  NetworkConfig network;
  MetadataConfig metadata;
  Backoff retry;
  base::Duration default_timeout{};

  // Errors: invalid_argument, naming the field and what it should be.
  static Result<AdminSettings> from(const AdminConfig& config, std::uint64_t seed);
};

}  // namespace ottla::client
