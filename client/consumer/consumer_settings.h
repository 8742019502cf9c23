#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/consumer/fetcher.h"
#include "client/consumer/position_validator.h"
#include "client/group/membership.h"
#include "client/metadata/metadata.h"
#include "client/metrics/sampled.h"
#include "client/network/network_config.h"
#include "ottla/consumer_config.h"

namespace ottla::client {

struct GroupSettings {
  MembershipConfig membership;
  bool auto_commit = true;
  base::Duration auto_commit_interval = std::chrono::seconds(5);
  base::Duration default_api_timeout = std::chrono::minutes(1);
  base::Duration request_timeout = std::chrono::seconds(30);
  std::optional<std::int64_t> reset_timestamp;  // as FetcherConfig has it
  SamplingConfig sampling;                      // of the metrics
};

// A consumer's configuration, checked, in the form that its parts take it.
struct ConsumerSettings {
  NetworkConfig network;
  MetadataConfig metadata;
  FetcherConfig fetcher;
  PositionValidatorConfig validator;
  std::optional<GroupSettings> group;  // none: no group_id
  std::size_t max_poll_records = 500;
  std::chrono::milliseconds reset_duration{};
  bool exclude_internal_topics = true;
  base::Duration default_api_timeout{};
  protocol::IsolationLevel isolation_level = protocol::IsolationLevel::read_uncommitted;
  std::string client_rack;
  std::vector<std::shared_ptr<ConsumerInterceptor>> interceptors;
  SamplingConfig sampling;
  MetricsReporter metrics_reporter;  // may be empty: then the interval is 0
  base::Duration metrics_report_interval{};

  // Errors: invalid_argument, naming the field and what it should be.
  static Result<ConsumerSettings> from(const ConsumerConfig& config, std::uint64_t seed);
};

}  // namespace ottla::client
