#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/list_groups.h"

namespace ottla::broker {

// ListGroups, v0 to v5. v4 filters by state (KIP-518), v5 by type (KIP-848).
void handle_list_groups(Services& services, Request<protocol::ListGroupsRequest> request);

protocol::ListGroupsResponse refusal(const protocol::ListGroupsRequest& request, ErrorCode error);

}  // namespace ottla::broker
