#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/find_coordinator.h"

namespace ottla::broker {

// FindCoordinator, v0 to v6: which broker coordinates a group. v1 key types, v4 many keys
// (KIP-699). The first one for a group makes __consumer_offsets, and waits for it. There are no
// coordinators of other kinds: their keys are answered with coordinator_not_available, which
// clients take as a passing state.
void handle_find_coordinator(Services& services, Request<protocol::FindCoordinatorRequest> request);

protocol::FindCoordinatorResponse refusal(const protocol::FindCoordinatorRequest& request,
                                          ErrorCode error);

}  // namespace ottla::broker
