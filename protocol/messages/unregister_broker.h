#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/wire/codec.h"

// UnregisterBroker (key 64): forgets a broker that will not come back (KIP-631). v0 flexible
namespace ottla::protocol {

struct UnregisterBrokerResponse {
  static constexpr Api api = *find_api(ApiKey::unregister_broker);
  static constexpr Side side = Side::response;

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string_view> error_message;

  bool operator==(const UnregisterBrokerResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("throttleTimeMs", m.throttle_time_ms);
    w("errorCode", m.error_code);
    w("errorMessage", m.error_message);
  }
};

struct UnregisterBrokerRequest {
  static constexpr Api api = *find_api(ApiKey::unregister_broker);
  static constexpr Side side = Side::request;
  using Response = UnregisterBrokerResponse;

  BrokerId broker_id = BrokerId(0);

  bool operator==(const UnregisterBrokerRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("brokerId", m.broker_id);
  }
};

extern template struct Codec<UnregisterBrokerRequest>;
extern template struct Codec<UnregisterBrokerResponse>;

}  // namespace ottla::protocol
