#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/offset_delete.h"

namespace ottla::broker {

// OffsetDelete, v0 (KIP-496).
void handle_offset_delete(Services& services, Request<protocol::OffsetDeleteRequest> request);

protocol::OffsetDeleteResponse refusal(const protocol::OffsetDeleteRequest& request,
                                       ErrorCode error);

}  // namespace ottla::broker
