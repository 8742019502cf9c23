#pragma once

#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/wire/codec.h"

// SaslHandshake (key 17): the client names the mechanism it will authenticate by. After v0 its
// bytes travel without requests around them; after v1 in SaslAuthenticate (KIP-152).
namespace ottla::protocol {

struct SaslHandshakeResponse {
  static constexpr Api api = *find_api(ApiKey::sasl_handshake);
  static constexpr Side side = Side::response;

  ErrorCode error_code = ErrorCode::none;
  std::vector<std::string_view> mechanisms;  // those the listener has

  bool operator==(const SaslHandshakeResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("errorCode", m.error_code);
    w("mechanisms", m.mechanisms);
  }
};

struct SaslHandshakeRequest {
  static constexpr Api api = *find_api(ApiKey::sasl_handshake);
  static constexpr Side side = Side::request;
  using Response = SaslHandshakeResponse;

  std::string_view mechanism;

  bool operator==(const SaslHandshakeRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("mechanism", m.mechanism);
  }
};

extern template struct Codec<SaslHandshakeRequest>;
extern template struct Codec<SaslHandshakeResponse>;

}  // namespace ottla::protocol
