#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/create_partitions.h"

namespace ottla::broker {

// CreatePartitions, v0 to v3: more partitions for topics, through the controller.
void handle_create_partitions(Services& services,
                              Request<protocol::CreatePartitionsRequest> request);

protocol::CreatePartitionsResponse refusal(const protocol::CreatePartitionsRequest& request,
                                           ErrorCode error);

}  // namespace ottla::broker
