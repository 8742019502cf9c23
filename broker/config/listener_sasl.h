#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/http/http_url.h"
#include "broker/config/properties.h"
#include "ottla/result.h"
#include "ottla/security_config.h"

namespace ottla::broker {

// Thirty years.
inline constexpr std::int64_t kLongestSessionMs = 946'080'000'000;

// Whose tokens are taken at one listener, by OAUTHBEARER.
struct ListenerTokens {
  // The issuer's public keys, a JWK set: in a file, or where they are fetched.
  std::string keys_file;
  std::string issuer;
  std::vector<std::string> audiences;
  std::string principal_claim = "sub";
  std::int64_t clock_skew_seconds = 30;
  std::optional<base::HttpUrl> keys_url = std::nullopt;
  SslConfig keys_ssl = {};  // of that place; what is not set is the system's
  std::int64_t refresh_ms = 3'600'000;
  std::int64_t retry_backoff_ms = 100;  // doubles with each failure
  std::int64_t retry_backoff_max_ms = 10'000;

  bool operator==(const ListenerTokens&) const = default;
};

// How clients log in at one listener.
struct ListenerSasl {
  struct Mechanism {
    std::map<std::string, std::string, std::less<>> passwords;  // by user; of PLAIN alone
    std::int64_t max_reauth_ms = 0;                             // 0: a session does not end
    std::optional<ListenerTokens> tokens;                       // of OAUTHBEARER alone

    bool operator==(const Mechanism&) const = default;
  };

  std::map<std::string, Mechanism, std::less<>> mechanisms;  // by name: PLAIN, SCRAM-SHA-256 ...

  bool operator==(const ListenerSasl&) const = default;
};

// Whether a key is one of those that `read_listener_sasl` reads for a listener:
// listener.name.LISTENER.KEY or listener.name.LISTENER.MECHANISM.KEY with sasl.enabled.mechanisms,
// sasl.jaas.config, connections.max.reauth.ms or one of sasl.oauthbearer. as KEY.
bool is_listener_sasl_key(std::string_view key);

// "listener.name.LISTENER.MECHANISM.sasl.jaas.config", in lower case.
std::string jaas_config_key(std::string_view listener, std::string_view mechanism);

// What `properties` say about the SASL of one listener; what they say for all listeners counts
// where nothing is said for this one. Errors (invalid_config) name the key and never the value of a
// sasl.jaas.config: no mechanism, one that is not served, no user for PLAIN, a login module of
// another mechanism, no keys, issuer or audience for OAUTHBEARER.
Result<ListenerSasl> read_listener_sasl(const Properties& properties, std::string_view listener);

}  // namespace ottla::broker
