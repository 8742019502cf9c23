#pragma once

#include "client/metadata/metadata.h"
#include "client/network/network_config.h"
#include "client/producer/record_accumulator.h"
#include "client/producer/sender.h"
#include "client/transaction/transaction_manager.h"
#include "ottla/producer_config.h"

namespace ottla::client {

// A producer's configuration, checked, in the form that its parts take it.
struct ProducerSettings {
  NetworkConfig network;
  MetadataConfig metadata;
  AccumulatorConfig accumulator;
  SenderConfig sender;
  std::optional<TransactionManager::Config> transactions;
  base::Duration max_block{};
  std::int32_t request_timeout_ms = 0;
  bool ignore_keys = false;
  std::vector<std::shared_ptr<ProducerInterceptor>> interceptors;
  MetricsReporter metrics_reporter;  // may be empty: then the interval is 0
  base::Duration metrics_report_interval{};

  // Errors: invalid_argument, naming the field and what it should be.
  static Result<ProducerSettings> from(const ProducerConfig& config, std::uint64_t seed);
};

}  // namespace ottla::client
