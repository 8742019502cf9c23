#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/crypto/public_key.h"
#include "ottla/result.h"

namespace ottla::broker {

// The keys that tokens are signed with (RFC 7517), of RSA and of P-256, by their `kid`. What is for
// something else than signatures by RS256 and ES256 is left out. Does not change; any thread.
class JwkSet {
 public:
  // The largest document that is read.
  static constexpr std::size_t kMostBytes = 256 << 10;
  static constexpr std::size_t kMostKeys = 100;

  // Errors: invalid_config, naming the key: no document of keys, a key that is unsound or too
  // small, a private one, two with the same `kid`, one without, none left.
  static Result<JwkSet> parse(std::string_view document);

  // Null if there is none. `algorithm` is RS256 or ES256, and must be the key's.
  const base::PublicKey* find(std::string_view kid, std::string_view algorithm) const;

  std::size_t size() const { return keys_.size(); }

 private:
  std::map<std::string, base::PublicKey, std::less<>> keys_;
};

}  // namespace ottla::broker
