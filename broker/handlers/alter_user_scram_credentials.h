#pragma once

#include "broker/handlers/request.h"
#include "broker/handlers/services.h"
#include "protocol/messages/alter_user_scram_credentials.h"

namespace ottla::broker {

protocol::AlterUserScramCredentialsResponse refusal(
    const protocol::AlterUserScramCredentialsRequest& request, ErrorCode error);

void handle_alter_user_scram_credentials(
    Services& services, Request<protocol::AlterUserScramCredentialsRequest> request);

}  // namespace ottla::broker
