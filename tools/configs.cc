#include <algorithm>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ottla/admin.h"
#include "tools/client_quotas.h"
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
  bool entity_default = false;  // see `names`
  bool broker_defaults = false;
  bool user_defaults = false;
  bool client_defaults = false;
  bool ip_defaults = false;
  std::vector<std::string> entity_types;
  std::vector<std::string> entity_names;
  // One for each --entity-name and --entity-default, in the order in which they stand.
  std::vector<std::optional<std::string>> names;
  std::string topic;
  std::string broker;
  std::string user;
  std::string client;
  std::string ip;
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
    whose->add_flag("--user-defaults", user_defaults, "users without a quota by name");
    whose->add_option("--client,--client-id", client, "how clients call themselves");
    whose->add_flag("--client-defaults", client_defaults, "clients without a quota by name");
    whose->add_option("--ip", ip, "an address that clients come from");
    whose->add_flag("--ip-defaults", ip_defaults, "addresses without a quota of their own");
    one_by_one(whose->add_option("--entity-type", entity_types,
                                 "topics, brokers, users, clients or ips; users and clients can be "
                                 "given together"))
        ->check(CLI::IsMember({"topics", "brokers", "users", "clients", "ips"}));
    whose->require_option(1, 2);
    one_by_one(app.add_option("--entity-name", entity_names,
                              "the name of a topic, a user or a client, a broker's id, an address"))
        ->needs("--entity-type");
    app.add_flag("--entity-default", entity_default, "what holds where nothing is said by name")
        ->needs("--entity-type");
    app.add_option("--add-config", add_config, "k=v,k=[v1,v2]: settings to set");
    app.add_option("--delete-config", delete_config, "k,k: settings to take back");
    app.add_flag("--all", all, "describe also what nobody has set");
    add_output_flag(app, output);
  }

  // One value each time.
  static CLI::Option* one_by_one(CLI::Option* option) {
    return option->type_size(1)->allow_extra_args(false)->multi_option_policy(
        CLI::MultiOptionPolicy::TakeAll);
  }

  // After the parse.
  void read_names(const CLI::App& app) {
    std::size_t next = 0;
    for (const auto* option : app.parse_order()) {
      if (option->check_name("--entity-default")) names.emplace_back();
      if (option->check_name("--entity-name")) names.emplace_back(entity_names.at(next++));
    }
  }

  bool has_type(std::string_view type) const {
    return std::find(entity_types.begin(), entity_types.end(), type) != entity_types.end();
  }
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
  const auto& type = flags.entity_types.front();
  const bool is_topic = type == "topics";
  if (flags.entity_types.size() > 1) {
    return Error(ErrorCode::invalid_argument, type + " are given without another --entity-type");
  }
  if (!is_topic && !flags.names.empty() && !flags.names[0]) return ConfigResource::all_brokers();
  if (flags.names.size() != 1 || !flags.names[0]) {
    return Error(ErrorCode::invalid_argument,
                 "--entity-name says which of the " + type + " is meant");
  }
  return ConfigResource{is_topic ? ConfigResourceType::topic : ConfigResourceType::broker,
                        *flags.names[0]};
}

// Whose quotas, in the order in which Kafka's tool has them; nothing where it is about topics or
// brokers.
std::vector<QuotaSubject> subjects_of(const Flags& flags) {
  using enum QuotaEntityType;
  std::vector<QuotaSubject> subjects;
  const auto add = [&subjects](bool given, QuotaEntityType type, std::optional<std::string> name) {
    if (given) subjects.push_back({type, false, std::move(name)});
  };
  add(!flags.client.empty(), client_id, flags.client);
  add(!flags.user.empty(), user, flags.user);
  add(!flags.ip.empty(), ip, flags.ip);
  add(flags.client_defaults, client_id, std::nullopt);
  add(flags.user_defaults, user, std::nullopt);
  add(flags.ip_defaults, ip, std::nullopt);
  for (std::size_t i = 0; i < flags.entity_types.size(); ++i) {
    const auto& type = flags.entity_types[i];
    if (type == "topics" || type == "brokers") continue;
    auto& subject = subjects.emplace_back();
    subject.type = type == "users" ? user : type == "clients" ? client_id : ip;
    subject.all = i >= flags.names.size();
    if (!subject.all) subject.name = flags.names[i];
  }
  return subjects;
}

// One of each type at most, and an address alone.
Result<void> check(const std::vector<QuotaSubject>& subjects, const Flags& flags) {
  const bool also_others = flags.has_type("topics") || flags.has_type("brokers") ||
                           !flags.topic.empty() || !flags.broker.empty() || flags.broker_defaults;
  std::vector<QuotaEntityType> types;
  for (const auto& subject : subjects) types.push_back(subject.type);
  std::sort(types.begin(), types.end());
  const bool twice = std::adjacent_find(types.begin(), types.end()) != types.end();
  const bool address = std::find(types.begin(), types.end(), QuotaEntityType::ip) != types.end();
  if (also_others || twice || (address && types.size() > 1)) {
    return Error(ErrorCode::invalid_argument,
                 "only a user and a client can be given together, one of each");
  }
  if (flags.names.size() > flags.entity_types.size()) {
    return Error(ErrorCode::invalid_argument, "there are more names than entity types");
  }
  const auto is_all = [](const QuotaSubject& subject) { return subject.all; };
  if (flags.alter && std::any_of(subjects.begin(), subjects.end(), is_all)) {
    return Error(ErrorCode::invalid_argument,
                 "--entity-name or --entity-default says whose settings are to be changed");
  }
  return {};
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

bool is_scram(std::string_view setting) {
  return setting.starts_with("SCRAM-");
}

// Takes out what is about logging in.
std::vector<std::string> take_scram(std::vector<std::string>& settings) {
  const auto first = std::stable_partition(settings.begin(), settings.end(),
                                           [](const auto& each) { return !is_scram(each); });
  std::vector<std::string> scram(first, settings.end());
  settings.erase(first, settings.end());
  return scram;
}

int describe(Admin& admin, const std::vector<QuotaSubject>& subjects) {
  if (const int code = describe_client_quotas(admin, subjects); code != kSuccess) return code;
  const auto& first = subjects.front();
  const bool logs_in = subjects.size() == 1 && first.type == QuotaEntityType::user;
  if (!logs_in || (!first.all && !first.name)) return kSuccess;
  return describe_scram_users(admin, first.name.value_or(""));
}

// A named user can have both quotas and something to log in with.
int alter(Admin& admin, const Flags& flags, const std::vector<QuotaSubject>& subjects) {
  auto added = split(flags.add_config);
  auto deleted = split(flags.delete_config);
  if (added.empty() && deleted.empty()) {
    return fail(kName, "--alter needs --add-config or --delete-config, or both");
  }
  const auto& first = subjects.front();
  if (subjects.size() == 1 && first.type == QuotaEntityType::user && first.name) {
    const auto credentials = take_scram(added);
    const auto without = take_scram(deleted);
    if (!credentials.empty() || !without.empty()) {
      const int code = alter_scram_user(admin, *first.name, credentials, without);
      if (code != kSuccess || (added.empty() && deleted.empty())) return code;
    }
  }
  return alter_client_quotas(admin, subjects, added, deleted);
}

}  // namespace

int run_configs(const Arguments& arguments) {
  Flags flags;
  CLI::App app(
      "Describes and changes the settings of topics and brokers, the quotas of users, clients and "
      "addresses, and what users log in with.",
      "ottla configs");
  flags.add_to(app);
  if (const auto code = parse_flags(app, arguments)) return *code;
  flags.read_names(app);
  const auto subjects = subjects_of(flags);
  if (!subjects.empty()) {
    if (const auto checked = check(subjects, flags); !checked) return fail(kName, checked.error());
    auto admin = open_admin(flags.cluster);
    if (!admin) return fail(kName, admin.error());
    return flags.alter ? alter(*admin, flags, subjects) : describe(*admin, subjects);
  }
  const auto resource = resource_of(flags);
  if (!resource) return fail(kName, resource.error());
  auto admin = open_admin(flags.cluster);
  if (!admin) return fail(kName, admin.error());
  return flags.alter ? alter(*admin, flags, *resource) : describe(*admin, flags, *resource);
}

}  // namespace ottla::tools
