#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/find_coordinator.h"

namespace ottla::broker {

// FindCoordinator, v0 to v6: which broker coordinates a group or a transactional id. v1 key types,
// v4 many keys. This broker has no coordinators: every key is answered with
// coordinator_not_available, which clients take as a passing state.
void handle_find_coordinator(Services& services, Request<protocol::FindCoordinatorRequest> request);

protocol::FindCoordinatorResponse refusal(const protocol::FindCoordinatorRequest& request,
                                          ErrorCode error);

}  // namespace ottla::broker
