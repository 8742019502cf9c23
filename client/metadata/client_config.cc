#include "client/metadata/client_config.h"

#include "client/metadata/token_config.h"
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
    auto tokens = make_token_credentials(config);
    if (!tokens) return tokens.error();
    return std::optional(*std::move(tokens));
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
