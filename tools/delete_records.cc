#include <cstdint>
#include <iostream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ottla/admin.h"
#include "tools/command.h"
#include "tools/flags.h"
#include "tools/partitions_file.h"
#include "tools/table.h"

namespace ottla::tools {
namespace {

constexpr const char* kName = "delete-records";
using Offsets = std::map<TopicPartition, std::int64_t>;

int delete_records(Admin& admin, Offsets offsets, OutputFormat output) {
  const bool table = output == OutputFormat::table;
  if (table) std::cout << "Executing records delete operation\n";
  const auto deleted = admin.delete_records(std::move(offsets)).get();
  if (!deleted) return fail(kName, deleted.error());
  if (table) std::cout << "Records delete operation completed:\n";
  int code = kSuccess;
  std::vector<Row> rows;
  for (const auto& [partition, start] : *deleted) {
    if (!start) {
      code = fail(kName, "partition " + to_string(partition) + ": " + start.error().to_string());
    } else if (table) {
      std::cout << "partition: " << partition << "\tlow_watermark: " << *start << '\n';
    } else {
      rows.push_back({partition.topic, partition.partition, *start});
    }
  }
  if (!table) {
    print_table(std::cout, output,
                {{"TOPIC", "topic"}, {"PARTITION", "partition"}, {"LOW WATERMARK", "lowWatermark"}},
                rows);
  }
  return code;
}

}  // namespace

int run_delete_records(const Arguments& arguments) {
  ClusterFlags cluster;
  std::string file;
  CLI::App app("Deletes the records of partitions below given offsets.", "ottla delete-records");
  cluster.add_to(app);
  app.add_option("--offset-json-file", file,
                 R"({"partitions": [{"topic": "t", "partition": 0, "offset": 1}]}; -1: all)")
      ->required();
  OutputFormat output = OutputFormat::table;
  add_output_flag(app, output);
  if (const auto code = parse_flags(app, arguments)) return *code;
  auto offsets = read_partitions_file(file, PartitionsFile::with_offsets);
  if (!offsets) return fail(kName, offsets.error());
  auto admin = open_admin(cluster);
  if (!admin) return fail(kName, admin.error());
  return delete_records(*admin, std::move(*offsets), output);
}

}  // namespace ottla::tools
