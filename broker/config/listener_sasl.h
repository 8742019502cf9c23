#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "broker/config/properties.h"
#include "ottla/result.h"

namespace ottla::broker {

// How clients log in at one listener.
struct ListenerSasl {
  struct Mechanism {
    std::map<std::string, std::string, std::less<>> passwords;  // by user; of PLAIN alone
    std::int64_t max_reauth_ms = 0;                             // 0: a session does not end

    bool operator==(const Mechanism&) const = default;
  };

  std::map<std::string, Mechanism, std::less<>> mechanisms;  // by name: PLAIN, SCRAM-SHA-256 ...

  bool operator==(const ListenerSasl&) const = default;
};

// Whether a key is one of those that `read_listener_sasl` reads for a listener:
// listener.name.LISTENER.KEY or listener.name.LISTENER.MECHANISM.KEY with sasl.enabled.mechanisms,
// sasl.jaas.config or connections.max.reauth.ms as KEY.
bool is_listener_sasl_key(std::string_view key);

// "listener.name.LISTENER.MECHANISM.sasl.jaas.config", in lower case.
std::string jaas_config_key(std::string_view listener, std::string_view mechanism);

// What `properties` say about the SASL of one listener; what they say for all listeners counts
// where nothing is said for this one. Errors (invalid_config) name the key and never the value of a
// sasl.jaas.config: no mechanism, one that is not served, no user for PLAIN, a login module of
// another mechanism.
Result<ListenerSasl> read_listener_sasl(const Properties& properties, std::string_view listener);

}  // namespace ottla::broker
