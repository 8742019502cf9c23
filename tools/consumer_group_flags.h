#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ottla/admin.h"
#include "tools/flags.h"
#include "tools/table.h"

// The command line of `ottla consumer-groups`.
namespace ottla::tools {

inline constexpr const char* kConsumerGroups = "consumer-groups";

// The flags of kafka-consumer-groups, but for --validate-regex.
struct ConsumerGroupFlags {
  ClusterFlags cluster;
  OutputFormat output = OutputFormat::table;
  std::chrono::milliseconds timeout{30'000};

  bool list = false;
  bool describe = false;
  bool remove = false;
  bool reset_offsets = false;
  bool delete_offsets = false;

  std::vector<std::string> groups;  // each once
  bool all_groups = false;
  std::vector<std::string> topics;  // "lines", "lines:0,2"
  bool all_topics = false;

  bool offsets = false;
  bool members = false;
  std::optional<std::string> state;  // empty: without a filter
  std::optional<std::string> type;
  bool verbose = false;

  bool to_earliest = false;
  bool to_latest = false;
  bool to_current = false;
  std::optional<std::int64_t> to_offset;
  std::optional<std::int64_t> shift_by;
  std::string to_datetime;
  std::string by_duration;
  std::string from_file;
  bool dry_run = false;
  bool execute = false;
  bool export_csv = false;

  AdminOptions options() const { return {.timeout = timeout}; }
};

// Reads the flags; an exit code if the command ends here: --help, or flags that are wrong, alone or
// together. Each action refuses what it would not heed.
std::optional<int> read_flags(const Arguments& arguments, ConsumerGroupFlags& flags);

// What a --topic means.
struct TopicScope {
  std::string topic{};
  std::vector<std::int32_t> partitions{};  // empty: all

  bool operator==(const TopicScope&) const = default;
};

// "lines", "lines:0,2". Error: invalid_argument.
Result<TopicScope> parse_topic(const std::string& argument);

}  // namespace ottla::tools
