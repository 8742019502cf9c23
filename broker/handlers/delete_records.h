#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/delete_records.h"

namespace ottla::broker {

// DeleteRecords, v0 to v2: raises the log start offset of partitions.
void handle_delete_records(Services& services, Request<protocol::DeleteRecordsRequest> request);

protocol::DeleteRecordsResponse refusal(const protocol::DeleteRecordsRequest& request,
                                        ErrorCode error);

}  // namespace ottla::broker
