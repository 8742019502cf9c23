#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ottla/admin.h"
#include "tools/command.h"
#include "tools/flags.h"
#include "tools/table.h"

namespace ottla::tools {
namespace {

namespace json = boost::json;

constexpr const char* kName = "broker-api-versions";

std::string text_of(const ApiSupport& api) {
  const auto key = std::to_string(static_cast<std::int16_t>(api.key));
  auto text = (api.name.empty() ? "UNKNOWN" : api.name) + "(" + key + "): ";
  if (!api.versions) return text + "UNSUPPORTED";
  text += std::to_string(api.versions->oldest);
  if (api.versions->newest != api.versions->oldest) {
    text += " to " + std::to_string(api.versions->newest);
  }
  if (api.usable) return text + " [usable: " + std::to_string(*api.usable) + "]";
  return api.name.empty() ? text : text + " [unusable]";
}

std::string text_of(const Node& node) {
  return node.host + ":" + std::to_string(node.port) + " (id: " + std::to_string(node.id) +
         " rack: " + node.rack.value_or("null") + " isFenced: false)";
}

template <class T>
json::value value_of(const std::optional<T>& number) {
  return number ? json::value(*number) : json::value(nullptr);
}

json::array array_of(const std::vector<ApiSupport>& apis) {
  json::array array;
  for (const auto& api : apis) {
    std::optional<std::int16_t> oldest;
    std::optional<std::int16_t> newest;
    if (api.versions) oldest = api.versions->oldest;
    if (api.versions) newest = api.versions->newest;
    array.push_back({{"key", static_cast<std::int16_t>(api.key)},
                     {"name", api.name},
                     {"oldest", value_of(oldest)},
                     {"newest", value_of(newest)},
                     {"usable", value_of(api.usable)}});
  }
  return array;
}

void print(const Node& node, const std::vector<ApiSupport>& apis) {
  std::cout << text_of(node) << " -> (";
  const char* separator = "\n\t";
  for (const auto& api : apis) std::cout << std::exchange(separator, ",\n\t") << text_of(api);
  std::cout << "\n)\n";
}

int print_all(const std::vector<Node>& nodes, const BrokerApis& described, OutputFormat output) {
  int code = kSuccess;
  json::array brokers;
  for (const auto& node : nodes) {
    const auto found = described.find(node.id);
    if (found == described.end()) continue;
    const auto& apis = found->second;
    if (!apis) {
      code = fail(kName, apis.error());
    } else if (output == OutputFormat::json) {
      brokers.push_back({{"broker", node.id}, {"apis", array_of(*apis)}});
    } else {
      print(node, *apis);
    }
  }
  if (output == OutputFormat::json) std::cout << json::serialize(brokers) << '\n';
  return code;
}

}  // namespace

int run_broker_api_versions(const Arguments& arguments) {
  ClusterFlags flags;
  OutputFormat output = OutputFormat::table;
  CLI::App app(
      "Prints which versions of which APIs each broker serves, and the newest that is spoken here.",
      "ottla broker-api-versions");
  flags.add_to(app);
  add_output_flag(app, output);
  if (const auto code = parse_flags(app, arguments)) return *code;
  auto admin = open_admin(flags);
  if (!admin) return fail(kName, admin.error());
  const auto cluster = admin->describe_cluster().get();
  if (!cluster) return fail(kName, cluster.error());
  const auto described = admin->describe_broker_apis().get();
  if (!described) return fail(kName, described.error());
  return print_all(cluster->nodes, *described, output);
}

}  // namespace ottla::tools
