#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/crypto/public_key.h"
#include "ottla/result.h"

namespace ottla::broker {

// The keys that tokens are signed with (RFC 7517), of RSA and of P-256, by their `kid`. A key for
// something else than signatures by RS256 and ES256 is left out, and so is one that is unsound, too
// small or without a `kid`: an issuer's set is not ours to put right. Does not change; any thread.
class JwkSet {
 public:
  // The largest document that is read.
  static constexpr std::size_t kMostBytes = 256 << 10;
  static constexpr std::size_t kMostKeys = 100;

  // Errors: invalid_config: no document of keys, a secret or private one among them, two with the
  // same `kid`, or none left, with why the first was left out.
  static Result<JwkSet> parse(std::string_view document);

  // Of a default one there are none.
  bool empty() const { return keys_.empty(); }

  // Null if there is none. `algorithm` is RS256 or ES256, and must be the key's.
  const base::PublicKey* find(std::string_view kid, std::string_view algorithm) const;

  std::size_t size() const { return keys_.size(); }

 private:
  std::map<std::string, base::PublicKey, std::less<>> keys_;
};

}  // namespace ottla::broker
