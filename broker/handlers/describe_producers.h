#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/describe_producers.h"

namespace ottla::broker {

// DescribeProducers, v0 (KIP-664): the idempotent and transactional producers that partitions know,
// and where their transactions began: what shows one that hangs.
void handle_describe_producers(Services& services,
                               Request<protocol::DescribeProducersRequest> request);

protocol::DescribeProducersResponse refusal(const protocol::DescribeProducersRequest& request,
                                            ErrorCode error);

}  // namespace ottla::broker
