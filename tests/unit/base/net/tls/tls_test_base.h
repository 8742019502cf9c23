#pragma once

#include <openssl/err.h>

#include <memory>
#include <string>
#include <vector>

#include "base/crypto/openssl_ptr.h"
#include "base/net/tls.h"
#include "tests/tls/tiny_ca.h"
#include "tests/unit/base/net/stream_test_base.h"

namespace ottla::base {

using tls_test::CertificateOptions;
using tls_test::Identity;
using tls_test::TinyCa;

inline SslConfig trusting(const TinyCa& ca) {
  SslConfig config;
  config.truststore_certificates = ca.certificate();
  return config;
}

inline SslConfig with_key(SslConfig config, const Identity& identity) {
  config.keystore_key = identity.key;
  config.keystore_certificate_chain = identity.certificate;
  return config;
}

// The server's end of each connection speaks TLS; `connect` makes our own clients of it.
class TlsTest : public StreamTest {
 protected:
  using Context = std::shared_ptr<const TlsContext>;

  TlsTest() {
    prepare = [this](TestHandler& handler) {
      handler.stream = server_context->secure(loop(), std::move(handler.stream), server_options);
      prepare_server(handler);
    };
  }
  ~TlsTest() override { end_all(); }

  // The last act of a test, as `hang_up`.
  void end_all() {
    here([&] {
      clients_.clear();
      drop_all();
    });
  }

  // A client's end, which may be used on the loop's thread once this returns.
  TestHandler* connect(const Context& context, const std::string& host = "localhost") {
    auto* handler = clients_.emplace_back(std::make_unique<TestHandler>()).get();
    Event connected;
    here([&] {
      transport().connect(server(), [&, handler](Result<std::unique_ptr<Stream>> stream) {
        handler->stream = context->secure(loop(), std::move(stream).value(), {.host = host});
        prepare_client(*handler);
        handler->stream->start(*handler);
        connected.set({});
      });
    });
    connected.get();
    return handler;
  }

  // How both ends of a connection end; each fails by itself.
  struct Endings {
    Error client;
    Error server;
  };
  Endings endings(const Context& client, const std::string& host = "localhost") {
    Awaited<Error> at_client;
    Awaited<Error> at_server;
    prepare_client = [&](TestHandler& handler) {
      handler.closed = [&](const Error& error) { at_client.set(error); };
      handler.write(Slice::own("question"));
    };
    prepare_server = [&](TestHandler& handler) {
      handler.closed = [&](const Error& error) {
        at_server.set(error);
        handler.stream.reset();
      };
    };
    connect(client, host);
    const auto error = at_client.get();
    here([&] { clients_.back()->stream.reset(); });
    Endings both{error, at_server.get()};
    prepare_client = prepare_server = [](TestHandler&) {};
    return both;
  }

  // On the loop's thread, for each connection before it is started.
  std::function<void(TestHandler&)> prepare_server = [](TestHandler&) {};
  std::function<void(TestHandler&)> prepare_client = [](TestHandler&) {};

  const TinyCa ca;
  Context server_context = make_tls_server(with_key({}, ca.issue()), TlsClientAuth::none).value();
  Context client_context = make_tls_client(trusting(ca)).value();
  TlsContext::Connection server_options;

 private:
  std::vector<std::unique_ptr<TestHandler>> clients_;
};

// A client that is OpenSSL alone, on the test's thread: to do what ours never would.
class OpensslPeer {
 public:
  explicit OpensslPeer(const Endpoint& server)
      : socket_(server), context_(SSL_CTX_new(TLS_client_method())) {}

  SSL_CTX& context() { return *context_; }
  RawPeer& socket() { return socket_; }

  bool shake_hands() {
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), socket_.get());
    const bool done = SSL_connect(ssl_.get()) == 1;
    ERR_clear_error();
    return done;
  }
  void send(std::string_view bytes) {
    ASSERT_EQ(SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())),
              static_cast<int>(bytes.size()));
  }
  std::string receive(std::size_t count) {
    std::string bytes(count, '\0');
    std::size_t filled = 0;
    while (filled < count) {
      std::size_t got = 0;
      if (SSL_read_ex(ssl_.get(), bytes.data() + filled, count - filled, &got) != 1) break;
      filled += got;
    }
    bytes.resize(filled);
    return bytes;
  }
  void say_goodbye() { SSL_shutdown(ssl_.get()); }

  // Of what SSL_read meets at the end: whether it was a goodbye.
  bool was_goodbye() {
    char byte = 0;
    const int result = SSL_read(ssl_.get(), &byte, 1);
    const bool goodbye = SSL_get_error(ssl_.get(), result) == SSL_ERROR_ZERO_RETURN;
    ERR_clear_error();
    return goodbye;
  }
  SSL& ssl() { return *ssl_; }

 private:
  RawPeer socket_;
  SslContextPtr context_;
  SslPtr ssl_;
};

}  // namespace ottla::base
