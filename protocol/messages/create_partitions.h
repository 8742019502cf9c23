#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/wire/codec.h"

// CreatePartitions (key 37): more partitions for topics that are there (KIP-195).
// v2 flexible · v3 may answer throttling_quota_exceeded (KIP-599)
namespace ottla::protocol {

struct CreatePartitionsResponse {
  static constexpr Api api = *find_api(ApiKey::create_partitions);
  static constexpr Side side = Side::response;

  struct Topic {
    std::string_view name;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string_view> error_message;

    bool operator==(const Topic&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("name", m.name);
      w("errorCode", m.error_code);
      w("errorMessage", m.error_message);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> results;

  bool operator==(const CreatePartitionsResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("throttleTimeMs", m.throttle_time_ms);
    w("results", m.results);
  }
};

struct CreatePartitionsRequest {
  static constexpr Api api = *find_api(ApiKey::create_partitions);
  static constexpr Side side = Side::request;
  using Response = CreatePartitionsResponse;

  // The replicas of one new partition.
  struct Assignment {
    std::vector<BrokerId> broker_ids;

    bool operator==(const Assignment&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("brokerIds", m.broker_ids);
    }
  };
  struct Topic {
    std::string_view name;
    std::int32_t count = 0;  // of all partitions, those that are there included
    // Null: the broker places them.
    std::optional<std::vector<Assignment>> assignments;

    bool operator==(const Topic&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("name", m.name);
      w("count", m.count);
      w("assignments", m.assignments);
    }
  };

  std::vector<Topic> topics;
  std::int32_t timeout_ms = 0;
  bool validate_only = false;

  bool operator==(const CreatePartitionsRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("topics", m.topics);
    w("timeoutMs", m.timeout_ms);
    w("validateOnly", m.validate_only);
  }
};

extern template struct Codec<CreatePartitionsRequest>;
extern template struct Codec<CreatePartitionsResponse>;

}  // namespace ottla::protocol
