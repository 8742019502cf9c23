#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/list_offsets.h"

namespace ottla::broker {

// ListOffsets, v1 to v11: the offset of a timestamp, or of an end of the log. v2 isolation level,
// v4 leader epochs, v7 the record with the greatest timestamp, v8 the earliest local offset, v9 and
// v11 questions about tiered storage, which this broker does not have.
void handle_list_offsets(Services& services, Request<protocol::ListOffsetsRequest> request);

protocol::ListOffsetsResponse refusal(const protocol::ListOffsetsRequest& request, ErrorCode error);

}  // namespace ottla::broker
