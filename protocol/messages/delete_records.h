#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/wire/codec.h"

// DeleteRecords (key 21): raises the log start offset of partitions (KIP-107). v2 flexible
namespace ottla::protocol {

struct DeleteRecordsResponse {
  static constexpr Api api = *find_api(ApiKey::delete_records);
  static constexpr Side side = Side::response;

  struct Partition {
    std::int32_t partition_index = 0;
    Offset low_watermark = kNoOffset;  // the least log start offset among the replicas
    ErrorCode error_code = ErrorCode::none;

    bool operator==(const Partition&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("partitionIndex", m.partition_index);
      w("lowWatermark", m.low_watermark);
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

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;

  bool operator==(const DeleteRecordsResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("throttleTimeMs", m.throttle_time_ms);
    w("topics", m.topics);
  }
};

struct DeleteRecordsRequest {
  static constexpr Api api = *find_api(ApiKey::delete_records);
  static constexpr Side side = Side::request;
  using Response = DeleteRecordsResponse;

  // Stands for the high watermark.
  static constexpr Offset kHighWatermark{-1};

  struct Partition {
    std::int32_t partition_index = 0;
    Offset offset;  // the first that stays

    bool operator==(const Partition&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("partitionIndex", m.partition_index);
      w("offset", m.offset);
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

  std::vector<Topic> topics;
  std::int32_t timeout_ms = 0;

  bool operator==(const DeleteRecordsRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("topics", m.topics);
    w("timeoutMs", m.timeout_ms);
  }
};

extern template struct Codec<DeleteRecordsRequest>;
extern template struct Codec<DeleteRecordsResponse>;

}  // namespace ottla::protocol
