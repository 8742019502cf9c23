#pragma once

#include <string>
#include <string_view>

#include "broker/config/broker_config.h"
#include "broker/config/properties.h"
#include "ottla/result.h"

namespace ottla::broker {

// What was set while the cluster runs (KIP-226), over what the broker was started with: for all
// brokers, and above that for this one.
struct DynamicSettings {
  Properties own;
  Properties cluster;

  bool operator==(const DynamicSettings&) const = default;
};

// Whether a broker setting can be changed while the broker runs: the defaults of topics can, by the
// name that stands nearest to the topic's setting (log.retention.ms, not log.retention.hours), and
// those of the broker's own whose row of the table says so.
bool is_dynamic_setting(std::string_view name);

// Checks a value for a dynamic setting. Errors: invalid_config for a name that no broker knows,
// naming the nearest one there is; invalid_request, as Kafka has it, for a bad value, also one that
// does not go with what the broker was started with, and for a setting that is read at the start
// only.
Result<void> check_dynamic_setting(const BrokerConfig& config, std::string_view name,
                                   std::string_view value);

// The broker's settings as they are now. Dynamic settings that cannot be read (another
// implementation may have written them) count as not set.
BrokerConfig with_dynamic_settings(const BrokerConfig& config, const DynamicSettings& dynamic);

}  // namespace ottla::broker
