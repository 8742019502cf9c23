#include "client/security_properties.h"

#include <array>
#include <string>
#include <utility>

#include "base/ssl_keys.h"
#include "client/config_properties.h"
#include "protocol/sasl/jaas_config.h"
#include "protocol/sasl/oauthbearer.h"
#include "protocol/sasl/plain.h"
#include "protocol/sasl/scram.h"

namespace ottla::client {
namespace {

constexpr std::string_view kProtocol = "security.protocol";
constexpr std::string_view kJaasConfig = "sasl.jaas.config";

// sasl.mechanisms, sasl.username and sasl.password are librdkafka's.
constexpr auto kSaslKeys = std::to_array<std::pair<std::string_view, std::string SaslConfig::*>>({
    {"sasl.mechanism", &SaslConfig::mechanism},
    {"sasl.mechanisms", &SaslConfig::mechanism},
    {"sasl.username", &SaslConfig::username},
    {"sasl.password", &SaslConfig::password},
    {"sasl.oauthbearer.token.endpoint.url", &SaslConfig::oauthbearer_token_endpoint_url},
});

// The module's options are for tokens that are made or fetched in other ways.
Result<void> check_oauthbearer(const protocol::JaasConfig& jaas) {
  if (jaas.options.empty()) return {};
  constexpr std::string_view kUnsecured = "unsecuredLogin";
  const auto at = jaas.options.lower_bound(kUnsecured);
  const bool unsecured = at != jaas.options.end() && at->first.starts_with(kUnsecured);
  return Error(ErrorCode::invalid_argument,
               std::string("sasl.jaas.config: ") +
                   (unsecured ? "tokens that nobody signed (unsecuredLogin...) are not made"
                              : "the login module of OAUTHBEARER has options, and there are none") +
                   "; tokens come from sasl.oauthbearer.token.endpoint.url=file:///PATH, or from "
                   "the program's function oauthbearer_token");
}

// The text is told to nobody: it has the password in it.
Result<void> read_jaas_config(SaslConfig& config, std::string_view text) {
  const auto jaas = protocol::parse_jaas_config(text);
  if (!jaas) return jaas.error();
  if (protocol::is_login_module_of(jaas->login_module, protocol::kOauthBearer)) {
    return check_oauthbearer(*jaas);
  }
  const bool known = protocol::is_login_module_of(jaas->login_module, protocol::kPlain) ||
                     protocol::is_login_module_of(jaas->login_module, protocol::kScramSha256);
  if (!known) {
    return Error(
        ErrorCode::invalid_argument,
        "sasl.jaas.config names a login module that is none of PLAIN, SCRAM and OAUTHBEARER");
  }
  if (const auto* user = jaas->find("username")) config.username = *user;
  if (const auto* password = jaas->find("password")) config.password = *password;
  return {};
}

}  // namespace

Result<bool> read_security_key(SecurityConfig& config, std::string_view key,
                               std::string_view value) {
  if (key == kProtocol) {
    std::string text;
    if (auto read = read_value(key, value, text); !read) return read.error();
    const auto protocol = parse_security_protocol(text);
    if (!protocol) {
      return bad_property(key, value, "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL");
    }
    config.protocol = *protocol;
    return true;
  }
  if (key == kJaasConfig) {
    if (auto read = read_jaas_config(config.sasl, value); !read) return read.error();
    return true;
  }
  for (const auto& [name, member] : kSaslKeys) {
    if (key != name) continue;
    config.sasl.*member = std::string(value);
    return true;
  }
  return base::set_ssl_key(config.ssl, key, value) || base::is_jvm_ssl_key(key);
}

void add_security_keys(std::vector<std::string_view>& keys) {
  keys.push_back(kProtocol);
  keys.push_back(kJaasConfig);
  for (const auto& [name, member] : kSaslKeys) keys.push_back(name);
  const auto ssl = base::ssl_keys();
  keys.insert(keys.end(), ssl.begin(), ssl.end());
}

}  // namespace ottla::client
