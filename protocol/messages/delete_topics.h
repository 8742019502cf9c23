#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/wire/codec.h"

// DeleteTopics (key 20).
// v4 flexible · v5 error messages (KIP-599) · v6 by name or id (KIP-516)
namespace ottla::protocol {

struct DeleteTopicsResponse {
  static constexpr Api api = *find_api(ApiKey::delete_topics);
  static constexpr Side side = Side::response;

  // The name is null for an unknown topic that was asked for by id.
  struct Topic {
    std::optional<std::string_view> name;
    Uuid topic_id;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string_view> error_message;

    bool operator==(const Topic&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w.nullable_since(6)("name", m.name);
      w.since(6)("topicId", m.topic_id);
      w("errorCode", m.error_code);
      w.since(5)("errorMessage", m.error_message);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> responses;

  bool operator==(const DeleteTopicsResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("throttleTimeMs", m.throttle_time_ms);
    w("responses", m.responses);
  }
};

struct DeleteTopicsRequest {
  static constexpr Api api = *find_api(ApiKey::delete_topics);
  static constexpr Side side = Side::request;
  using Response = DeleteTopicsResponse;

  struct Topic {
    std::optional<std::string_view> name;
    Uuid topic_id;

    bool operator==(const Topic&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("name", m.name);
      w("topicId", m.topic_id);
    }
  };

  // From v6 on; before, `topic_names`.
  std::vector<Topic> topics;
  std::vector<std::string_view> topic_names;
  std::int32_t timeout_ms = 0;

  bool operator==(const DeleteTopicsRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w.require_since(6)("topics", m.topics);
    w.between(0, 5)("topicNames", m.topic_names);
    w("timeoutMs", m.timeout_ms);
  }
};

extern template struct Codec<DeleteTopicsRequest>;
extern template struct Codec<DeleteTopicsResponse>;

}  // namespace ottla::protocol
