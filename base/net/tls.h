#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/loop.h"
#include "base/net/tls_report.h"
#include "base/time.h"
#include "base/transport.h"
#include "ottla/result.h"
#include "ottla/security_config.h"

namespace ottla::base {

// Kafka's `ssl.client.auth`.
enum class TlsClientAuth : std::uint8_t {
  none,       // a client is not asked for a certificate
  requested,  // it is asked; one that has none may come all the same
  required,   // it must have one that leads to a trusted one
};

// What one side of many connections has in common: its key and certificates, whom it trusts, the
// versions and ciphers it speaks. Does not change; any thread.
class TlsContext {
 public:
  virtual ~TlsContext() = default;

  struct Connection {
    // Who is asked for: checked against the peer's certificate as the configuration says, and told
    // to it (SNI). Of no meaning on the server's side.
    std::string host = {};
    // How long the handshake may take.
    Duration handshake_timeout = std::chrono::seconds(10);
    // Filled in on the client's side while the handshake goes on, for who wants to look at it.
    std::shared_ptr<TlsReport> report = {};
  };

  // The stream whose bytes travel over `below`, encrypted. It keeps every promise of Stream; what
  // is written before the handshake is over waits for it. Bytes of files are copied, cold ones by a
  // worker. on_closed tells:
  // - ssl_authentication_failed: the two did not come to terms (certificate, name, version, cipher,
  //   a peer that does not speak TLS), with the reason. The peer was told, if it can be.
  // - request_timed_out: the handshake did not end in time.
  // - connection_closed: the peer said goodbye, or hung up without a word, which the message tells.
  // - what `below` tells.
  // On the loop's thread.
  virtual std::unique_ptr<Stream> secure(Loop& loop, std::unique_ptr<Stream> below,
                                         const Connection& connection) const = 0;
};

// For who connects / who is connected to. Files are read in the call. (sleeps)
// Errors: invalid_config, naming the key, the file, and what to do about it.
Result<std::shared_ptr<const TlsContext>> make_tls_client(const SslConfig& config);
Result<std::shared_ptr<const TlsContext>> make_tls_server(const SslConfig& config,
                                                          TlsClientAuth client_auth);

}  // namespace ottla::base
