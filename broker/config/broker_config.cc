#include "broker/config/broker_config.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "broker/config/authorization.h"
#include "broker/config/broker_config_keys.h"
#include "broker/config/topic_config.h"

namespace ottla::broker {
namespace {

constexpr std::string_view kListeners = "listeners";
constexpr std::string_view kAdvertisedListeners = "advertised.listeners";
constexpr std::string_view kProtocolMap = "listener.security.protocol.map";
constexpr std::string_view kControllerListeners = "controller.listener.names";

// Reads one property map into one config; a step that fails ends it.
class ConfigReader {
 public:
  explicit ConfigReader(const Properties& properties) : properties_(properties) {
    config_.explicit_values = properties;
  }

  Result<BrokerConfig> read() {
    using Step = Result<void> (ConfigReader::*)();
    constexpr Step kSteps[] = {&ConfigReader::apply_synonyms, &ConfigReader::read_keys,
                               &ConfigReader::read_roles,     &ConfigReader::read_all_listeners,
                               &ConfigReader::read_tls,       &ConfigReader::read_sasl,
                               &ConfigReader::check_exposure, &ConfigReader::check_authorization,
                               &ConfigReader::check_log_dirs, &ConfigReader::check_http_listener,
                               &ConfigReader::check_cleaner};
    for (const Step step : kSteps) {
      if (auto done = (this->*step)(); !done) return done.error();
    }
    return std::move(config_);
  }

 private:
  const std::string* find(std::string_view key) const {
    const auto found = properties_.find(key);
    return found == properties_.end() ? nullptr : &found->second;
  }

  // Older names of keys, where the newer one is not set as well.
  Result<void> apply_synonyms() {
    constexpr std::pair<std::string_view, std::string_view> kSynonyms[] = {{"broker.id", "node.id"},
                                                                           {"log.dir", "log.dirs"}};
    for (const auto& [old_name, name] : kSynonyms) {
      const auto* value = find(old_name);
      if (value == nullptr || find(name) != nullptr) continue;
      if (auto set = find_broker_key(name)->assign(config_, old_name, *value); !set) return set;
    }
    return {};
  }

  Result<void> read_keys() {
    for (const auto& [name, value] : properties_) {
      if (auto read = read_key(name, value); !read) return read;
    }
    return {};
  }

  Result<void> read_key(const std::string& name, const std::string& value) {
    if (const auto* key = find_broker_key(name)) return key->assign(config_, name, value);
    const auto [topic_key, synonym] = find_topic_key_by_synonym(name);
    if (topic_key != nullptr) return check_topic_default(*topic_key, *synonym, value);
    if (is_handled_elsewhere(name)) return {};
    if (!is_kafka_broker_key(name)) return unknown_key(name);
    config_.warnings.push_back(name + " is a setting of Apache Kafka without effect here");
    return {};
  }

  static bool is_handled_elsewhere(std::string_view name) {
    constexpr std::string_view kNames[] = {"broker.id",          "log.dir",
                                           kProtocolMap,         "process.roles",
                                           kControllerListeners, "controller.quorum.voters"};
    return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames) ||
           is_listener_tls_key(name) || is_listener_sasl_key(name);
  }

  Result<void> check_topic_default(const TopicKey& key, const TopicKeySynonym& synonym,
                                   const std::string& value) {
    ValueRule rule = key.rule();
    if (synonym.multiplier != 1) rule = {.type = ConfigType::int32, .min = -1};
    if (auto checked = check_value(synonym.name, value, rule); !checked) return checked;
    if (key.name == "flush.messages" || key.name == "flush.ms") {
      config_.warnings.push_back(std::string(synonym.name) +
                                 " has no effect: ottla.durability decides, and flush.messages of "
                                 "single topics");
    }
    return {};
  }

  static Error unknown_key(std::string_view name) {
    std::vector<std::string_view> names;
    for (const auto& key : broker_keys()) names.push_back(key.name);
    const auto kafka = kafka_broker_keys();
    names.insert(names.end(), kafka.begin(), kafka.end());
    return unknown_name("setting", name, names);
  }

  Result<void> read_roles() {
    if (const auto* roles = find("process.roles")) {
      const auto named = split_list(*roles);
      const auto has = [&](std::string_view role) {
        return std::find(named.begin(), named.end(), role) != named.end();
      };
      if (!has("broker") || !has("controller")) {
        return bad_value("process.roles", *roles,
                         "expected broker,controller: this broker has a controller of its own and "
                         "does not join others");
      }
    }
    const auto* voters = find("controller.quorum.voters");
    if (voters != nullptr && split_list(*voters).size() > 1) {
      return bad_value("controller.quorum.voters", *voters,
                       "expected this node alone: this broker has a controller of its own and does "
                       "not join others");
    }
    return {};
  }

  Result<SecurityProtocolMap> protocols() const {
    const auto* map = find(kProtocolMap);
    if (map == nullptr) return SecurityProtocolMap();
    return parse_security_protocol_map(kProtocolMap, *map);
  }

  // The listeners of `key` but for those of the controller, which here needs none.
  Result<std::vector<ListenerConfig>> read_listeners(std::string_view key, const std::string& value,
                                                     SecurityProtocolMap map) {
    std::vector<std::string> controllers;
    if (const auto* names = find(kControllerListeners)) controllers = split_list(*names);
    for (const auto& name : controllers) map.emplace(name, SecurityProtocol::plaintext);
    auto listeners = parse_listeners(key, value, map);
    if (!listeners) return listeners;
    std::erase_if(*listeners, [&](const ListenerConfig& listener) {
      return std::find(controllers.begin(), controllers.end(), listener.name) != controllers.end();
    });
    if (listeners->empty()) return bad_value(key, value, "expected a listener for clients");
    return listeners;
  }

  Result<void> read_all_listeners() {
    auto map = protocols();
    if (!map) return map.error();
    if (const auto* value = find(kListeners)) {
      auto listeners = read_listeners(kListeners, *value, *map);
      if (!listeners) return listeners.error();
      config_.listeners = *std::move(listeners);
    }
    if (const auto* value = find(kAdvertisedListeners)) {
      auto listeners = read_listeners(kAdvertisedListeners, *value, *map);
      if (!listeners) return listeners.error();
      config_.advertised_listeners = *std::move(listeners);
    }
    if (auto checked = check_advertised(); !checked) return checked;
    return check_inter_broker_listener();
  }

  const ListenerConfig* listener_named(std::string_view name) const {
    for (const auto& listener : config_.listeners) {
      if (listener.name == name) return &listener;
    }
    return nullptr;
  }

  Result<void> check_advertised() const {
    for (const auto& advertised : config_.advertised_listeners) {
      const auto text = advertised.to_string();
      if (listener_named(advertised.name) == nullptr) {
        return bad_value(kAdvertisedListeners, text, "there is no such name in listeners");
      }
      const auto& host = advertised.endpoint.host;
      if (host.empty() || host == "0.0.0.0" || host == "::") {
        return bad_value(kAdvertisedListeners, text, "expected an address clients can connect to");
      }
    }
    return {};
  }

  Result<void> check_inter_broker_listener() const {
    const auto& name = config_.inter_broker_listener_name;
    if (name.empty() || listener_named(name) != nullptr) return {};
    return bad_value("inter.broker.listener.name", name, "there is no such name in listeners");
  }

  Result<void> read_tls() {
    for (const auto& listener : config_.listeners) {
      if (!uses_tls(listener.protocol)) continue;
      auto tls = read_listener_tls(properties_, listener.name);
      if (!tls) return tls.error();
      config_.tls_listeners.emplace(listener.name, *std::move(tls));
    }
    return {};
  }

  Result<void> read_sasl() {
    for (const auto& listener : config_.listeners) {
      if (!uses_sasl(listener.protocol)) continue;
      auto sasl = read_listener_sasl(properties_, listener.name);
      if (!sasl) return sasl.error();
      config_.sasl_listeners.emplace(listener.name, *std::move(sasl));
    }
    return {};
  }

  Result<void> check_authorization() {
    const auto& name = config_.authorizer_class_name;
    if (!name.empty() && name != kStandardAuthorizer) {
      return bad_value("authorizer.class.name", name,
                       "expected " + std::string(kStandardAuthorizer) + " or nothing");
    }
    return check_super_users(config_.super_users);
  }

  // Nobody is served by accident.
  Result<void> check_exposure() {
    if (config_.ottla_insecure) return {};
    for (const auto& listener : config_.listeners) {
      if (authenticates(listener) || is_of_this_machine(listener.endpoint.host)) continue;
      return bad_value(kListeners, listener.to_string(),
                       "whoever reaches it from another machine would be served without being "
                       "asked who they are. Listen on 127.0.0.1, or have clients log in "
                       "(SASL_SSL, see sasl.enabled.mechanisms) or show a certificate (SSL with "
                       "ssl.client.auth=required); with ottla.insecure=true "
                       "everybody is served");
    }
    return {};
  }

  // Whether clients say who they are, by logging in or by a certificate.
  bool authenticates(const ListenerConfig& listener) const {
    if (uses_sasl(listener.protocol)) return true;
    const auto tls = config_.tls_listeners.find(listener.name);
    return tls != config_.tls_listeners.end() &&
           tls->second.client_auth == base::TlsClientAuth::required;
  }

  // Names are not resolved: any but the usual one may be reached from elsewhere, also one that
  // begins like an address.
  static bool is_of_this_machine(std::string_view host) {
    const bool is_numeric = host.find_first_not_of("0123456789.") == std::string_view::npos;
    return host == "localhost" || host == "::1" || (is_numeric && host.starts_with("127."));
  }

  Result<void> check_log_dirs() {
    const auto* value = find("log.dirs") != nullptr ? find("log.dirs") : find("log.dir");
    const auto bad = [&](std::string_view expected) {
      return bad_value("log.dirs", value != nullptr ? *value : "", expected);
    };
    std::set<std::string> seen;
    for (const auto& path : config_.log_dirs) {
      if (path.empty()) return bad("expected directories, separated by commas");
      if (!seen.insert(whole_path(path)).second) return bad("a directory stands there twice");
    }
    if (seen.empty()) return bad("expected at least one directory");
    return {};
  }

  Result<void> check_http_listener() {
    const auto& text = config_.ottla_http_listener;
    if (text.empty() || base::Endpoint::parse(text)) return {};
    return bad_value("ottla.http.listener", text, "expected host:port, for example 127.0.0.1:9644");
  }

  Result<void> check_cleaner() { return check_cleaner_memory(config_); }

  const Properties& properties_;
  BrokerConfig config_;
};

}  // namespace

Result<void> check_cleaner_memory(const BrokerConfig& config) {
  constexpr std::int64_t kLeast = 1 << 20;
  const std::int64_t threads = config.log_cleaner_threads;
  const auto memory = config.log_cleaner_dedupe_buffer_size;
  if (!config.log_cleaner_enable || threads <= 0 || memory / threads >= kLeast) return {};
  return bad_value("log.cleaner.threads", std::to_string(threads),
                   "log.cleaner.dedupe.buffer.size=" + std::to_string(memory) +
                       " leaves each less than 1048576 bytes for keys; expected fewer threads or "
                       "more memory");
}

std::string whole_path(const std::string& path) {
  auto whole = std::filesystem::absolute(path).lexically_normal().string();
  if (whole.size() > 1 && whole.back() == '/') whole.pop_back();
  return whole;
}

Result<BrokerConfig> BrokerConfig::from_properties(const Properties& properties) {
  return ConfigReader(properties).read();
}

}  // namespace ottla::broker
