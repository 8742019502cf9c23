#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ottla/admin.h"
#include "tools/flags.h"
#include "tools/table.h"

// What the actions of `ottla consumer-groups` share.
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

  std::vector<std::string> groups;
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

// The groups that the flags mean: all consumer groups of the cluster, or those that are named.
Result<std::vector<std::string>> groups_of(Admin& admin, const ConsumerGroupFlags& flags);

// The partitions that --topic means: those that are named, or all of a topic. A topic that is not
// there has an entry with partition -1 if `missing` is given; else it is an error.
Result<std::vector<TopicPartition>> partitions_of(Admin& admin, const ConsumerGroupFlags& flags,
                                                  PartitionOutcomes* missing = nullptr);

// One action each, to an exit code.
int describe_groups(Admin& admin, const ConsumerGroupFlags& flags);
int reset_offsets(Admin& admin, const ConsumerGroupFlags& flags);

}  // namespace ottla::tools
