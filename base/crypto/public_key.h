#pragma once

#include <cstddef>
#include <memory>

#include "ottla/bytes.h"
#include "ottla/result.h"

namespace ottla::base {

// Somebody's public key that signatures are checked with, through OpenSSL. Does not change; any
// thread.
class PublicKey {
 public:
  enum class Kind { rsa, p256 };

  static constexpr int kLeastRsaBits = 2048;
  static constexpr int kMostRsaBits = 8192;
  // Of a coordinate of P-256, and of either number of a signature.
  static constexpr std::size_t kP256Bytes = 32;

  // Unsigned numbers, the highest byte first. Error: invalid_argument, for a modulus of less than
  // 2048 or more than 8192 bits, an exponent that is even, 1, or of more than 32 bits.
  static Result<PublicKey> rsa(BytesView modulus, BytesView exponent);

  // The coordinates of a point, 32 bytes each. Error: invalid_argument, for what is no point of the
  // curve.
  static Result<PublicKey> p256(BytesView x, BytesView y);

  Kind kind() const { return kind_; }

  // Whether `signature` is that of this key's owner under `message`, by SHA-256: RSASSA-PKCS1-v1_5
  // of an RSA key, ECDSA with the two numbers in 64 bytes (RFC 7515) of the other. Some tens of
  // microseconds.
  bool verifies(BytesView message, BytesView signature) const;

 private:
  struct Owned;

  PublicKey(Kind kind, std::shared_ptr<const Owned> key);

  Kind kind_;
  std::shared_ptr<const Owned> key_;
};

}  // namespace ottla::base
