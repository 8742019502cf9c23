#pragma once

#include <vector>

#include "base/crypto/openssl_ptr.h"
#include "ottla/result.h"
#include "ottla/security_config.h"

namespace ottla::base {

// A private key and the chain of its certificate, which comes first.
struct KeyStore {
  KeyPtr key;
  std::vector<X509Ptr> chain;
};

// What SslConfig says of the own key; an empty one if it says nothing. (sleeps)
// Errors: invalid_config, naming key, file, and what to do.
Result<KeyStore> read_key_store(const SslConfig& config);

// What SslConfig says of those to trust; none if it says nothing. (sleeps) Errors: the same.
Result<std::vector<X509Ptr>> read_trust_store(const SslConfig& config);

}  // namespace ottla::base
