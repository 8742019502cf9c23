#pragma once

#include "client/consumer/fetcher.h"
#include "client/metadata/metadata.h"
#include "client/network/network_config.h"
#include "ottla/consumer_config.h"

namespace ottla::client {

// A consumer's configuration, checked, in the form that its parts take it.
struct ConsumerSettings {
  NetworkConfig network;
  MetadataConfig metadata;
  FetcherConfig fetcher;
  std::size_t max_poll_records = 500;
  base::Duration default_api_timeout{};
  protocol::IsolationLevel isolation_level = protocol::IsolationLevel::read_uncommitted;
  std::string client_rack;

  // Errors: invalid_argument, naming the field and what it should be.
  static Result<ConsumerSettings> from(const ConsumerConfig& config, std::uint64_t seed);
};

}  // namespace ottla::client
