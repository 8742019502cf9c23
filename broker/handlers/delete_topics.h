#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/delete_topics.h"

namespace ottla::broker {

// DeleteTopics, v1 to v6: deletes topics through the controller. v6 by name or id.
void handle_delete_topics(Services& services, Request<protocol::DeleteTopicsRequest> request);

protocol::DeleteTopicsResponse refusal(const protocol::DeleteTopicsRequest& request,
                                       ErrorCode error);

}  // namespace ottla::broker
