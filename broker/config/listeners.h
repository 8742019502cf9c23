#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/transport.h"
#include "ottla/result.h"
#include "ottla/security_config.h"

namespace ottla::broker {

// One address under a listener name: what `listeners` and `advertised.listeners` hold.
struct ListenerConfig {
  std::string name = "PLAINTEXT";
  SecurityProtocol protocol = SecurityProtocol::plaintext;
  base::Endpoint endpoint;  // empty host: every address; port 0: a free one

  bool operator==(const ListenerConfig&) const = default;
  // NAME://host:port.
  std::string to_string() const;
};

// Listener name -> security protocol.
using SecurityProtocolMap = std::map<std::string, SecurityProtocol, std::less<>>;

// Reads `NAME:PROTOCOL,NAME:PROTOCOL`. Errors (invalid_config) name `key`.
Result<SecurityProtocolMap> parse_security_protocol_map(std::string_view key,
                                                        std::string_view value);

// Reads `NAME://host:port,NAME://[v6]:port,NAME://:port`. A name that is not in `protocols` must
// itself be a security protocol. Errors (invalid_config) name `key`: syntax, a port above 65535, a
// name twice; for the key "listeners" also two of them at one host and port other than 0.
Result<std::vector<ListenerConfig>> parse_listeners(std::string_view key, std::string_view value,
                                                    const SecurityProtocolMap& protocols);

}  // namespace ottla::broker
