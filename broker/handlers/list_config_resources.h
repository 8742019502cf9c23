#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/list_config_resources.h"

namespace ottla::broker {

// ListConfigResources, v0 and v1: v0 is of client metrics alone.
void handle_list_config_resources(Services& services,
                                  Request<protocol::ListConfigResourcesRequest> request);

protocol::ListConfigResourcesResponse refusal(const protocol::ListConfigResourcesRequest& request,
                                              ErrorCode error);

}  // namespace ottla::broker
