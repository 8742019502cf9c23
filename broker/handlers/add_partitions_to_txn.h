#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/add_partitions_to_txn.h"

namespace ottla::broker {

// AddPartitionsToTxn, v0 to v5. From v4 on brokers ask for many transactions at once, or only
// whether the partitions are in them (KIP-890).
void handle_add_partitions_to_txn(Services& services,
                                  Request<protocol::AddPartitionsToTxnRequest> request);

protocol::AddPartitionsToTxnResponse refusal(const protocol::AddPartitionsToTxnRequest& request,
                                             ErrorCode error);

}  // namespace ottla::broker
