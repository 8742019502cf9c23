#include "client/security_properties.h"

#include <array>
#include <chrono>
#include <cstdint>
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
    {"sasl.oauthbearer.client.credentials.client.id",
     &SaslConfig::oauthbearer_client_credentials_client_id},
    {"sasl.oauthbearer.client.credentials.client.secret",
     &SaslConfig::oauthbearer_client_credentials_client_secret},
    {"sasl.oauthbearer.scope", &SaslConfig::oauthbearer_scope},
});

using Assertion = OauthBearerAssertion;
constexpr auto kAssertionKeys =
    std::to_array<std::pair<std::string_view, std::string Assertion::*>>({
        {"sasl.oauthbearer.assertion.algorithm", &Assertion::algorithm},
        {"sasl.oauthbearer.assertion.claim.aud", &Assertion::claim_aud},
        {"sasl.oauthbearer.assertion.claim.iss", &Assertion::claim_iss},
        {"sasl.oauthbearer.assertion.claim.sub", &Assertion::claim_sub},
        {"sasl.oauthbearer.assertion.file", &Assertion::file},
        {"sasl.oauthbearer.assertion.private.key.file", &Assertion::private_key_file},
        {"sasl.oauthbearer.assertion.private.key.passphrase", &Assertion::private_key_passphrase},
        {"sasl.oauthbearer.assertion.template.file", &Assertion::template_file},
    });

// Those whose value is more than a text.
struct OtherKey {
  std::string_view key;
  Result<void> (*read)(SaslConfig& config, std::string_view key, std::string_view value);
};

template <auto Member>
Result<void> read_sasl(SaslConfig& config, std::string_view key, std::string_view value) {
  return read_value(key, value, config.*Member);
}

template <auto Member>
Result<void> read_seconds(SaslConfig& config, std::string_view key, std::string_view value) {
  constexpr std::int64_t kYear = 365 * 24 * 3600;
  const auto number = read_integer(key, value, 0, kYear);
  if (!number) return number.error();
  config.oauthbearer_assertion.*Member = std::chrono::seconds(*number);
  return {};
}

Result<void> read_jti(SaslConfig& config, std::string_view key, std::string_view value) {
  return read_value(key, value, config.oauthbearer_assertion.claim_jti_include);
}

// A class of Kafka's is a name for what is done, and is never loaded.
Result<void> read_retriever(SaslConfig& config, std::string_view key, std::string_view value) {
  constexpr std::string_view kPackage = "org.apache.kafka.common.security.oauthbearer.";
  const auto name = value.starts_with(kPackage) ? value.substr(kPackage.size()) : value;
  if (name == "JwtBearerJwtRetriever") {
    config.oauthbearer_grant = OauthBearerGrant::jwt_bearer;
    return {};
  }
  // A URL of a file is a file's, whatever else is said.
  if (name == "DefaultJwtRetriever" || name == "ClientCredentialsJwtRetriever" ||
      name == "FileJwtRetriever") {
    config.oauthbearer_grant = OauthBearerGrant::client_credentials;
    return {};
  }
  return bad_property(key, value,
                      std::string(kPackage) +
                          "ClientCredentialsJwtRetriever, JwtBearerJwtRetriever, FileJwtRetriever "
                          "or DefaultJwtRetriever; other classes are not loaded");
}

constexpr auto kOtherKeys = std::to_array<OtherKey>({
    {"sasl.login.connect.timeout.ms", read_sasl<&SaslConfig::login_connect_timeout>},
    {"sasl.login.read.timeout.ms", read_sasl<&SaslConfig::login_read_timeout>},
    {"sasl.login.retry.backoff.max.ms", read_sasl<&SaslConfig::login_retry_backoff_max>},
    {"sasl.login.retry.backoff.ms", read_sasl<&SaslConfig::login_retry_backoff>},
    {"sasl.oauthbearer.assertion.claim.exp.seconds", read_seconds<&Assertion::claim_exp>},
    {"sasl.oauthbearer.assertion.claim.jti.include", read_jti},
    {"sasl.oauthbearer.assertion.claim.nbf.seconds", read_seconds<&Assertion::claim_nbf>},
    {"sasl.oauthbearer.header.urlencode", read_sasl<&SaslConfig::oauthbearer_header_urlencode>},
    {"sasl.oauthbearer.jwt.retriever.class", read_retriever},
});

// What Kafka had for fetching tokens before it had keys for it, and of TLS and extensions has
// still.
Result<void> read_oauthbearer(SaslConfig& config, const protocol::JaasConfig& jaas) {
  constexpr std::string_view kExtension = "extension_";
  for (const auto& [name, value] : jaas.options) {
    if (name == "clientId") {
      config.oauthbearer_client_credentials_client_id = value;
    } else if (name == "clientSecret") {
      config.oauthbearer_client_credentials_client_secret = value;
    } else if (name == "scope") {
      config.oauthbearer_scope = value;
    } else if (name.starts_with(kExtension)) {
      config.oauthbearer_extensions[name.substr(kExtension.size())] = value;
    } else if (name.starts_with("ssl.")) {
      auto& ssl = config.oauthbearer_ssl;
      if (base::set_ssl_key(ssl, name, value) || base::is_jvm_ssl_key(name)) continue;
      return Error(ErrorCode::invalid_argument, "sasl.jaas.config: there is no option " + name);
    } else {
      const bool unsecured = name.starts_with("unsecuredLogin");
      return Error(ErrorCode::invalid_argument,
                   "sasl.jaas.config: " +
                       (unsecured ? "tokens that nobody signed (unsecuredLogin...) are not made"
                                  : "OAUTHBEARER has no option " + name) +
                       "; tokens come from sasl.oauthbearer.token.endpoint.url, or from the "
                       "program's function oauthbearer_token");
    }
  }
  return {};
}

// The text is told to nobody: it has the password in it.
Result<void> read_jaas_config(SaslConfig& config, std::string_view text) {
  const auto jaas = protocol::parse_jaas_config(text);
  if (!jaas) return jaas.error();
  if (protocol::is_login_module_of(jaas->login_module, protocol::kOauthBearer)) {
    return read_oauthbearer(config, *jaas);
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
  for (const auto& [name, member] : kAssertionKeys) {
    if (key != name) continue;
    config.sasl.oauthbearer_assertion.*member = std::string(value);
    return true;
  }
  for (const auto& [name, read] : kOtherKeys) {
    if (key != name) continue;
    if (auto done = read(config.sasl, key, value); !done) return done.error();
    return true;
  }
  return base::set_ssl_key(config.ssl, key, value) || base::is_jvm_ssl_key(key);
}

void add_security_keys(std::vector<std::string_view>& keys) {
  keys.push_back(kProtocol);
  keys.push_back(kJaasConfig);
  for (const auto& [name, member] : kSaslKeys) keys.push_back(name);
  for (const auto& [name, member] : kAssertionKeys) keys.push_back(name);
  for (const auto& [name, read] : kOtherKeys) keys.push_back(name);
  const auto ssl = base::ssl_keys();
  keys.insert(keys.end(), ssl.begin(), ssl.end());
}

}  // namespace ottla::client
