#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/wire/codec.h"

// ListPartitionReassignments (key 46): replicas that are being moved (KIP-455). v0 flexible
namespace ottla::protocol {

struct ListPartitionReassignmentsResponse {
  static constexpr Api api = *find_api(ApiKey::list_partition_reassignments);
  static constexpr Side side = Side::response;

  struct Partition {
    std::int32_t partition_index = 0;
    std::vector<BrokerId> replicas;
    std::vector<BrokerId> adding_replicas;
    std::vector<BrokerId> removing_replicas;

    bool operator==(const Partition&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("partitionIndex", m.partition_index);
      w("replicas", m.replicas);
      w("addingReplicas", m.adding_replicas);
      w("removingReplicas", m.removing_replicas);
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
  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string_view> error_message;
  std::vector<Topic> topics;

  bool operator==(const ListPartitionReassignmentsResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("throttleTimeMs", m.throttle_time_ms);
    w("errorCode", m.error_code);
    w("errorMessage", m.error_message);
    w("topics", m.topics);
  }
};

struct ListPartitionReassignmentsRequest {
  static constexpr Api api = *find_api(ApiKey::list_partition_reassignments);
  static constexpr Side side = Side::request;
  using Response = ListPartitionReassignmentsResponse;

  struct Topic {
    std::string_view name;
    std::vector<std::int32_t> partition_indexes;

    bool operator==(const Topic&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("name", m.name);
      w("partitionIndexes", m.partition_indexes);
    }
  };

  std::int32_t timeout_ms = 60000;
  std::optional<std::vector<Topic>> topics;  // null: of all

  bool operator==(const ListPartitionReassignmentsRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("timeoutMs", m.timeout_ms);
    w("topics", m.topics);
  }
};

extern template struct Codec<ListPartitionReassignmentsRequest>;
extern template struct Codec<ListPartitionReassignmentsResponse>;

}  // namespace ottla::protocol
