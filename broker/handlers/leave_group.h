#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/leave_group.h"

namespace ottla::broker {

// LeaveGroup, v0 to v5. v3 many members (KIP-345).
void handle_leave_group(Services& services, Request<protocol::LeaveGroupRequest> request);

protocol::LeaveGroupResponse refusal(const protocol::LeaveGroupRequest& request, ErrorCode error);

}  // namespace ottla::broker
