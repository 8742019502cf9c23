#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/describe_cluster.h"

namespace ottla::broker {

// DescribeCluster, v0 to v2: the brokers and the controller. v1 endpoint types (KIP-919), v2 fenced
// brokers.
void handle_describe_cluster(Services& services, Request<protocol::DescribeClusterRequest> request);

protocol::DescribeClusterResponse refusal(const protocol::DescribeClusterRequest& request,
                                          ErrorCode error);

}  // namespace ottla::broker
