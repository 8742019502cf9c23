#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ottla/api_key.h"
#include "ottla/cluster.h"
#include "ottla/error.h"
#include "ottla/result.h"
#include "ottla/types.h"

// What an administrator sees of a cluster's brokers; the calls are those of `Admin` (admin.h).
namespace ottla {

struct DescribeClusterOptions {
  std::optional<std::chrono::milliseconds> timeout{};  // unset: default_api_timeout
  // Also brokers that are registered and not in service (KIP-1073, Kafka 4.0).
  bool include_fenced_brokers = false;
};

struct ClusterDescription {
  std::string cluster_id{};
  std::optional<Node> controller{};
  std::vector<Node> nodes{};           // by id
  std::vector<std::int32_t> fenced{};  // ids of those of `nodes` that are not in service
};

// From the oldest to the newest, both included.
struct VersionRange {
  std::int16_t oldest = 0;
  std::int16_t newest = 0;

  bool operator==(const VersionRange&) const = default;
};

// What a broker says of one API.
struct ApiSupport {
  ApiKey key{};
  std::string name{};                      // Kafka's; empty: this library has never heard of it
  std::optional<VersionRange> versions{};  // none: the broker does not serve it
  std::optional<std::int16_t> usable{};    // the newest version that this library speaks too

  bool operator==(const ApiSupport&) const = default;
};

// One entry for each broker: the APIs that it serves and those that brokers may serve to clients,
// by key.
using BrokerApis = std::map<std::int32_t, Result<std::vector<ApiSupport>>>;

// A partition's log in a log directory.
struct ReplicaInfo {
  std::int64_t size = 0;        // bytes of its segments
  std::int64_t offset_lag = 0;  // of its end behind the high watermark, or behind the present log
  bool future = false;          // on its way into this directory

  bool operator==(const ReplicaInfo&) const = default;
};

struct LogDirDescription {
  std::optional<Error> error{};  // kafka_storage_error: it is offline
  std::map<TopicPartition, ReplicaInfo> replicas{};
  std::optional<std::int64_t> total_bytes{};   // of its file system (KIP-827, Kafka 3.3)
  std::optional<std::int64_t> usable_bytes{};  // the same
  bool cordoned = false;                       // takes no new partitions (KIP-1066, Kafka 4.3)

  bool operator==(const LogDirDescription&) const = default;
};

// One entry for each broker: its log directories by path.
using DescribedLogDirs = std::map<std::int32_t, Result<std::map<std::string, LogDirDescription>>>;

}  // namespace ottla
