#include "client/metadata/token_config.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/http/http_url.h"
#include "base/net/tls.h"
#include "client/network/token_assertion.h"
#include "client/network/token_endpoint.h"
#include "protocol/sasl/oauthbearer.h"

namespace ottla::client {
namespace {

constexpr std::string_view kFileUrl = "file://";
constexpr std::size_t kMostBytesOfToken = 32 << 10;
constexpr auto kLeastTime = std::chrono::milliseconds(1);
constexpr auto kLongestAssertion = std::chrono::hours(24 * 365);

const std::string kUrl = "sasl.oauthbearer.token.endpoint.url";
const std::string kCredentials = "sasl.oauthbearer.client.credentials.client.";
const std::string kAssertion = "sasl.oauthbearer.assertion.";

Error unfit(const std::string& why) {
  return Error(ErrorCode::invalid_config, why);
}

bool is_file(std::string_view url) {
  return url.starts_with(kFileUrl) && url.size() > kFileUrl.size() && url[kFileUrl.size()] == '/';
}

// (sleeps)
Result<OauthBearerToken> read_token(const std::string& url) {
  const auto path = url.substr(kFileUrl.size());
  auto token = read_secret_file(kUrl + "=" + url, path, kMostBytesOfToken);
  if (!token) return token.error();
  return OauthBearerToken{.token = *std::move(token)};
}

Result<base::HttpUrl> read_url(const std::string& text) {
  auto url = base::HttpUrl::parse(text);
  if (!url) {
    return unfit(kUrl + " must be file:///PATH or https://HOST/PATH: " + url.error().message());
  }
  if (!url->encrypted && !url->is_loopback()) {
    return unfit(kUrl + " must begin with https://: what is sent there is secret, and http is " +
                 "served for localhost alone");
  }
  return url;
}

Result<void> check_credentials(const SaslConfig& config) {
  const auto& id = config.oauthbearer_client_credentials_client_id;
  if (id.empty() || config.oauthbearer_client_credentials_client_secret.empty()) {
    return unfit(kUrl + " needs to be told who asks: set " + kCredentials + "id and " +
                 kCredentials + "secret, or the assertion of a JwtBearerJwtRetriever");
  }
  if (!config.oauthbearer_header_urlencode && id.find(':') != std::string::npos) {
    return unfit(kCredentials + "id has a ':' in it, which would end it: set " +
                 "sasl.oauthbearer.header.urlencode=true, if the server takes that");
  }
  return {};
}

Result<void> check_assertion(const OauthBearerAssertion& assertion) {
  if (assertion.file.empty() == assertion.private_key_file.empty()) {
    return unfit("a JwtBearerJwtRetriever needs one of " + kAssertion + "file and " + kAssertion +
                 "private.key.file");
  }
  if (assertion.algorithm != "RS256" && assertion.algorithm != "ES256") {
    return unfit(kAssertion + "algorithm=" + assertion.algorithm + ": it must be RS256 or ES256");
  }
  const auto exp = assertion.claim_exp;
  const auto nbf = assertion.claim_nbf;
  if (exp.count() < 1 || exp > kLongestAssertion || nbf.count() < 0 || nbf > kLongestAssertion) {
    return unfit(kAssertion + "claim.exp.seconds must be from 1 and claim.nbf.seconds from 0 on, " +
                 "to a year");
  }
  return {};
}

Result<void> check_times(const SaslConfig& config) {
  const auto least = std::min({config.login_connect_timeout, config.login_read_timeout,
                               config.login_retry_backoff, config.login_retry_backoff_max});
  if (least >= kLeastTime) return {};
  return unfit("sasl.login.connect.timeout.ms, .read.timeout.ms, .retry.backoff.ms and " +
               std::string(".retry.backoff.max.ms must be at least 1"));
}

// What an extension must be is said when a token is sent; that takes a token.
Result<void> check_extensions(const Properties& extensions) {
  const protocol::OauthBearerMessage message{.token = "x", .extensions = extensions};
  const auto parsed = protocol::parse_oauthbearer(protocol::encode_oauthbearer(message));
  if (parsed && *parsed == message) return {};
  return unfit(
      "an extension's name must be of letters and not auth, its value of what can be "
      "printed (extension_NAME in sasl.jaas.config)");
}

Result<std::shared_ptr<const TokenEndpoint>> make_endpoint(const SaslConfig& sasl) {
  auto url = read_url(sasl.oauthbearer_token_endpoint_url);
  if (!url) return url.error();
  const auto good = sasl.oauthbearer_grant == OauthBearerGrant::client_credentials
                        ? check_credentials(sasl)
                        : check_assertion(sasl.oauthbearer_assertion);
  if (!good) return good.error();
  if (auto times = check_times(sasl); !times) return times.error();
  if (auto fit = check_extensions(sasl.oauthbearer_extensions); !fit) return fit.error();
  TokenEndpoint endpoint{
      .url = *std::move(url),
      .tls = nullptr,
      .limits = {.connect = sasl.login_connect_timeout, .read = sasl.login_read_timeout},
      .retry_backoff = sasl.login_retry_backoff,
      .retry_backoff_max = sasl.login_retry_backoff_max,
      .grant = sasl.oauthbearer_grant,
      .client_id = sasl.oauthbearer_client_credentials_client_id,
      .client_secret = sasl.oauthbearer_client_credentials_client_secret,
      .url_encoded = sasl.oauthbearer_header_urlencode,
      .assertion = sasl.oauthbearer_assertion,
      .scope = sasl.oauthbearer_scope,
      .extensions = sasl.oauthbearer_extensions};
  if (endpoint.url.encrypted) {
    // Not `ssl` of brokers, which may say that names are not checked: what is sent here is secret.
    auto tls = base::make_tls_client(sasl.oauthbearer_ssl);
    if (!tls) return tls.error();
    endpoint.tls = *std::move(tls);
  }
  return std::make_shared<const TokenEndpoint>(std::move(endpoint));
}

}  // namespace

Result<SaslCredentials> make_token_credentials(const SecurityConfig& config) {
  const auto& url = config.sasl.oauthbearer_token_endpoint_url;
  SaslCredentials credentials;
  credentials.mechanism = protocol::kOauthBearer;
  if (config.sasl.oauthbearer_token) {
    if (!url.empty()) {
      return unfit(kUrl + " and the function oauthbearer_token are both set: set one");
    }
    credentials.token = config.sasl.oauthbearer_token;
    return credentials;
  }
  if (url.empty()) {
    return unfit("sasl.mechanism=OAUTHBEARER needs tokens: set " + kUrl +
                 " to file:///PATH or https://HOST/PATH, or in the program the function "
                 "oauthbearer_token");
  }
  if (is_file(url)) {
    credentials.token = [url] { return read_token(url); };
    return credentials;
  }
  auto endpoint = make_endpoint(config.sasl);
  if (!endpoint) return endpoint.error();
  credentials.endpoint = *std::move(endpoint);
  return credentials;
}

}  // namespace ottla::client
