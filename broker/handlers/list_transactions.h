#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/list_transactions.h"

namespace ottla::broker {

// ListTransactions, v0 to v2.
void handle_list_transactions(Services& services,
                              Request<protocol::ListTransactionsRequest> request);

protocol::ListTransactionsResponse refusal(const protocol::ListTransactionsRequest& request,
                                           ErrorCode error);

}  // namespace ottla::broker
