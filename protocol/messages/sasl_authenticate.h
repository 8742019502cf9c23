#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/wire/codec.h"
#include "protocol/wire/types.h"

// SaslAuthenticate (key 36): one message of a SASL mechanism and the answer to it (KIP-152).
// v1 how long the session lasts (KIP-368) · v2 flexible
namespace ottla::protocol {

struct SaslAuthenticateResponse {
  static constexpr Api api = *find_api(ApiKey::sasl_authenticate);
  static constexpr Side side = Side::response;

  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string_view> error_message;
  OpaqueBytes auth_bytes;
  std::int64_t session_lifetime_ms = 0;  // 0: for ever

  bool operator==(const SaslAuthenticateResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("errorCode", m.error_code);
    w("errorMessage", m.error_message);
    w("authBytes", m.auth_bytes);
    w.since(1)("sessionLifetimeMs", m.session_lifetime_ms);
  }
};

struct SaslAuthenticateRequest {
  static constexpr Api api = *find_api(ApiKey::sasl_authenticate);
  static constexpr Side side = Side::request;
  using Response = SaslAuthenticateResponse;

  OpaqueBytes auth_bytes;

  bool operator==(const SaslAuthenticateRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("authBytes", m.auth_bytes);
  }
};

extern template struct Codec<SaslAuthenticateRequest>;
extern template struct Codec<SaslAuthenticateResponse>;

}  // namespace ottla::protocol
