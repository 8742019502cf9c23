#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/wire/codec.h"

// AlterPartitionReassignments (key 45): which brokers have a partition's replicas (KIP-455).
// v1 whether their number may change (KIP-860)
namespace ottla::protocol {

struct AlterPartitionReassignmentsResponse {
  static constexpr Api api = *find_api(ApiKey::alter_partition_reassignments);
  static constexpr Side side = Side::response;

  struct Partition {
    std::int32_t partition_index = 0;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string_view> error_message;

    bool operator==(const Partition&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("partitionIndex", m.partition_index);
      w("errorCode", m.error_code);
      w("errorMessage", m.error_message);
    }
  };
  struct Topic {
    std::string_view name;
    std::vector<Partition> partitions;

    bool operator==(const Topic&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("name", m.name);
      w("partitions", m.partitions);
    }
  };

  std::int32_t throttle_time_ms = 0;
  bool allow_replication_factor_change = true;
  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string_view> error_message;
  std::vector<Topic> responses;

  bool operator==(const AlterPartitionReassignmentsResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("throttleTimeMs", m.throttle_time_ms);
    w.since(1)("allowReplicationFactorChange", m.allow_replication_factor_change);
    w("errorCode", m.error_code);
    w("errorMessage", m.error_message);
    w("responses", m.responses);
  }
};

struct AlterPartitionReassignmentsRequest {
  static constexpr Api api = *find_api(ApiKey::alter_partition_reassignments);
  static constexpr Side side = Side::request;
  using Response = AlterPartitionReassignmentsResponse;

  struct Partition {
    std::int32_t partition_index = 0;
    // null: what is under way is called off
    std::optional<std::vector<BrokerId>> replicas;

    bool operator==(const Partition&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("partitionIndex", m.partition_index);
      w("replicas", m.replicas);
    }
  };
  struct Topic {
    std::string_view name;
    std::vector<Partition> partitions;

    bool operator==(const Topic&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("name", m.name);
      w("partitions", m.partitions);
    }
  };

  std::int32_t timeout_ms = 60000;
  bool allow_replication_factor_change = true;
  std::vector<Topic> topics;

  bool operator==(const AlterPartitionReassignmentsRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("timeoutMs", m.timeout_ms);
    w.require_since(1)("allowReplicationFactorChange", m.allow_replication_factor_change);
    w("topics", m.topics);
  }
};

extern template struct Codec<AlterPartitionReassignmentsRequest>;
extern template struct Codec<AlterPartitionReassignmentsResponse>;

}  // namespace ottla::protocol
