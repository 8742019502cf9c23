#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/delete_groups.h"

namespace ottla::broker {

// DeleteGroups, v0 to v2.
void handle_delete_groups(Services& services, Request<protocol::DeleteGroupsRequest> request);

protocol::DeleteGroupsResponse refusal(const protocol::DeleteGroupsRequest& request,
                                       ErrorCode error);

}  // namespace ottla::broker
