#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/wire/codec.h"

// AlterReplicaLogDirs (key 34): moves replicas into other log directories of their broker
// (KIP-113). v2 flexible
namespace ottla::protocol {

struct AlterReplicaLogDirsResponse {
  static constexpr Api api = *find_api(ApiKey::alter_replica_log_dirs);
  static constexpr Side side = Side::response;

  struct Partition {
    std::int32_t partition_index = 0;
    ErrorCode error_code = ErrorCode::none;

    bool operator==(const Partition&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("partitionIndex", m.partition_index);
      w("errorCode", m.error_code);
    }
  };
  struct Topic {
    std::string_view topic_name;
    std::vector<Partition> partitions;

    bool operator==(const Topic&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("topicName", m.topic_name);
      w("partitions", m.partitions);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> results;

  bool operator==(const AlterReplicaLogDirsResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("throttleTimeMs", m.throttle_time_ms);
    w("results", m.results);
  }
};

struct AlterReplicaLogDirsRequest {
  static constexpr Api api = *find_api(ApiKey::alter_replica_log_dirs);
  static constexpr Side side = Side::request;
  using Response = AlterReplicaLogDirsResponse;

  struct Topic {
    std::string_view name;
    std::vector<std::int32_t> partitions;

    bool operator==(const Topic&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("name", m.name);
      w("partitions", m.partitions);
    }
  };
  struct Dir {
    std::string_view path;  // absolute
    std::vector<Topic> topics;

    bool operator==(const Dir&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("path", m.path);
      w("topics", m.topics);
    }
  };

  std::vector<Dir> dirs;

  bool operator==(const AlterReplicaLogDirsRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("dirs", m.dirs);
  }
};

extern template struct Codec<AlterReplicaLogDirsRequest>;
extern template struct Codec<AlterReplicaLogDirsResponse>;

}  // namespace ottla::protocol
