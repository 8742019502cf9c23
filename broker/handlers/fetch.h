#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/fetch.h"

namespace ottla::broker {

// Fetch, v4 to v18: reads whole batches, waiting for min_bytes up to max_wait. v4 isolation level,
// v5 log start offset, v7 sessions (KIP-227; every answer says that no session was made), v9 leader
// epochs (KIP-320), v12 flexible, v13 topic ids (KIP-516), v16 leader hints (KIP-951).
void handle_fetch(Services& services, Request<protocol::FetchRequest> request);

protocol::FetchResponse refusal(const protocol::FetchRequest& request, ErrorCode error);

}  // namespace ottla::broker
