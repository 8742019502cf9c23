#pragma once

#include <span>

#include "base/crypto/openssl_ptr.h"
#include "ottla/bytes.h"

namespace ottla::base {

// The encrypted side of a TLS connection, as OpenSSL sees it.
class TlsWire {
 public:
  // Bytes that have come, at most into.size(); 0 if none have.
  virtual std::size_t take(std::span<char> into) = 0;

  // Takes all of `bytes`, which are to be sent.
  virtual void put(BytesView bytes) = 0;

 protected:
  ~TlsWire() = default;
};

// What OpenSSL calls to reach a TlsWire; outlives every BIO made with it. Null without memory.
BioMethodPtr make_wire_method();

// Null without memory. `wire` outlives it.
BioPtr make_wire_bio(const BIO_METHOD& method, TlsWire& wire);

}  // namespace ottla::base
