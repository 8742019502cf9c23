#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/describe_quorum.h"

namespace ottla::broker {

// DescribeQuorum, v0 to v2, of one partition a request: this broker is the one voter of the
// metadata log.
void handle_describe_quorum(Services& services, Request<protocol::DescribeQuorumRequest> request);

protocol::DescribeQuorumResponse refusal(const protocol::DescribeQuorumRequest& request,
                                         ErrorCode error);

}  // namespace ottla::broker
