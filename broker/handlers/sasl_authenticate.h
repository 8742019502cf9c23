#pragma once

#include "broker/handlers/request.h"
#include "broker/handlers/services.h"
#include "protocol/messages/sasl_authenticate.h"

namespace ottla::broker {

protocol::SaslAuthenticateResponse refusal(const protocol::SaslAuthenticateRequest& request,
                                           ErrorCode error);

// Takes one message of the mechanism that the handshake named.
void handle_sasl_authenticate(Services& services,
                              Request<protocol::SaslAuthenticateRequest> request);

}  // namespace ottla::broker
