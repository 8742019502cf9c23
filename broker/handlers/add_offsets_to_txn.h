#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/add_offsets_to_txn.h"

namespace ottla::broker {

// AddOffsetsToTxn, v0 to v4: adds the partition of __consumer_offsets that holds the group.
void handle_add_offsets_to_txn(Services& services,
                               Request<protocol::AddOffsetsToTxnRequest> request);

protocol::AddOffsetsToTxnResponse refusal(const protocol::AddOffsetsToTxnRequest& request,
                                          ErrorCode error);

}  // namespace ottla::broker
