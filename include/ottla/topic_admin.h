#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ottla/cluster.h"
#include "ottla/error.h"
#include "ottla/result.h"
#include "ottla/types.h"

// What an administrator sees and changes of topics; the calls are those of `Admin` (admin.h).
namespace ottla {

// A topic to be made.
struct NewTopic {
  std::string name{};
  std::int32_t partitions = -1;          // -1: the broker's num.partitions
  std::int16_t replication_factor = -1;  // -1: the broker's default.replication.factor
  // Kafka's topic configuration: "cleanup.policy" -> "compact".
  std::map<std::string, std::string> configs{};
  // Which brokers hold each partition, the preferred leader first; if given, the two numbers above
  // stay unset.
  std::map<std::int32_t, std::vector<std::int32_t>> replica_assignment{};
};

struct CreateTopicsOptions {
  std::optional<std::chrono::milliseconds> timeout{};  // unset: default_api_timeout
  bool validate_only = false;                          // check, and make nothing
};

// More partitions for a topic.
struct NewPartitions {
  std::string topic;
  std::int32_t count = 0;  // of all of them, those that are there included
  // Which brokers hold each new partition, the preferred leader first; if given, one for each.
  std::vector<std::vector<std::int32_t>> replica_assignment;
};

// Stands for the end that consumers see, in `delete_records`.
inline constexpr std::int64_t kAllRecords = -1;

// One entry for each partition asked for: its first offset from then on, or why it is as it was.
using DeletedRecords = std::map<TopicPartition, Result<std::int64_t>>;

struct ListTopicsOptions {
  std::optional<std::chrono::milliseconds> timeout{};  // unset: default_api_timeout
  bool list_internal = false;                          // __consumer_offsets and its like too
};

// One entry for each topic asked for: none, or why it failed.
using TopicOutcomes = std::map<std::string, std::optional<Error>>;

struct TopicListing {
  std::string name{};
  std::string topic_id{};  // 22 characters; empty if the broker is older than topic ids
  bool internal = false;

  bool operator==(const TopicListing&) const = default;
};

struct DescribeTopicsOptions {
  std::optional<std::chrono::milliseconds> timeout{};  // unset: default_api_timeout
  // How many partitions an answer may have; for more there are more answers (KIP-966, Kafka 3.8).
  std::int32_t partitions_per_answer = 2000;
};

struct TopicDescription {
  std::string name{};
  std::string topic_id{};
  bool internal = false;
  std::vector<PartitionInfo> partitions{};  // in their order, from 0
};
using TopicDescriptions = std::map<std::string, Result<TopicDescription>>;

enum class ElectionType : std::uint8_t {
  preferred,  // the first replica, if it is in sync
  unclean,    // for a partition without a leader, one that is not: records may be lost
};

}  // namespace ottla
