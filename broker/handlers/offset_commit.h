#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/offset_commit.h"

namespace ottla::broker {

// OffsetCommit, v2 to v10: answered when all its offsets are durable. v10 topics by id.
void handle_offset_commit(Services& services, Request<protocol::OffsetCommitRequest> request);

protocol::OffsetCommitResponse refusal(const protocol::OffsetCommitRequest& request,
                                       ErrorCode error);

}  // namespace ottla::broker
