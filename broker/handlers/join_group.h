#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/join_group.h"

namespace ottla::broker {

// JoinGroup, v0 to v9: answered when the next generation of the group begins. v4 asks new members
// to come back with an id (KIP-394), v5 static members (KIP-345), v9 skipped assignments (KIP-814).
void handle_join_group(Services& services, Request<protocol::JoinGroupRequest> request);

protocol::JoinGroupResponse refusal(const protocol::JoinGroupRequest& request, ErrorCode error);

}  // namespace ottla::broker
