#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/produce.h"

namespace ottla::broker {

// Produce, v3 to v13: appends to this broker's partitions. v3 transactions (KIP-98), v7 zstd,
// v8 error messages (KIP-467), v10 leader hints (KIP-951), v13 topic ids.
void handle_produce(Services& services, Request<protocol::ProduceRequest> request);

protocol::ProduceResponse refusal(const protocol::ProduceRequest& request, ErrorCode error);

}  // namespace ottla::broker
