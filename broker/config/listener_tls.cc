#include "broker/config/listener_tls.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/ssl_keys.h"
#include "broker/config/config_value.h"

namespace ottla::broker {
namespace {

constexpr std::string_view kListenerPrefix = "listener.name.";
constexpr std::string_view kClientAuth = "ssl.client.auth";
constexpr std::string_view kMappingRules = "ssl.principal.mapping.rules";

// The rest of listener.name.LISTENER.KEY; other keys as they are.
std::string_view without_listener(std::string_view key) {
  if (!key.starts_with(kListenerPrefix)) return key;
  const auto dot = key.find('.', kListenerPrefix.size());
  return dot == std::string_view::npos ? key : key.substr(dot + 1);
}

bool is_tls_key(std::string_view key) {
  const auto keys = base::ssl_keys();
  return key == kClientAuth || key == kMappingRules || base::is_jvm_ssl_key(key) ||
         std::find(keys.begin(), keys.end(), key) != keys.end();
}

Result<base::TlsClientAuth> parse_client_auth(const std::string& key, std::string_view value) {
  const auto lower = base::lower_case(trim(value));
  if (lower == "none") return base::TlsClientAuth::none;
  if (lower == "requested") return base::TlsClientAuth::requested;
  if (lower == "required") return base::TlsClientAuth::required;
  return bad_value(key, value, "expected none, requested or required");
}

Result<void> set(ListenerTls& tls, const std::string& name, std::string_view key,
                 std::string_view value) {
  if (key == kClientAuth) {
    const auto client_auth = parse_client_auth(name, value);
    if (!client_auth) return client_auth.error();
    tls.client_auth = *client_auth;
  } else if (key == kMappingRules) {
    tls.principal_mapping_rules = std::string(trim(value));
  } else {
    base::set_ssl_key(tls.ssl, key, value);
  }
  return {};
}

}  // namespace

bool is_listener_tls_key(std::string_view key) {
  return is_tls_key(without_listener(key));
}

Result<ListenerTls> read_listener_tls(const Properties& properties, std::string_view listener) {
  ListenerTls tls;
  const auto own = std::string(kListenerPrefix) + base::lower_case(listener) + '.';
  // What is said for this listener comes last, and wins.
  for (const std::string_view prefix : {std::string_view(), std::string_view(own)}) {
    for (const auto& [name, value] : properties) {
      if (!name.starts_with(prefix)) continue;
      const auto key = std::string_view(name).substr(prefix.size());
      if (!is_tls_key(key)) continue;
      if (auto done = set(tls, name, key, value); !done) return done.error();
    }
  }
  return tls;
}

}  // namespace ottla::broker
