#pragma once

#include <memory>
#include <string>

#include "base/http/http_fetch.h"
#include "base/http/http_url.h"
#include "base/net/tls.h"
#include "base/time.h"
#include "ottla/properties.h"
#include "ottla/result.h"
#include "ottla/security_config.h"

namespace ottla::client {

// Where tokens of OAUTHBEARER are fetched, and what is shown there.
struct TokenEndpoint {
  base::HttpUrl url;
  std::shared_ptr<const base::TlsContext> tls;  // null for http
  base::HttpLimits limits;
  base::Duration retry_backoff{};      // doubles with each attempt
  base::Duration retry_backoff_max{};  // for all attempts together

  OauthBearerGrant grant = OauthBearerGrant::client_credentials;
  std::string client_id;
  std::string client_secret;
  bool url_encoded = false;  // the two
  OauthBearerAssertion assertion;
  std::string scope;
  Properties extensions;
};

// What is sent there. (sleeps) Errors: those of `make_assertion`.
Result<base::HttpRequest> make_token_request(const TokenEndpoint& endpoint, base::WallMillis now);

// The token in an answer, whatever its status is. It expires after as long as the answer says, or
// else the token itself; this clock counts only for a token that has no time of issue. Errors:
// sasl_authentication_failed, with the status and what the endpoint says is wrong, but never what
// was sent nor a token.
Result<OauthBearerToken> read_token_answer(const TokenEndpoint& endpoint,
                                           const base::HttpRequest& request,
                                           const base::HttpAnswer& answer, base::WallMillis now);

}  // namespace ottla::client
