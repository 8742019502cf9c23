#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/unregister_broker.h"

namespace ottla::broker {

// UnregisterBroker, v0: forgets another broker, through the controller.
void handle_unregister_broker(Services& services,
                              Request<protocol::UnregisterBrokerRequest> request);

protocol::UnregisterBrokerResponse refusal(const protocol::UnregisterBrokerRequest& request,
                                           ErrorCode error);

}  // namespace ottla::broker
