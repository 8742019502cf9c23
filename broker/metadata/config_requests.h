#pragma once

#include <optional>
#include <string>
#include <vector>

#include "broker/config/broker_config.h"
#include "broker/config/dynamic_settings.h"
#include "broker/metadata/decision.h"
#include "broker/metadata/metadata_image.h"
#include "ottla/result.h"
#include "protocol/messages/config_types.h"

namespace ottla::broker {

using protocol::AlterConfigOp;

// What a request asks of one resource.
struct ConfigAlteration {
  struct Change {
    std::string name;
    AlterConfigOp op = AlterConfigOp::set;
    std::optional<std::string> value;  // null only to remove
  };

  ConfigResource resource;
  std::vector<Change> changes;
};

struct AlterConfigsResult {
  ConfigResource resource;
  Result<void> result;
};

enum class AlterMode {
  incremental,  // what is not named stays
  replace,      // what is not named goes back to its default; every change is a `set`
};

// Decides on a request by the image alone, resource by resource; writes nothing. The error codes
// are documented at Controller::alter_configs.
Decision<AlterConfigsResult> decide_alter_configs(const std::vector<ConfigAlteration>& alterations,
                                                  AlterMode mode, const MetadataImage& image,
                                                  const BrokerConfig& config);

// What was set while the cluster runs, as it bears on one broker.
DynamicSettings dynamic_settings_of(const MetadataImage& image, BrokerId broker);

}  // namespace ottla::broker
