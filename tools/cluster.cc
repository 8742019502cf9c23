#include <algorithm>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ottla/admin.h"
#include "tools/command.h"
#include "tools/flags.h"
#include "tools/table.h"

namespace ottla::tools {
namespace {

constexpr const char* kName = "cluster";

int print_id(Admin& admin) {
  const auto cluster = admin.describe_cluster().get();
  if (!cluster) return fail(kName, cluster.error());
  if (cluster->cluster_id.empty()) {
    return fail(kName, "the cluster tells no id; it is older than Kafka 0.10.1");
  }
  std::cout << "Cluster ID: " << cluster->cluster_id << '\n';
  return kSuccess;
}

int list_endpoints(Admin& admin, bool include_fenced, OutputFormat output) {
  DescribeClusterOptions options;
  options.include_fenced_brokers = include_fenced;
  const auto cluster = admin.describe_cluster(options).get();
  if (!cluster) return fail(kName, cluster.error());
  std::vector<Row> rows;
  // As wide as the widest of those that have one; of Kafka's width where none has.
  std::size_t rack_width = 0;
  std::size_t host_width = 1;
  for (const auto& node : cluster->nodes) {
    const bool fenced = std::binary_search(cluster->fenced.begin(), cluster->fenced.end(), node.id);
    rack_width = std::max(rack_width, node.rack.value_or("").size());
    host_width = std::max(host_width, node.host.size());
    rows.push_back({node.id, node.host, node.port, Cell(node.rack, "null"),
                    std::string_view(fenced ? "fenced" : "unfenced"), std::string_view("broker")});
  }
  PaddedTables table(std::cout, output,
                     {{"ID", "id", 10},
                      {"HOST", "host", host_width},
                      {"PORT", "port", 10},
                      {"RACK", "rack", rack_width == 0 ? 10 : rack_width},
                      {"STATE", "state", 10},
                      {"ENDPOINT_TYPE", "endpointType", 15}});
  table.add(rows, PaddedTables::Lead::none);
  table.finish();
  return kSuccess;
}

}  // namespace

int run_cluster(const Arguments& arguments) {
  ClusterFlags flags;
  bool include_fenced = false;
  OutputFormat output = OutputFormat::table;
  CLI::App app("Looks at a cluster as a whole.", "ottla cluster");
  auto* id = app.add_subcommand("cluster-id", "print the cluster's id");
  flags.add_to(*id);
  auto* endpoints = app.add_subcommand("list-endpoints", "print where its brokers are");
  flags.add_to(*endpoints);
  endpoints->add_flag("--include-fenced-brokers", include_fenced,
                      "also brokers that are registered and not in service");
  add_output_flag(*endpoints, output);
  app.require_subcommand(1);
  if (const auto code = parse_flags(app, arguments)) return *code;
  auto admin = open_admin(flags);
  if (!admin) return fail(kName, admin.error());
  if (id->parsed()) return print_id(*admin);
  return list_endpoints(*admin, include_fenced, output);
}

}  // namespace ottla::tools
