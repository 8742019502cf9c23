#include <boost/json.hpp>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <limits>
#include <map>
#include <sstream>
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

constexpr const char* kName = "delete-records";
using Offsets = std::map<TopicPartition, std::int64_t>;

Error malformed(const std::string& why) {
  return {ErrorCode::invalid_argument,
          why + R"(; expected {"partitions": [{"topic": "t", "partition": 0, "offset": 1}]})"};
}

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error(ErrorCode::not_found, "cannot read " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

const std::int64_t* integer_in(const json::object& object, const char* key) {
  const auto* value = object.if_contains(key);
  return value == nullptr ? nullptr : value->if_int64();
}

Result<void> add(const json::value& entry, Offsets& offsets) {
  const auto* object = entry.if_object();
  const auto* topic = object == nullptr ? nullptr : object->if_contains("topic");
  if (topic == nullptr || !topic->is_string()) return malformed("an entry has no topic");
  const auto* partition = integer_in(*object, "partition");
  const auto* offset = integer_in(*object, "offset");
  if (partition == nullptr || *partition < 0 ||
      *partition > std::numeric_limits<std::int32_t>::max()) {
    return malformed("an entry has no partition");
  }
  if (offset == nullptr) return malformed("an entry has no offset");
  TopicPartition id{std::string(topic->as_string()), static_cast<std::int32_t>(*partition)};
  const auto name = to_string(id);
  if (!offsets.emplace(std::move(id), *offset).second) {
    return malformed(name + " stands there twice");
  }
  return {};
}

// The file of Kafka's script: the version, if there is one, is 1.
Result<Offsets> parse_offsets(const std::string& text) {
  boost::system::error_code failure;
  const auto value = json::parse(text, failure);
  if (failure) return malformed("the file is no JSON: " + failure.message());
  const auto* object = value.if_object();
  const auto* partitions = object == nullptr ? nullptr : object->if_contains("partitions");
  if (partitions == nullptr || !partitions->is_array()) return malformed("there are no partitions");
  if (object->contains("version")) {
    const auto* version = integer_in(*object, "version");
    if (version == nullptr || *version != 1) return malformed("only version 1 is known");
  }
  Offsets offsets;
  for (const auto& entry : partitions->as_array()) {
    if (auto added = add(entry, offsets); !added) return added.error();
  }
  return offsets;
}

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
  const auto text = read_file(file);
  if (!text) return fail(kName, text.error());
  auto offsets = parse_offsets(*text);
  if (!offsets) return fail(kName, file + ": " + offsets.error().message());
  auto admin = open_admin(cluster);
  if (!admin) return fail(kName, admin.error());
  return delete_records(*admin, std::move(*offsets), output);
}

}  // namespace ottla::tools
