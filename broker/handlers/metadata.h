#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/metadata.h"

namespace ottla::broker {

// Metadata, v0 to v13: brokers, topics, partitions and their leaders; makes missing topics where
// that is allowed, and answers when they exist. v4 auto-create flag, v7 leader epochs, v8
// authorized operations, v9 flexible, v10 topic ids (asked for by id from v12), v13 errors
void handle_metadata(Services& services, Request<protocol::MetadataRequest> request);

protocol::MetadataResponse refusal(const protocol::MetadataRequest& request, ErrorCode error);

}  // namespace ottla::broker
