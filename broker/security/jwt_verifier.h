#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/security/jwk_set.h"
#include "ottla/result.h"

namespace ottla::broker {

// What a token must say to be taken.
struct JwtExpectations {
  std::string issuer;                    // of `iss`
  std::vector<std::string> audiences;    // `aud` must have one of them
  std::string principal_claim = "sub";   // whose string is the user
  std::int64_t clock_skew_seconds = 30;  // how far our clock and theirs may be apart
};

// Whom a token stands for.
struct JwtIdentity {
  std::string user;
  std::int64_t expires_at_seconds = 0;  // since 1970

  bool operator==(const JwtIdentity&) const = default;
};

// Takes signed JSON Web Tokens (RFC 7519) of one issuer, and nothing that is not one in every
// point: signed by RS256 or ES256 with a key of the set, by its `kid`; `iss`, `aud` and the user as
// expected; `exp` in the future, `nbf` and `iat` not. What the token says itself about keys (jwk,
// jku, x5c ...) is not looked at. Does not change; any thread,
// if `on_unknown_key` may be called there.
class JwtVerifier {
 public:
  static constexpr std::size_t kMostBytes = 16 << 10;
  static constexpr std::size_t kMostBytesOfUser = 255;

  // Without keys it takes nothing. `on_unknown_key` is called in `verify` where a token is signed
  // by a key that there is not, as whoever sends it says. Error: invalid_config without an issuer
  // or an audience: tokens for others would be taken.
  static Result<JwtVerifier> make(
      JwtExpectations expected, JwkSet keys, std::function<void()> on_unknown_key = [] {});

  bool has_keys() const { return !keys_.empty(); }

  // Error: sasl_authentication_failed, saying what is wrong, and nothing that stands in the token.
  Result<JwtIdentity> verify(std::string_view token, std::int64_t now_seconds) const;

 private:
  JwtVerifier(JwtExpectations expected, JwkSet keys, std::function<void()> on_unknown_key);

  Result<void> check_signature(std::string_view header, std::string_view message,
                               std::string_view signature) const;
  Result<JwtIdentity> check_claims(std::string_view claims, std::int64_t now) const;

  JwtExpectations expected_;
  JwkSet keys_;
  std::function<void()> on_unknown_key_;
};

}  // namespace ottla::broker
