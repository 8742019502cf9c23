#pragma once

#include "broker/handlers/request.h"
#include "broker/handlers/services.h"
#include "protocol/messages/delete_acls.h"

namespace ottla::broker {

protocol::DeleteAclsResponse refusal(const protocol::DeleteAclsRequest& request, ErrorCode error);

// Takes away the ACLs that each filter matches. Without an
// authorizer: security_disabled.
void handle_delete_acls(Services& services, Request<protocol::DeleteAclsRequest> request);

}  // namespace ottla::broker
