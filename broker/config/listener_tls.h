#pragma once

#include <string>
#include <string_view>

#include "base/net/tls.h"
#include "broker/config/properties.h"
#include "ottla/result.h"
#include "ottla/security_config.h"

namespace ottla::broker {

// TLS at one listener: its own key, whom it trusts, whom it asks for a certificate.
struct ListenerTls {
  SslConfig ssl;
  base::TlsClientAuth client_auth = base::TlsClientAuth::none;
  std::string principal_mapping_rules = "DEFAULT";  // from a certificate's subject to a principal

  bool operator==(const ListenerTls&) const = default;
};

// Whether a key is one of those that `read_listener_tls` reads: ssl.KEY, or
// listener.name.LISTENER.ssl.KEY.
bool is_listener_tls_key(std::string_view key);

// What `properties` say about TLS at one listener; what they say for all listeners counts where
// nothing is said for this one. Files are not looked at. Errors (invalid_config) name the key.
Result<ListenerTls> read_listener_tls(const Properties& properties, std::string_view listener);

}  // namespace ottla::broker
