#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/wire/codec.h"

// FindCoordinator (key 10): the broker that coordinates a group or a transactional id.
// v1 key types, error messages · v3 flexible · v4 many keys (KIP-699) · v5 transaction_abortable
// v6 share groups (KIP-932)
namespace ottla::protocol {

enum class CoordinatorType : std::int8_t { group = 0, transaction = 1, share = 2 };

struct FindCoordinatorResponse {
  static constexpr Api api = *find_api(ApiKey::find_coordinator);
  static constexpr Side side = Side::response;

  struct Coordinator {
    std::string_view key;
    BrokerId node_id;
    std::string_view host;
    std::int32_t port = 0;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string_view> error_message;

    bool operator==(const Coordinator&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("key", m.key);
      w("nodeId", m.node_id);
      w("host", m.host);
      w("port", m.port);
      w("errorCode", m.error_code);
      w("errorMessage", m.error_message);
    }
  };

  std::int32_t throttle_time_ms = 0;
  // Up to v3 these answer for the one key; from v4 on `coordinators` has an entry per key.
  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string_view> error_message;
  BrokerId node_id;
  std::string_view host;
  std::int32_t port = 0;
  std::vector<Coordinator> coordinators;

  bool operator==(const FindCoordinatorResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w.since(1)("throttleTimeMs", m.throttle_time_ms);
    w.require_between(0, 3)("errorCode", m.error_code);
    w.between(1, 3)("errorMessage", m.error_message);
    w.require_between(0, 3)("nodeId", m.node_id);
    w.require_between(0, 3)("host", m.host);
    w.require_between(0, 3)("port", m.port);
    w.require_since(4)("coordinators", m.coordinators);
  }
};

struct FindCoordinatorRequest {
  static constexpr Api api = *find_api(ApiKey::find_coordinator);
  static constexpr Side side = Side::request;
  using Response = FindCoordinatorResponse;

  // Up to v3; from v4 on `coordinator_keys`.
  std::string_view key;
  CoordinatorType key_type = CoordinatorType::group;
  std::vector<std::string_view> coordinator_keys;

  bool operator==(const FindCoordinatorRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w.require_between(0, 3)("key", m.key);
    w.require_since(1)("keyType", m.key_type);
    w.require_since(4)("coordinatorKeys", m.coordinator_keys);
  }
};

extern template struct Codec<FindCoordinatorRequest>;
extern template struct Codec<FindCoordinatorResponse>;

}  // namespace ottla::protocol
