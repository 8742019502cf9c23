#pragma once

#include "broker/handlers/request.h"
#include "broker/handlers/services.h"
#include "protocol/messages/sasl_handshake.h"

namespace ottla::broker {

protocol::SaslHandshakeResponse refusal(const protocol::SaslHandshakeRequest& request,
                                        ErrorCode error);

// Begins the authentication of a connection, or a new one of one that is authenticated.
void handle_sasl_handshake(Services& services, Request<protocol::SaslHandshakeRequest> request);

}  // namespace ottla::broker
