#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/create_topics.h"

namespace ottla::broker {

// CreateTopics, v2 to v7: makes topics through the controller, and answers when they are durable.
// v5 tells what was made, v7 topic ids.
void handle_create_topics(Services& services, Request<protocol::CreateTopicsRequest> request);

protocol::CreateTopicsResponse refusal(const protocol::CreateTopicsRequest& request,
                                       ErrorCode error);

}  // namespace ottla::broker
