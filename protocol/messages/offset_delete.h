#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/wire/codec.h"

// OffsetDelete (key 47): takes back commits of topics that no member of the group reads (KIP-496).
namespace ottla::protocol {

struct OffsetDeleteResponse {
  static constexpr Api api = *find_api(ApiKey::offset_delete);
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

  ErrorCode error_code = ErrorCode::none;
  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;

  bool operator==(const OffsetDeleteResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("errorCode", m.error_code);
    w("throttleTimeMs", m.throttle_time_ms);
    w("topics", m.topics);
  }
};

struct OffsetDeleteRequest {
  static constexpr Api api = *find_api(ApiKey::offset_delete);
  static constexpr Side side = Side::request;
  using Response = OffsetDeleteResponse;

  struct Partition {
    std::int32_t partition_index = 0;

    bool operator==(const Partition&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("partitionIndex", m.partition_index);
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

  std::string_view group_id;
  std::vector<Topic> topics;

  bool operator==(const OffsetDeleteRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("groupId", m.group_id);
    w("topics", m.topics);
  }
};

extern template struct Codec<OffsetDeleteRequest>;
extern template struct Codec<OffsetDeleteResponse>;

}  // namespace ottla::protocol
