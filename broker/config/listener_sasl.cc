#include "broker/config/listener_sasl.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.h"
#include "base/ssl_keys.h"
#include "broker/config/config_value.h"
#include "protocol/sasl/jaas_config.h"
#include "protocol/sasl/oauthbearer.h"
#include "protocol/sasl/plain.h"
#include "protocol/sasl/scram.h"

namespace ottla::broker {
namespace {

constexpr std::string_view kPrefix = "listener.name.";
constexpr std::string_view kMechanisms = "sasl.enabled.mechanisms";
constexpr std::string_view kJaasConfig = "sasl.jaas.config";
constexpr std::string_view kMaxReauth = "connections.max.reauth.ms";
constexpr std::string_view kTokenKeys = "sasl.oauthbearer.jwks.endpoint.url";
constexpr std::string_view kTokenRefresh = "sasl.oauthbearer.jwks.endpoint.refresh.ms";
constexpr std::string_view kTokenBackoff = "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms";
constexpr std::string_view kTokenBackoffMax = "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms";
constexpr std::string_view kTokenIssuer = "sasl.oauthbearer.expected.issuer";
constexpr std::string_view kTokenAudience = "sasl.oauthbearer.expected.audience";
constexpr std::string_view kTokenUser = "sasl.oauthbearer.sub.claim.name";
constexpr std::string_view kTokenSkew = "sasl.oauthbearer.clock.skew.seconds";
constexpr std::int64_t kLongestWaitMs = std::int64_t{365} * 24 * 3600 * 1000;
constexpr std::string_view kFileUrl = "file://";
constexpr std::string_view kUserOption = "user_";
constexpr std::array kServed = {protocol::kPlain, protocol::kScramSha256, protocol::kScramSha512,
                                protocol::kOauthBearer};

std::string served_mechanisms() {
  std::string names;
  for (const auto name : kServed) names.append(names.empty() ? "" : ", ").append(name);
  return names;
}

// The properties as they hold for one listener.
class ListenerReader {
 public:
  ListenerReader(const Properties& properties, std::string_view listener)
      : properties_(properties),
        listener_(listener),
        prefix_(std::string(kPrefix) + base::lower_case(listener) + ".") {}

  Result<ListenerSasl> read() const {
    const auto [key, value] = find(kMechanisms, "");
    if (value == nullptr || split_list(*value).empty()) {
      return Error(ErrorCode::invalid_config, prefix_ + std::string(kMechanisms) +
                                                  " must say how clients log in there: one " +
                                                  "or more of " + served_mechanisms());
    }
    ListenerSasl sasl;
    for (const auto& name : split_list(*value)) {
      if (std::find(kServed.begin(), kServed.end(), name) == kServed.end()) {
        return bad_value(key, *value, name + " is not served; " + served_mechanisms() + " are");
      }
      auto mechanism = read_mechanism(name);
      if (!mechanism) return mechanism.error();
      sasl.mechanisms.emplace(name, *std::move(mechanism));
    }
    return sasl;
  }

 private:
  struct Found {
    std::string key;
    const std::string* value = nullptr;
  };

  // Where `key` is set, the nearest to the listener's mechanism first.
  Found find(std::string_view key, std::string_view mechanism) const {
    const std::string name(key);
    std::vector<std::string> keys;
    if (!mechanism.empty()) keys.push_back(prefix_ + base::lower_case(mechanism) + "." + name);
    keys.push_back(prefix_ + name);
    keys.push_back(name);
    for (auto& each : keys) {
      const auto found = properties_.find(each);
      if (found != properties_.end()) return {std::move(each), &found->second};
    }
    return {keys.front(), nullptr};
  }

  // What is set for OAUTHBEARER; invalid_config if it is not.
  Result<std::string> required(std::string_view key, std::string_view what) const {
    const auto [found, value] = find(key, protocol::kOauthBearer);
    if (value != nullptr && !value->empty()) return *value;
    return Error(ErrorCode::invalid_config, found + " must say " + std::string(what) +
                                                ": without it OAUTHBEARER is not served");
  }

  // What is set for OAUTHBEARER, if it is.
  Result<void> read_number(std::string_view key, const ValueRule& rule, std::int64_t& field) const {
    const auto [found, value] = find(key, protocol::kOauthBearer);
    if (value == nullptr) return {};
    const auto number = parse_integer(found, *value, rule);
    if (!number) return number.error();
    field = *number;
    return {};
  }

  Result<ListenerTokens> read_tokens() const {
    ListenerTokens tokens;
    if (auto read = read_place_of_keys(tokens); !read) return read.error();
    auto issuer = required(kTokenIssuer, "who issues the tokens");
    if (!issuer) return issuer.error();
    tokens.issuer = *std::move(issuer);
    const auto audience = required(kTokenAudience, "for whom the tokens are to be");
    if (!audience) return audience.error();
    tokens.audiences = split_list(*audience);
    const auto [claim_key, claim] = find(kTokenUser, protocol::kOauthBearer);
    if (claim != nullptr && !claim->empty()) tokens.principal_claim = *claim;
    const auto read = read_number(kTokenSkew, {.type = ConfigType::int64, .min = 0, .max = 3600},
                                  tokens.clock_skew_seconds);
    if (!read) return read.error();
    return tokens;
  }

  // A file, or where they are fetched: whoever changes them on their way lets in whom he wants.
  Result<void> read_place_of_keys(ListenerTokens& tokens) const {
    const auto keys =
        required(kTokenKeys, "where the keys of tokens are, file:///PATH or https://HOST/PATH");
    if (!keys) return keys.error();
    const std::string expected = "expected file:///PATH or https://HOST/PATH";
    if (keys->starts_with(kFileUrl)) {
      tokens.keys_file = keys->substr(kFileUrl.size());
      if (tokens.keys_file.empty()) return bad_value(kTokenKeys, *keys, expected);
      return {};
    }
    auto url = base::HttpUrl::parse(*keys);
    // Not the URL, in which there may be a password.
    if (!url) {
      return Error(ErrorCode::invalid_config,
                   std::string(kTokenKeys) + ": " + expected + ": " + url.error().message());
    }
    if (!url->encrypted && !url->is_loopback()) {
      return Error(ErrorCode::invalid_config, std::string(kTokenKeys) + "=" + url->to_string() +
                                                  ": " + expected +
                                                  ": http is for localhost alone");
    }
    tokens.keys_url = *std::move(url);
    return read_times_of_keys(tokens);
  }

  Result<void> read_times_of_keys(ListenerTokens& tokens) const {
    constexpr ValueRule kRefresh{.type = ConfigType::int64, .min = 1000, .max = kLongestWaitMs};
    constexpr ValueRule kWait{.type = ConfigType::int64, .min = 1, .max = kLongestWaitMs};
    auto read = read_number(kTokenRefresh, kRefresh, tokens.refresh_ms);
    if (read) read = read_number(kTokenBackoff, kWait, tokens.retry_backoff_ms);
    if (read) read = read_number(kTokenBackoffMax, kWait, tokens.retry_backoff_max_ms);
    return read;
  }

  Result<ListenerSasl::Mechanism> read_mechanism(std::string_view name) const {
    ListenerSasl::Mechanism mechanism;
    const auto [reauth_key, reauth] = find(kMaxReauth, name);
    if (reauth != nullptr) {
      const auto lifetime =
          parse_integer(reauth_key, *reauth, {.type = ConfigType::int64, .min = 0});
      if (!lifetime) return lifetime.error();
      mechanism.max_reauth_ms = std::min(*lifetime, kLongestSessionMs);
    }
    if (name == protocol::kOauthBearer) {
      auto tokens = read_tokens();
      if (!tokens) return tokens.error();
      mechanism.tokens = *std::move(tokens);
    }
    const bool has_users = name == protocol::kPlain;
    const auto key = jaas_config_key(listener_, name);
    const auto found = properties_.find(key);
    if (found == properties_.end()) {
      if (!has_users) return mechanism;
      return Error(ErrorCode::invalid_config,
                   key + " must name the users of PLAIN: " +
                       "org.apache.kafka.common.security.plain.PlainLoginModule required " +
                       "user_NAME=\"PASSWORD\";");
    }
    const auto jaas = protocol::parse_jaas_config(found->second);
    if (!jaas) return Error(ErrorCode::invalid_config, key + ": " + jaas.error().message());
    if (!protocol::is_login_module_of(jaas->login_module, name)) {
      return Error(ErrorCode::invalid_config,
                   key + ": the login module is not the one of " + std::string(name));
    }
    if (mechanism.tokens) {
      // Kafka has no other place for whom to trust where keys are fetched.
      auto& ssl = mechanism.tokens->keys_ssl;
      for (const auto& [option, value] : jaas->options) {
        if (base::set_ssl_key(ssl, option, value) || base::is_jvm_ssl_key(option)) continue;
        if (!option.starts_with("ssl.")) continue;
        return Error(ErrorCode::invalid_config,
                     key + ": there is no option " + option + "; it would not be followed");
      }
    }
    if (!has_users) return mechanism;
    for (const auto& [option, password] : jaas->options) {
      if (!option.starts_with(kUserOption)) continue;
      const auto user = option.substr(kUserOption.size());
      if (user.empty() || password.empty()) {
        return Error(ErrorCode::invalid_config, key + ": a user has no name or no password");
      }
      mechanism.passwords.emplace(user, password);
    }
    if (mechanism.passwords.empty()) {
      return Error(ErrorCode::invalid_config, key + ": expected user_NAME=\"PASSWORD\"");
    }
    return mechanism;
  }

  const Properties& properties_;
  const std::string_view listener_;
  const std::string prefix_;
};

}  // namespace

bool is_listener_sasl_key(std::string_view key) {
  if (!key.starts_with(kPrefix)) return false;
  for (const auto name :
       {kMechanisms, kJaasConfig, kMaxReauth, kTokenKeys, kTokenRefresh, kTokenBackoff,
        kTokenBackoffMax, kTokenIssuer, kTokenAudience, kTokenUser, kTokenSkew}) {
    if (key.ends_with(name) && key.size() > kPrefix.size() + name.size() + 1 &&
        key[key.size() - name.size() - 1] == '.') {
      return true;
    }
  }
  return false;
}

std::string jaas_config_key(std::string_view listener, std::string_view mechanism) {
  return std::string(kPrefix) + base::lower_case(listener) + "." + base::lower_case(mechanism) +
         "." + std::string(kJaasConfig);
}

Result<ListenerSasl> read_listener_sasl(const Properties& properties, std::string_view listener) {
  return ListenerReader(properties, listener).read();
}

}  // namespace ottla::broker
