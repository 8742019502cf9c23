#pragma once

#include <memory>
#include <string>

#include "base/crypto/public_key.h"
#include "ottla/bytes.h"
#include "ottla/result.h"

namespace ottla::base {

// One's own key, that PublicKey checks the signatures of. Does not change; any thread.
class PrivateKey {
 public:
  // Reads PEM, as PKCS#8, encrypted by `passphrase` or not, or as older kinds have it. Errors
  // (invalid_argument), without anything of the text: no such key, another passphrase, an RSA key
  // of less than 2048 or more than 8192 bits, a curve other than P-256.
  static Result<PrivateKey> from_pem(BytesView text, const std::string& passphrase);

  PublicKey::Kind kind() const { return kind_; }

  // Some milliseconds, for RSA. Error: invalid_argument, for a key whose numbers do not belong
  // together.
  Result<std::string> sign(BytesView message) const;

 private:
  struct Owned;

  PrivateKey(PublicKey::Kind kind, std::shared_ptr<const Owned> key);

  PublicKey::Kind kind_;
  std::shared_ptr<const Owned> key_;
};

}  // namespace ottla::base
