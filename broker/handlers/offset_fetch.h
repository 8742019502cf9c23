#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/offset_fetch.h"

namespace ottla::broker {

// OffsetFetch, v1 to v10: what is durable. v8 many groups (KIP-709), v10 topics by id.
void handle_offset_fetch(Services& services, Request<protocol::OffsetFetchRequest> request);

protocol::OffsetFetchResponse refusal(const protocol::OffsetFetchRequest& request, ErrorCode error);

}  // namespace ottla::broker
