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
  // Of a set in which there is what must not be: a secret or private key, two of the same `kid`,
  // what is no key, too many of them, or nothing that is of use.
  enum class Faults {
    refused,   // the set is not taken
    left_out,  // each is left out, with all of its `kid`, so that none may be left
  };

  // The largest document that is read.
  static constexpr std::size_t kMostBytes = 256 << 10;
  static constexpr std::size_t kMostKeys = 100;

  // Error: invalid_config: no document of keys, or a fault that is refused.
  static Result<JwkSet> parse(std::string_view document, Faults faults = Faults::refused);

  // Of a default one there are none.
  bool empty() const { return keys_.empty(); }

  // Null if there is none. `algorithm` is RS256 or ES256, and must be the key's.
  const base::PublicKey* find(std::string_view kid, std::string_view algorithm) const;

  std::size_t size() const { return keys_.size(); }

  // Why keys were left out, each reason once and none of the document's words; empty: none was.
  const std::string& why_left_out() const { return why_left_out_; }

 private:
  void leave_out(std::string_view why);

  std::map<std::string, base::PublicKey, std::less<>> keys_;
  std::string why_left_out_;
};

}  // namespace ottla::broker
