#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/net/tls.h"
#include "broker/config/broker_config.h"
#include "broker/security/ssl_principal_mapper.h"
#include "broker/server/listener_files.h"
#include "ottla/result.h"

namespace ottla::broker {

// What one listener's connections have in common, and the files it was made of.
struct TlsListener {
  static constexpr std::string_view kWhat = "certificates";

  ListenerTls settings;
  std::vector<FileStamp> files;
  std::shared_ptr<const base::TlsContext> context;
  std::shared_ptr<const SslPrincipalMapper> names;  // of the clients who show a certificate

  // (sleeps) Errors: invalid_config, naming the listener.
  static Result<TlsListener> open(const std::string& name, const ListenerTls& settings);
  static std::vector<FileStamp> stamps(const ListenerTls& settings);
};

using TlsListeners = ListenerFiles<TlsListener>;
using TlsListenersByName = TlsListeners::ByName;

// (sleeps) All of a broker's listeners that have TLS. Error: that of the first that cannot be.
Result<TlsListenersByName> open_tls_listeners(const BrokerConfig& config);

}  // namespace ottla::broker
