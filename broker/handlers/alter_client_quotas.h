#pragma once

#include "broker/handlers/request.h"
#include "broker/handlers/services.h"
#include "protocol/messages/alter_client_quotas.h"

namespace ottla::broker {

protocol::AlterClientQuotasResponse refusal(const protocol::AlterClientQuotasRequest& request,
                                            ErrorCode error);

// Sets and takes away quotas, of each entity all or none, and answers when they hold; codes as
// Controller::alter_quotas has them. Asked for more than 10,000 changes: policy_violation for all.
void handle_alter_client_quotas(Services& services,
                                Request<protocol::AlterClientQuotasRequest> request);

}  // namespace ottla::broker
