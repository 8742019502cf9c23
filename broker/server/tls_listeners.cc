#include "broker/server/tls_listeners.h"

#include <utility>

namespace ottla::broker {

std::vector<FileStamp> TlsListener::stamps(const ListenerTls& settings) {
  return {stamp_of(settings.ssl.keystore_location), stamp_of(settings.ssl.truststore_location)};
}

Result<TlsListener> TlsListener::open(const std::string& name, const ListenerTls& settings) {
  auto rules = SslPrincipalMapper::parse(settings.principal_mapping_rules);
  if (!rules) {
    return Error(rules.error().code(), "the listener " + name + ": " + rules.error().message());
  }
  // Looked at first: what changes meanwhile counts as changed.
  TlsListener listener{.settings = settings,
                       .files = stamps(settings),
                       .context = nullptr,
                       .names = std::make_shared<const SslPrincipalMapper>(*std::move(rules))};
  auto context = base::make_tls_server(settings.ssl, settings.client_auth);
  if (!context) {
    return Error(context.error().code(), "the listener " + name + ": " + context.error().message());
  }
  listener.context = std::move(*context);
  return listener;
}

Result<TlsListenersByName> open_tls_listeners(const BrokerConfig& config) {
  TlsListenersByName listeners;
  for (const auto& [name, settings] : config.tls_listeners) {
    auto opened = TlsListener::open(name, settings);
    if (!opened) return opened.error();
    listeners.emplace(name, std::move(*opened));
  }
  return listeners;
}

}  // namespace ottla::broker
