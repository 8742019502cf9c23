#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/describe_configs.h"

namespace ottla::broker {

// DescribeConfigs, v1 to v4: the settings of topics and of this broker, with where each value comes
// from. v1 synonyms, v3 types and documentation.
void handle_describe_configs(Services& services, Request<protocol::DescribeConfigsRequest> request);

protocol::DescribeConfigsResponse refusal(const protocol::DescribeConfigsRequest& request,
                                          ErrorCode error);

}  // namespace ottla::broker
