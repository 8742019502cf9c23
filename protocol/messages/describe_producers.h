#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/wire/codec.h"

// DescribeProducers (key 61): what the leader of a partition knows of those who write to it
// (KIP-664).
namespace ottla::protocol {

struct DescribeProducersResponse {
  static constexpr Api api = *find_api(ApiKey::describe_producers);
  static constexpr Side side = Side::response;

  struct Producer {
    ProducerId producer_id;
    // Wider than everywhere else.
    std::int32_t producer_epoch = 0;
    Sequence last_sequence = kNoSequence;
    std::int64_t last_timestamp = -1;
    // Of the coordinator that wrote the last marker; -1: none has.
    std::int32_t coordinator_epoch = 0;
    // -1: no transaction is open.
    Offset current_txn_start_offset = kNoOffset;

    bool operator==(const Producer&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("producerId", m.producer_id);
      w("producerEpoch", m.producer_epoch);
      w("lastSequence", m.last_sequence);
      w("lastTimestamp", m.last_timestamp);
      w("coordinatorEpoch", m.coordinator_epoch);
      w("currentTxnStartOffset", m.current_txn_start_offset);
    }
  };
  struct Partition {
    std::int32_t partition_index = 0;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string_view> error_message;
    std::vector<Producer> active_producers;

    bool operator==(const Partition&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("partitionIndex", m.partition_index);
      w("errorCode", m.error_code);
      w("errorMessage", m.error_message);
      w("activeProducers", m.active_producers);
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
  std::vector<Topic> topics;

  bool operator==(const DescribeProducersResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("throttleTimeMs", m.throttle_time_ms);
    w("topics", m.topics);
  }
};

struct DescribeProducersRequest {
  static constexpr Api api = *find_api(ApiKey::describe_producers);
  static constexpr Side side = Side::request;
  using Response = DescribeProducersResponse;

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

  std::vector<Topic> topics;

  bool operator==(const DescribeProducersRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("topics", m.topics);
  }
};

extern template struct Codec<DescribeProducersRequest>;
extern template struct Codec<DescribeProducersResponse>;

}  // namespace ottla::protocol
