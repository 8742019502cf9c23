#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/wire/codec.h"

// ElectLeaders (key 43): elections that an administrator asks for (KIP-183).
// v1 unclean elections, an error for all (KIP-460) · v2 flexible
namespace ottla::protocol {

enum class ElectionType : std::int8_t {
  preferred = 0,  // the first replica, if it is in sync
  unclean = 1,    // of a partition without a leader, any replica
};

struct ElectLeadersResponse {
  static constexpr Api api = *find_api(ApiKey::elect_leaders);
  static constexpr Side side = Side::response;

  struct Partition {
    std::int32_t partition_id = 0;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string_view> error_message;

    bool operator==(const Partition&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("partitionId", m.partition_id);
      w("errorCode", m.error_code);
      w("errorMessage", m.error_message);
    }
  };
  struct Topic {
    std::string_view topic;
    std::vector<Partition> partition_result;

    bool operator==(const Topic&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("topic", m.topic);
      w("partitionResult", m.partition_result);
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::vector<Topic> replica_election_results;

  bool operator==(const ElectLeadersResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("throttleTimeMs", m.throttle_time_ms);
    w.require_since(1)("errorCode", m.error_code);
    w("replicaElectionResults", m.replica_election_results);
  }
};

struct ElectLeadersRequest {
  static constexpr Api api = *find_api(ApiKey::elect_leaders);
  static constexpr Side side = Side::request;
  using Response = ElectLeadersResponse;

  struct Topic {
    std::string_view topic;
    std::vector<std::int32_t> partitions;

    bool operator==(const Topic&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("topic", m.topic);
      w("partitions", m.partitions);
    }
  };

  ElectionType election_type = ElectionType::preferred;
  // null: all there are
  std::optional<std::vector<Topic>> topic_partitions;
  std::int32_t timeout_ms = 60000;

  bool operator==(const ElectLeadersRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w.require_since(1)("electionType", m.election_type);
    w("topicPartitions", m.topic_partitions);
    w("timeoutMs", m.timeout_ms);
  }
};

extern template struct Codec<ElectLeadersRequest>;
extern template struct Codec<ElectLeadersResponse>;

}  // namespace ottla::protocol
