#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/txn_offset_commit.h"

namespace ottla::broker {

// TxnOffsetCommit, v0 to v5: answered when its offsets are durable; they count once the transaction
// is committed. v3 says which member commits, so that one whose work has gone to another is refused
// (KIP-447).
void handle_txn_offset_commit(Services& services,
                              Request<protocol::TxnOffsetCommitRequest> request);

protocol::TxnOffsetCommitResponse refusal(const protocol::TxnOffsetCommitRequest& request,
                                          ErrorCode error);

}  // namespace ottla::broker
