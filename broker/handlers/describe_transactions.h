#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/describe_transactions.h"

namespace ottla::broker {

// DescribeTransactions, v0.
void handle_describe_transactions(Services& services,
                                  Request<protocol::DescribeTransactionsRequest> request);

protocol::DescribeTransactionsResponse refusal(const protocol::DescribeTransactionsRequest& request,
                                               ErrorCode error);

}  // namespace ottla::broker
