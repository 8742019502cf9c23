#pragma once

#include "broker/handlers/request.h"
#include "broker/handlers/services.h"
#include "protocol/messages/describe_client_quotas.h"

namespace ottla::broker {

protocol::DescribeClientQuotasResponse refusal(const protocol::DescribeClientQuotasRequest& request,
                                               ErrorCode error);

// Lists the quotas of the entities that a filter matches, sorted by entity. invalid_request: a
// component without a type, a type twice, an ip together with others, a kind of match that there
// is not, or with a name where it has none; unsupported_version: a type that there is not.
void handle_describe_client_quotas(Services& services,
                                   Request<protocol::DescribeClientQuotasRequest> request);

}  // namespace ottla::broker
