#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/describe_groups.h"

namespace ottla::broker {

// DescribeGroups, v0 to v6.
void handle_describe_groups(Services& services, Request<protocol::DescribeGroupsRequest> request);

protocol::DescribeGroupsResponse refusal(const protocol::DescribeGroupsRequest& request,
                                         ErrorCode error);

}  // namespace ottla::broker
