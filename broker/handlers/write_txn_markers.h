#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/write_txn_markers.h"

namespace ottla::broker {

// WriteTxnMarkers, v1 and v2: ends transactions in partitions of this broker, as an admin asks for
// whose coordinator has lost them. Answers when every marker is durable.
void handle_write_txn_markers(Services& services,
                              Request<protocol::WriteTxnMarkersRequest> request);

protocol::WriteTxnMarkersResponse refusal(const protocol::WriteTxnMarkersRequest& request,
                                          ErrorCode error);

}  // namespace ottla::broker
