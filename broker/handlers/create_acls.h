#pragma once

#include "broker/handlers/request.h"
#include "broker/handlers/services.h"
#include "protocol/messages/create_acls.h"

namespace ottla::broker {

protocol::CreateAclsResponse refusal(const protocol::CreateAclsRequest& request, ErrorCode error);

// Adds ACLs, each on its own; one that is there is a success. Without an
// authorizer: security_disabled.
void handle_create_acls(Services& services, Request<protocol::CreateAclsRequest> request);

}  // namespace ottla::broker
