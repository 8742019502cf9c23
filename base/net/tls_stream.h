#pragma once

#include <memory>

#include "base/crypto/openssl_ptr.h"
#include "base/loop.h"
#include "base/net/tls_error.h"
#include "base/task.h"
#include "base/time.h"
#include "base/transport.h"

namespace ottla::base {

struct TlsStreamParts {
  std::unique_ptr<Stream> below;
  // Called once, by a server when a record of TLS has come. What it makes knows which side it is,
  // and nothing of where its bytes come from.
  UniqueFunction<SslPtr()> make_ssl;
  HandshakeFacts facts;
  Duration handshake_timeout{};
  // Outlives what that makes.
  std::shared_ptr<const BIO_METHOD> wire_method;
};

std::unique_ptr<Stream> make_tls_stream(Loop& loop, TlsStreamParts parts);

}  // namespace ottla::base
