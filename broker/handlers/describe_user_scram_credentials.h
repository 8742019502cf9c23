#pragma once

#include "broker/handlers/request.h"
#include "broker/handlers/services.h"
#include "protocol/messages/describe_user_scram_credentials.h"

namespace ottla::broker {

protocol::DescribeUserScramCredentialsResponse refusal(
    const protocol::DescribeUserScramCredentialsRequest& request, ErrorCode error);

void handle_describe_user_scram_credentials(
    Services& services, Request<protocol::DescribeUserScramCredentialsRequest> request);

}  // namespace ottla::broker
