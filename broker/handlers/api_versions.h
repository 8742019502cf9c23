#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/api_versions.h"

namespace ottla::broker {

// ApiVersions, v0 to v4: which APIs, versions and features this broker has. v3 flexible; v4 tells
// features whose least level is 0, which readers of v3 cannot take.
void handle_api_versions(Services& services, Request<protocol::ApiVersionsRequest> request);

// What a client gets that asks in a version from the future: error 35 and the versions of this API,
// in a v0 body, which every client can read.
protocol::ApiVersionsResponse unsupported_api_versions(const VersionLimits& limits);

protocol::ApiVersionsResponse refusal(const protocol::ApiVersionsRequest& request, ErrorCode error);

}  // namespace ottla::broker
