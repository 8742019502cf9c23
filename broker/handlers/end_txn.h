#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/end_txn.h"

namespace ottla::broker {

// EndTxn, v0 to v5. Answered once the end is decided; v5 raises the producer's epoch (KIP-890).
void handle_end_txn(Services& services, Request<protocol::EndTxnRequest> request);

protocol::EndTxnResponse refusal(const protocol::EndTxnRequest& request, ErrorCode error);

}  // namespace ottla::broker
