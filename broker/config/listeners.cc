#include "broker/config/listeners.h"

#include <set>

#include "broker/config/config_value.h"

namespace ottla::broker {
namespace {

std::string upper_case(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  return upper;
}

Result<ListenerConfig> parse_listener(std::string_view key, std::string_view text,
                                      const SecurityProtocolMap& protocols) {
  const auto colon = text.find("://");
  if (colon == std::string_view::npos || colon == 0) {
    return bad_value(key, text, "expected NAME://host:port, for example PLAINTEXT://:9092");
  }
  ListenerConfig listener;
  listener.name = upper_case(text.substr(0, colon));
  const auto mapped = protocols.find(listener.name);
  const auto own = parse_security_protocol(listener.name);
  if (mapped == protocols.end() && !own) {
    return bad_value(key, text,
                     "the listener " + listener.name + " has no security protocol; add " +
                         listener.name + ":PLAINTEXT to listener.security.protocol.map");
  }
  listener.protocol = mapped != protocols.end() ? mapped->second : *own;
  auto endpoint = base::Endpoint::parse(text.substr(colon + 3));
  if (!endpoint) return bad_value(key, text, "expected a host and a port from 0 to 65535");
  listener.endpoint = *std::move(endpoint);
  return listener;
}

}  // namespace

std::string ListenerConfig::to_string() const {
  return name + "://" + endpoint.to_string();
}

Result<SecurityProtocolMap> parse_security_protocol_map(std::string_view key,
                                                        std::string_view value) {
  SecurityProtocolMap map;
  for (const auto& entry : split_list(value)) {
    const auto colon = entry.find(':');
    const auto name = upper_case(trim(std::string_view(entry).substr(0, colon)));
    const auto protocol =
        colon == std::string::npos
            ? std::nullopt
            : parse_security_protocol(trim(std::string_view(entry).substr(colon + 1)));
    if (name.empty() || !protocol) {
      return bad_value(key, value,
                       "expected NAME:PROTOCOL with one of PLAINTEXT, SSL, SASL_PLAINTEXT, "
                       "SASL_SSL, but there is \"" +
                           entry + "\"");
    }
    if (!map.emplace(name, *protocol).second) {
      return bad_value(key, value, "the name " + name + " stands there twice");
    }
  }
  return map;
}

Result<std::vector<ListenerConfig>> parse_listeners(std::string_view key, std::string_view value,
                                                    const SecurityProtocolMap& protocols) {
  std::vector<ListenerConfig> listeners;
  std::set<std::string> names;
  std::set<std::pair<std::string, std::uint16_t>> places;
  for (const auto& entry : split_list(value)) {
    auto listener = parse_listener(key, entry, protocols);
    if (!listener) return listener.error();
    if (!names.insert(listener->name).second) {
      return bad_value(key, value, "the name " + listener->name + " stands there twice");
    }
    const auto& at = listener->endpoint;
    const bool bound = key == "listeners" && at.port != 0;
    if (bound && !places.emplace(at.host, at.port).second) {
      return bad_value(key, value, "two listeners at " + at.to_string());
    }
    listeners.push_back(*std::move(listener));
  }
  if (listeners.empty()) return bad_value(key, value, "expected at least one listener");
  return listeners;
}

}  // namespace ottla::broker
