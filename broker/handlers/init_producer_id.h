#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/init_producer_id.h"

namespace ottla::broker {

// InitProducerId, v0 to v5: an id for an idempotent producer, never given before, with epoch 0. v3
// asks for a higher epoch of an id (KIP-360), which a producer without a transactional id raises by
// itself. Transactional ids need a transaction coordinator: coordinator_not_available.
void handle_init_producer_id(Services& services, Request<protocol::InitProducerIdRequest> request);

protocol::InitProducerIdResponse refusal(const protocol::InitProducerIdRequest& request,
                                         ErrorCode error);

}  // namespace ottla::broker
