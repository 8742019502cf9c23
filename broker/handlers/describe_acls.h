#pragma once

#include "broker/handlers/request.h"
#include "broker/handlers/services.h"
#include "protocol/messages/describe_acls.h"

namespace ottla::broker {

protocol::DescribeAclsResponse refusal(const protocol::DescribeAclsRequest& request,
                                       ErrorCode error);

// Lists the ACLs that a filter matches, those of a resource together. Without an
// authorizer: security_disabled.
void handle_describe_acls(Services& services, Request<protocol::DescribeAclsRequest> request);

}  // namespace ottla::broker
