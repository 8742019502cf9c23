#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/alter_configs.h"
#include "protocol/messages/incremental_alter_configs.h"

namespace ottla::broker {

// AlterConfigs, v0 to v2, and IncrementalAlterConfigs, v0 and v1: settings of topics and of this
// broker, changed through the controller.
void handle_alter_configs(Services& services, Request<protocol::AlterConfigsRequest> request);
void handle_incremental_alter_configs(Services& services,
                                      Request<protocol::IncrementalAlterConfigsRequest> request);

protocol::AlterConfigsResponse refusal(const protocol::AlterConfigsRequest& request,
                                       ErrorCode error);
protocol::IncrementalAlterConfigsResponse refusal(
    const protocol::IncrementalAlterConfigsRequest& request, ErrorCode error);

}  // namespace ottla::broker
