#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/heartbeat.h"

namespace ottla::broker {

// Heartbeat, v0 to v4.
void handle_heartbeat(Services& services, Request<protocol::HeartbeatRequest> request);

protocol::HeartbeatResponse refusal(const protocol::HeartbeatRequest& request, ErrorCode error);

}  // namespace ottla::broker
