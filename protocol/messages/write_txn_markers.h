#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/wire/codec.h"

// WriteTxnMarkers (key 27): what a coordinator, or an admin that ends a hanging transaction, has
// the leaders of a transaction's partitions write.
// v1 flexible · v2 the version of the transaction (KIP-1228)
namespace ottla::protocol {

struct WriteTxnMarkersResponse {
  static constexpr Api api = *find_api(ApiKey::write_txn_markers);
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
    std::string_view name;
    std::vector<Partition> partitions;

    bool operator==(const Topic&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("name", m.name);
      w("partitions", m.partitions);
    }
  };
  struct Marker {
    ProducerId producer_id;
    std::vector<Topic> topics;

    bool operator==(const Marker&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("producerId", m.producer_id);
      w("topics", m.topics);
    }
  };

  std::vector<Marker> markers;

  bool operator==(const WriteTxnMarkersResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("markers", m.markers);
  }
};

struct WriteTxnMarkersRequest {
  static constexpr Api api = *find_api(ApiKey::write_txn_markers);
  static constexpr Side side = Side::request;
  using Response = WriteTxnMarkersResponse;

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
  struct Marker {
    ProducerId producer_id;
    ProducerEpoch producer_epoch;
    // True: committed.
    bool transaction_result = false;
    std::vector<Topic> topics;
    std::int32_t coordinator_epoch = 0;
    // 2: the epoch was raised for this marker (KIP-890). 0 and 1: it is the one of the records.
    std::int8_t transaction_version = 0;

    bool operator==(const Marker&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("producerId", m.producer_id);
      w("producerEpoch", m.producer_epoch);
      w("transactionResult", m.transaction_result);
      w("topics", m.topics);
      w("coordinatorEpoch", m.coordinator_epoch);
      w.since(2)("transactionVersion", m.transaction_version);
    }
  };

  std::vector<Marker> markers;

  bool operator==(const WriteTxnMarkersRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("markers", m.markers);
  }
};

extern template struct Codec<WriteTxnMarkersRequest>;
extern template struct Codec<WriteTxnMarkersResponse>;

}  // namespace ottla::protocol
