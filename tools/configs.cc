#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ottla/admin.h"
#include "tools/command.h"
#include "tools/flags.h"
#include "tools/scram_users.h"
#include "tools/table.h"

namespace ottla::tools {
namespace {

namespace json = boost::json;

constexpr const char* kName = "configs";

struct Flags {
  ClusterFlags cluster;
  bool alter = false;
  bool describe = false;
  bool all = false;
  bool entity_default = false;
  bool broker_defaults = false;
  std::string entity_type;
  std::string entity_name;
  std::string topic;
  std::string broker;
  std::string user;
  std::string add_config;
  std::string delete_config;
  OutputFormat output = OutputFormat::table;

  void add_to(CLI::App& app) {
    cluster.add_to(app);
    auto* what = app.add_option_group("what to do");
    what->add_flag("--alter", alter, "change settings");
    what->add_flag("--describe", describe, "print settings");
    what->require_option(1);
    auto* whose = app.add_option_group("whose settings");
    whose->add_option("--topic", topic, "a topic's name");
    whose->add_option("--broker", broker, "a broker's id");
    whose->add_flag("--broker-defaults", broker_defaults, "what holds for all brokers");
    whose->add_option("--user", user, "a user's name");
    whose->add_option("--entity-type", entity_type, "topics, brokers or users")
        ->check(CLI::IsMember({"topics", "brokers", "users"}));
    whose->require_option(1);
    app.add_option("--entity-name", entity_name, "a topic's or a user's name, or a broker's id")
        ->needs("--entity-type");
    app.add_flag("--entity-default", entity_default, "what holds for all brokers")
        ->needs("--entity-type");
    app.add_option("--add-config", add_config, "k=v,k=[v1,v2]: settings to set");
    app.add_option("--delete-config", delete_config, "k,k: settings to take back");
    app.add_flag("--all", all, "describe also what nobody has set");
    add_output_flag(app, output);
  }

  bool of_users() const { return !user.empty() || entity_type == "users"; }
};

// The parts between commas that stand in no brackets.
std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts;
  std::string part;
  int depth = 0;
  for (const char letter : list) {
    depth += letter == '[' ? 1 : letter == ']' ? -1 : 0;
    if (letter == ',' && depth == 0) {
      parts.push_back(std::exchange(part, {}));
    } else {
      part += letter;
    }
  }
  if (!part.empty()) parts.push_back(std::move(part));
  return parts;
}

std::string without_brackets(const std::string& value) {
  const bool list = value.size() >= 2 && value.front() == '[' && value.back() == ']';
  return list ? value.substr(1, value.size() - 2) : value;
}

Result<ConfigResource> resource_of(const Flags& flags) {
  if (!flags.topic.empty()) return ConfigResource::topic(flags.topic);
  if (!flags.broker.empty()) return ConfigResource{ConfigResourceType::broker, flags.broker};
  if (flags.broker_defaults) return ConfigResource::all_brokers();
  if (flags.entity_type == "brokers" && flags.entity_default) return ConfigResource::all_brokers();
  if (flags.entity_name.empty()) {
    return Error(ErrorCode::invalid_argument,
                 "--entity-name says which of the " + flags.entity_type + " is meant");
  }
  return ConfigResource{
      flags.entity_type == "topics" ? ConfigResourceType::topic : ConfigResourceType::broker,
      flags.entity_name};
}

Result<std::vector<ConfigChange>> changes_of(const Flags& flags) {
  std::vector<ConfigChange> changes;
  const auto pairs = parse_pairs(split(flags.add_config));
  if (!pairs) return pairs.error();
  for (const auto& [name, value] : *pairs) changes.push_back({name, without_brackets(value)});
  for (auto& name : split(flags.delete_config)) {
    changes.push_back({.name = std::move(name), .op = ConfigOp::remove});
  }
  if (changes.empty()) {
    return Error(ErrorCode::invalid_argument,
                 "--alter needs --add-config or --delete-config, or both");
  }
  return changes;
}

// What holds for all brokers.
bool is_default(const ConfigResource& resource) {
  return resource.type == ConfigResourceType::broker && resource.name.empty();
}

std::string title(const ConfigResource& resource, bool all) {
  if (is_default(resource)) return "Default configs for brokers in the cluster";
  return (all ? "All configs for " : "Dynamic configs for ") + to_string(resource);
}

int alter(Admin& admin, const Flags& flags, const ConfigResource& resource) {
  auto changes = changes_of(flags);
  if (!changes) return fail(kName, changes.error());
  const auto outcomes = admin.incremental_alter_configs({{resource, std::move(*changes)}}).get();
  if (!outcomes) return fail(kName, outcomes.error());
  for (const auto& [changed, error] : *outcomes) {
    if (error) return fail(kName, to_string(changed) + ": " + error->to_string());
    std::cout << "Completed updating "
              << (is_default(changed) ? "default config for brokers in the cluster"
                                      : "config for " + to_string(changed))
              << ".\n";
  }
  return kSuccess;
}

std::string_view name_of(ConfigSource source) {
  switch (source) {
    case ConfigSource::topic:
      return "DYNAMIC_TOPIC_CONFIG";
    case ConfigSource::dynamic_broker:
      return "DYNAMIC_BROKER_CONFIG";
    case ConfigSource::dynamic_default_broker:
      return "DYNAMIC_DEFAULT_BROKER_CONFIG";
    case ConfigSource::static_broker:
      return "STATIC_BROKER_CONFIG";
    case ConfigSource::defaults:
      return "DEFAULT_CONFIG";
    case ConfigSource::unknown:
      break;
  }
  return "UNKNOWN";
}

// Whether somebody has set it for this resource, while the cluster ran.
bool is_dynamic(const ConfigResource& resource, ConfigSource source) {
  if (resource.type == ConfigResourceType::topic) return source == ConfigSource::topic;
  return source == ConfigSource::dynamic_broker || source == ConfigSource::dynamic_default_broker;
}

void print(const ConfigEntry& entry) {
  std::cout << "  " << entry.name << '=' << entry.value.value_or("null")
            << " sensitive=" << (entry.sensitive ? "true" : "false") << " synonyms={";
  std::string_view comma;
  for (const auto& synonym : entry.synonyms) {
    std::cout << comma << name_of(synonym.source) << ':' << synonym.name << '='
              << synonym.value.value_or("null");
    comma = ", ";
  }
  std::cout << "}\n";
}

json::value value_of(const std::optional<std::string>& text) {
  return text ? json::value(*text) : json::value(nullptr);
}

json::object object_of(const ConfigEntry& entry) {
  json::array synonyms;
  for (const auto& synonym : entry.synonyms) {
    synonyms.push_back({{"source", name_of(synonym.source)},
                        {"name", synonym.name},
                        {"value", value_of(synonym.value)}});
  }
  return {{"name", entry.name},
          {"value", value_of(entry.value)},
          {"source", name_of(entry.source)},
          {"readOnly", entry.read_only},
          {"sensitive", entry.sensitive},
          {"synonyms", std::move(synonyms)}};
}

void print_json(const ConfigResource& resource, const std::vector<ConfigEntry>& entries, bool all) {
  json::array array;
  for (const auto& entry : entries) {
    if (all || is_dynamic(resource, entry.source)) array.push_back(object_of(entry));
  }
  std::cout << json::serialize(array) << '\n';
}

int describe(Admin& admin, const Flags& flags, const ConfigResource& resource) {
  const auto described =
      admin.describe_configs({resource}, {.timeout = {}, .include_synonyms = true}).get();
  if (!described) return fail(kName, described.error());
  for (const auto& [asked, entries] : *described) {
    if (!entries) return fail(kName, to_string(asked) + ": " + entries.error().to_string());
    if (flags.output == OutputFormat::json) {
      print_json(asked, *entries, flags.all);
      continue;
    }
    std::cout << title(asked, flags.all) << " are:\n";
    for (const auto& entry : *entries) {
      if (flags.all || is_dynamic(asked, entry.source)) print(entry);
    }
  }
  return kSuccess;
}

int run_for_users(Admin& admin, const Flags& flags) {
  const auto& user = flags.user.empty() ? flags.entity_name : flags.user;
  if (flags.describe) return describe_scram_users(admin, user);
  if (user.empty()) return fail(kName, "--entity-name says which of the users is meant");
  const auto added = split(flags.add_config);
  const auto deleted = split(flags.delete_config);
  if (added.empty() && deleted.empty()) {
    return fail(kName, "--alter needs --add-config or --delete-config, or both");
  }
  return alter_scram_user(admin, user, added, deleted);
}

}  // namespace

int run_configs(const Arguments& arguments) {
  Flags flags;
  CLI::App app(
      "Describes and changes the settings of topics and brokers, and what users log in with.",
      "ottla configs");
  flags.add_to(app);
  if (const auto code = parse_flags(app, arguments)) return *code;
  const auto resource = flags.of_users() ? ConfigResource{} : resource_of(flags);
  if (!resource) return fail(kName, resource.error());
  auto admin = open_admin(flags.cluster);
  if (!admin) return fail(kName, admin.error());
  if (flags.of_users()) return run_for_users(*admin, flags);
  return flags.alter ? alter(*admin, flags, *resource) : describe(*admin, flags, *resource);
}

}  // namespace ottla::tools
