#include "client/metadata/client_config.h"

#include <fstream>

#include "protocol/sasl/oauthbearer.h"
#include "protocol/sasl/plain.h"
#include "protocol/sasl/scram.h"

namespace ottla::client {
namespace {

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

constexpr std::string_view kFileUrl = "file://";
constexpr std::size_t kMostBytesOfToken = 32 << 10;

// (sleeps) What stands in the file, without the blanks around it.
Result<OauthBearerToken> read_token(const std::string& path) {
  const auto unfit = [&](const char* why) {
    return Error(ErrorCode::invalid_config, "sasl.oauthbearer.token.endpoint.url=" +
                                                std::string(kFileUrl) + path + ": " + why);
  };
  std::ifstream file(path, std::ios::binary);
  std::string text(kMostBytesOfToken + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || (file.fail() && !file.eof())) return unfit("the file cannot be read");
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kMostBytesOfToken) return unfit("the file has more in it than a token");
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return unfit("the file is empty");
  return OauthBearerToken{.token =
                              text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1)};
}

// Where the tokens come from.
Result<OauthBearerTokenSource> make_token_source(const SaslConfig& config) {
  const auto& url = config.oauthbearer_token_endpoint_url;
  const std::string key = "sasl.oauthbearer.token.endpoint.url";
  if (config.oauthbearer_token) {
    if (url.empty()) return config.oauthbearer_token;
    return Error(ErrorCode::invalid_config,
                 key + " and the function oauthbearer_token are both set: set one");
  }
  if (url.empty()) {
    return Error(ErrorCode::invalid_config,
                 "sasl.mechanism=OAUTHBEARER needs tokens: set " + key +
                     "=file:///PATH, or in the program the function oauthbearer_token");
  }
  if (!url.starts_with(kFileUrl) || url.size() <= kFileUrl.size() || url[kFileUrl.size()] != '/') {
    return Error(ErrorCode::invalid_config,
                 key +
                     " must be file:///PATH: tokens are not fetched; a program that does so gives "
                     "them by the function oauthbearer_token");
  }
  return OauthBearerTokenSource([path = url.substr(kFileUrl.size())] { return read_token(path); });
}

Error bad_bootstrap(const std::string& why) {
  return Error(ErrorCode::invalid_argument, "bootstrap_servers: " + why);
}

}  // namespace

Result<std::vector<base::Endpoint>> parse_bootstrap_servers(std::string_view text) {
  std::vector<base::Endpoint> endpoints;
  while (!text.empty()) {
    const auto comma = text.find(',');
    const auto part = trim(text.substr(0, comma));
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
    if (part.empty()) continue;
    auto endpoint = base::Endpoint::parse(part);
    if (!endpoint) return bad_bootstrap(endpoint.error().message());
    if (endpoint->host.empty() || endpoint->port == 0) {
      return bad_bootstrap("'" + std::string(part) + "' needs a host and a port from 1 to 65535");
    }
    endpoints.push_back(std::move(*endpoint));
  }
  if (endpoints.empty()) {
    return bad_bootstrap("is empty; name at least one broker as host:port");
  }
  return endpoints;
}

Result<void> at_least(std::string_view field, std::chrono::milliseconds value,
                      std::chrono::milliseconds least) {
  if (value >= least) return {};
  return Error(ErrorCode::invalid_argument,
               std::string(field) + " is " + std::to_string(value.count()) +
                   " ms; it must be at least " + std::to_string(least.count()) + " ms");
}

Result<void> at_least(std::string_view field, std::int64_t value, std::int64_t least) {
  if (value >= least) return {};
  return Error(ErrorCode::invalid_argument, std::string(field) + " is " + std::to_string(value) +
                                                "; it must be at least " + std::to_string(least));
}

Result<void> all_of(std::initializer_list<Result<void>> checks) {
  for (const auto& check : checks) {
    if (!check) return check;
  }
  return {};
}

Result<std::shared_ptr<const base::TlsContext>> make_tls(const SecurityConfig& config) {
  if (!uses_tls(config.protocol)) return std::shared_ptr<const base::TlsContext>();
  return base::make_tls_client(config.ssl);
}

Result<std::optional<SaslCredentials>> make_sasl(const SecurityConfig& config) {
  if (!uses_sasl(config.protocol)) return std::optional<SaslCredentials>();
  const auto& mechanism = config.sasl.mechanism;
  const auto& user = config.sasl.username;
  const auto& password = config.sasl.password;
  if (mechanism == protocol::kOauthBearer) {
    auto source = make_token_source(config.sasl);
    if (!source) return source.error();
    return std::optional(SaslCredentials{.mechanism = mechanism, .token = std::move(*source)});
  }
  if (mechanism != protocol::kPlain && !parse_scram_mechanism(mechanism)) {
    return Error(ErrorCode::invalid_config,
                 "sasl.mechanism=" + mechanism +
                     ": it must be PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER");
  }
  if (user.empty() || password.empty()) {
    return Error(ErrorCode::invalid_config,
                 "security.protocol=" + std::string(to_string(config.protocol)) +
                     " needs a user and a password: set sasl.jaas.config, or sasl.username and "
                     "sasl.password");
  }
  return std::optional(SaslCredentials{.mechanism = mechanism, .user = user, .password = password});
}

std::string default_client_id(std::string_view kind, std::uint64_t seed) {
  return std::string(kind) + '-' + std::to_string(seed % 1'000'000);
}

}  // namespace ottla::client
