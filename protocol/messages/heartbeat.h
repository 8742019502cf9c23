#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/wire/codec.h"

// Heartbeat (key 12): a member is alive, and learns whether to join again.
// v3 static members (KIP-345) · v4 flexible
namespace ottla::protocol {

struct HeartbeatResponse {
  static constexpr Api api = *find_api(ApiKey::heartbeat);
  static constexpr Side side = Side::response;

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;

  bool operator==(const HeartbeatResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w.since(1)("throttleTimeMs", m.throttle_time_ms);
    w("errorCode", m.error_code);
  }
};

struct HeartbeatRequest {
  static constexpr Api api = *find_api(ApiKey::heartbeat);
  static constexpr Side side = Side::request;
  using Response = HeartbeatResponse;

  std::string_view group_id;
  GenerationId generation_id = kNoGeneration;
  std::string_view member_id;
  std::optional<std::string_view> group_instance_id;

  bool operator==(const HeartbeatRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("groupId", m.group_id);
    w("generationId", m.generation_id);
    w("memberId", m.member_id);
    w.require_since(3)("groupInstanceId", m.group_instance_id);
  }
};

extern template struct Codec<HeartbeatRequest>;
extern template struct Codec<HeartbeatResponse>;

}  // namespace ottla::protocol
