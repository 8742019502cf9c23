#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/sync_group.h"

namespace ottla::broker {

// SyncGroup, v0 to v5: answered when the leader's assignment is durable. v5 refuses whoever does
// not say the protocol (KIP-559).
void handle_sync_group(Services& services, Request<protocol::SyncGroupRequest> request);

protocol::SyncGroupResponse refusal(const protocol::SyncGroupRequest& request, ErrorCode error);

}  // namespace ottla::broker
