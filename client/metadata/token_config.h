#pragma once

#include "client/network/network_config.h"
#include "ottla/result.h"
#include "ottla/security_config.h"

namespace ottla::client {

// Where a client that logs in by OAUTHBEARER has its tokens from: a function, a file, or a token
// endpoint, over TLS as `oauthbearer_ssl` says and never as `ssl` does. (sleeps)
// Errors: invalid_config, naming the key and what to do, without secrets.
Result<SaslCredentials> make_token_credentials(const SecurityConfig& config);

}  // namespace ottla::client
