#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/offset_for_leader_epoch.h"

namespace ottla::broker {

// OffsetForLeaderEpoch, v2 to v4: where the records of a leader epoch end.
void handle_offset_for_leader_epoch(Services& services,
                                    Request<protocol::OffsetForLeaderEpochRequest> request);

protocol::OffsetForLeaderEpochResponse refusal(const protocol::OffsetForLeaderEpochRequest& request,
                                               ErrorCode error);

}  // namespace ottla::broker
