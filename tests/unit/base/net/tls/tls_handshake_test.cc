#include <string>

#include "base/random.h"
#include "tests/unit/base/net/tls/tls_test_base.h"

namespace ottla::base {
namespace {

using namespace std::chrono_literals;

bool has(const Error& error, std::string_view words) {
  return error.message().find(words) != std::string::npos;
}

class TlsHandshakeTest : public TlsTest {
 protected:
  void serve(const SslConfig& config, TlsClientAuth client_auth = TlsClientAuth::none) {
    server_context = make_tls_server(config, client_auth).value();
  }
  Context client(const SslConfig& config) { return make_tls_client(config).value(); }

  // Whether a question gets its answer, and who the server takes the client for.
  std::string subject_of(const Context& context, const std::string& host = "localhost") {
    Awaited<std::string> subject;
    prepare_server = [&](TestHandler& handler) {
      handler.readable = [&] {
        handler.read_all();
        if (!handler.received.empty()) subject.set(handler.stream->peer_subject());
      };
      handler.closed = [&](const Error& error) { subject.set("closed: " + error.message()); };
    };
    prepare_client = [](TestHandler& handler) { handler.write(Slice::own("question")); };
    connect(context, host);
    return subject.get();
  }
};

TEST_F(TlsHandshakeTest, a_client_without_a_certificate_has_no_name) {
  EXPECT_EQ(subject_of(client_context), "");
  serve(with_key(trusting(ca), ca.issue()), TlsClientAuth::requested);
  EXPECT_EQ(subject_of(client_context), "");
  end_all();
}

TEST_F(TlsHandshakeTest, a_client_is_named_by_its_certificate_as_java_names_it) {
  CertificateOptions options;
  options.subject = {{"C", "CZ"}, {"O", "Asbestos, Works"}, {"CN", "ottla"}};
  options.hosts = options.addresses = {};
  const auto client_with_key = client(with_key(trusting(ca), ca.issue(options)));
  for (const auto auth : {TlsClientAuth::requested, TlsClientAuth::required}) {
    serve(with_key(trusting(ca), ca.issue()), auth);
    EXPECT_EQ(subject_of(client_with_key), "CN=ottla,O=Asbestos\\, Works,C=CZ");
  }
  end_all();
}

TEST_F(TlsHandshakeTest, an_address_is_a_name_too) {
  EXPECT_EQ(subject_of(client_context, "127.0.0.1"), "");
  const auto [at_client, at_server] = endings(client_context, "127.0.0.2");
  EXPECT_TRUE(has(at_client, "not for 127.0.0.2")) << at_client;
  // Spelt as no certificate can spell it.
  for (const auto* spelt : {"127.1", "2130706433", "fe80::1%lo", ""}) {
    const auto [refused, ignored] = endings(client_context, spelt);
    EXPECT_EQ(refused.code(), ErrorCode::ssl_authentication_failed) << spelt;
  }
  end_all();
}

TEST_F(TlsHandshakeTest, an_authority_nobody_trusts_is_named_on_both_sides) {
  const TinyCa other("Somebody Else");
  const auto [at_client, at_server] = endings(client(trusting(other)));
  EXPECT_EQ(at_client.code(), ErrorCode::ssl_authentication_failed);
  EXPECT_TRUE(at_client.fatal());
  EXPECT_TRUE(has(at_client, "issued by \"CN=Test Authority\", whom nobody trusts")) << at_client;
  EXPECT_EQ(at_server.code(), ErrorCode::ssl_authentication_failed);
  EXPECT_TRUE(has(at_server, "the client does not accept this broker's certificate")) << at_server;
  EXPECT_TRUE(has(at_server, "unknown CA")) << at_server;
  end_all();
}

TEST_F(TlsHandshakeTest, a_wrong_name_is_told_with_the_right_ones) {
  CertificateOptions options;
  options.hosts = {"kafka.example.org", "*.example.net"};
  options.addresses = {};
  serve(with_key({}, ca.issue(options)));
  const auto [at_client, at_server] = endings(client_context);
  EXPECT_EQ(at_client.code(), ErrorCode::ssl_authentication_failed);
  EXPECT_TRUE(has(at_client, "is for kafka.example.org, *.example.net, not for localhost"))
      << at_client;
  EXPECT_EQ(at_server.code(), ErrorCode::ssl_authentication_failed);

  EXPECT_EQ(subject_of(client_context, "broker7.example.net"), "");
  auto any_name = trusting(ca);
  any_name.endpoint_identification_algorithm = "";
  EXPECT_EQ(subject_of(client(any_name)), "");
  end_all();
}

TEST_F(TlsHandshakeTest, an_expired_certificate_is_told_with_its_dates) {
  CertificateOptions options;
  options.valid_to = -60;
  serve(with_key({}, ca.issue(options)));
  const auto [at_client, at_server] = endings(client_context);
  EXPECT_TRUE(has(at_client, "\"CN=localhost\" has expired: it is valid from")) << at_client;
  EXPECT_TRUE(has(at_server, "expired")) << at_server;
  end_all();
}

TEST_F(TlsHandshakeTest, a_client_without_a_certificate_is_refused_where_one_is_required) {
  serve(with_key(trusting(ca), ca.issue()), TlsClientAuth::required);
  for (const std::string version : {"TLSv1.3", "TLSv1.2"}) {
    auto config = trusting(ca);
    config.enabled_protocols = {version};
    const auto [at_client, at_server] = endings(client(config));
    EXPECT_EQ(at_client.code(), ErrorCode::ssl_authentication_failed) << version << at_client;
    EXPECT_EQ(at_server.code(), ErrorCode::ssl_authentication_failed) << version;
    EXPECT_TRUE(has(at_server, "the client has no certificate")) << at_server;
  }
  end_all();
}

TEST_F(TlsHandshakeTest, a_client_of_another_authority_is_refused) {
  const TinyCa other("Somebody Else");
  serve(with_key(trusting(ca), ca.issue()), TlsClientAuth::required);
  const auto stranger = client(with_key(trusting(ca), other.issue()));
  const auto [at_client, at_server] = endings(stranger);
  EXPECT_EQ(at_client.code(), ErrorCode::ssl_authentication_failed) << at_client;
  EXPECT_TRUE(has(at_client, "the broker does not accept this client's certificate")) << at_client;
  EXPECT_TRUE(has(at_server, "issued by \"CN=Somebody Else\"")) << at_server;
  end_all();
}

TEST_F(TlsHandshakeTest, versions_that_do_not_meet_are_named) {
  auto old = with_key({}, ca.issue());
  old.enabled_protocols = {"TLSv1.2"};
  serve(old);
  auto young = trusting(ca);
  young.enabled_protocols = {"TLSv1.3"};
  const auto [at_client, at_server] = endings(client(young));
  EXPECT_TRUE(has(at_client, "none of the versions of TLS enabled here, TLSv1.3")) << at_client;
  EXPECT_TRUE(has(at_server, "none of the versions of TLS enabled here, TLSv1.2")) << at_server;
  end_all();
}

TEST_F(TlsHandshakeTest, tls_1_1_is_not_spoken) {
  Awaited<Error> closed;
  prepare_server = [&](TestHandler& handler) {
    handler.closed = [&](const Error& error) { closed.set(error); };
  };
  OpensslPeer peer(server());
  SSL_CTX_set_security_level(&peer.context(), 0);
  SSL_CTX_set_min_proto_version(&peer.context(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(&peer.context(), TLS1_1_VERSION);
  EXPECT_FALSE(peer.shake_hands());
  const auto error = closed.get();
  EXPECT_EQ(error.code(), ErrorCode::ssl_authentication_failed);
  EXPECT_TRUE(has(error, "none of the versions of TLS enabled here, TLSv1.2 and TLSv1.3")) << error;
  end_all();
}

TEST_F(TlsHandshakeTest, ciphers_by_their_iana_names_are_the_ones_used) {
  for (const std::string suite :
       {"TLS_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"}) {
    auto config = with_key({}, ca.issue());
    config.cipher_suites = {suite};
    serve(config);
    OpensslPeer peer(server());
    ASSERT_TRUE(peer.shake_hands());
    EXPECT_EQ(SSL_CIPHER_standard_name(SSL_get_current_cipher(&peer.ssl())), suite);
  }
  end_all();
}

TEST_F(TlsHandshakeTest, who_has_no_cipher_in_common_hears_of_it) {
  auto config = with_key({}, ca.issue());
  config.cipher_suites = {"TLS_AES_128_GCM_SHA256"};
  serve(config);
  auto other = trusting(ca);
  other.cipher_suites = {"TLS_AES_256_GCM_SHA384"};
  const auto [at_client, at_server] = endings(client(other));
  EXPECT_EQ(at_client.code(), ErrorCode::ssl_authentication_failed) << at_client;
  EXPECT_TRUE(has(at_server, "no cipher in common")) << at_server;
  end_all();
}

TEST_F(TlsHandshakeTest, a_plaintext_client_is_recognised) {
  Awaited<Error> closed;
  prepare_server = [&](TestHandler& handler) {
    handler.closed = [&](const Error& error) {
      closed.set(error);
      handler.stream.reset();
    };
  };
  RawPeer peer(server());
  peer.send(std::string("\0\0\0\x20\0\x12\0\3", 8) + std::string(28, 'x'));
  const auto error = closed.get();
  EXPECT_EQ(error.code(), ErrorCode::ssl_authentication_failed);
  EXPECT_TRUE(has(error, "does not speak TLS (its first bytes are 00 00 00 20 00)")) << error;
  // No alert: clients would take its first bytes for the size of an answer of 350 MB.
  EXPECT_EQ(peer.receive_to_the_end(), "");
  end_all();
}

TEST_F(TlsHandshakeTest, a_plaintext_server_is_recognised) {
  prepare = [](TestHandler& handler) {
    handler.readable = [&] {
      handler.read_all();
      handler.write(Slice::own(std::string("\0\0\0\x0a", 4) + std::string(10, 'x')));
    };
  };
  Awaited<Error> closed;
  prepare_client = [&](TestHandler& handler) {
    handler.closed = [&](const Error& error) { closed.set(error); };
  };
  connect(client_context);
  const auto error = closed.get();
  EXPECT_EQ(error.code(), ErrorCode::ssl_authentication_failed);
  EXPECT_TRUE(has(error, "the port may be one for security.protocol=PLAINTEXT")) << error;
  end_all();
}

TEST_F(TlsHandshakeTest, a_server_that_hangs_up_may_be_a_plaintext_one) {
  prepare = [](TestHandler& handler) { handler.readable = [&] { handler.stream.reset(); }; };
  Awaited<Error> closed;
  prepare_client = [&](TestHandler& handler) {
    handler.closed = [&](const Error& error) { closed.set(error); };
  };
  connect(client_context);
  const auto error = closed.get();
  EXPECT_EQ(error.code(), ErrorCode::connection_closed);
  EXPECT_TRUE(has(error, "during the TLS handshake")) << error;
  EXPECT_TRUE(error.retriable());
  end_all();
}

TEST_F(TlsHandshakeTest, half_a_handshake_and_silence_end_at_the_deadline) {
  server_options.handshake_timeout = 50ms;
  Awaited<Error> closed;
  prepare_server = [&](TestHandler& handler) {
    handler.closed = [&](const Error& error) {
      closed.set(error);
      handler.stream.reset();
    };
  };
  RawPeer peer(server());
  peer.send(std::string("\x16\x03\x01\x02\x00\x01\x00", 7));
  const auto error = closed.get();
  EXPECT_EQ(error.code(), ErrorCode::request_timed_out);
  EXPECT_EQ(peer.receive_to_the_end(), "");
  end_all();
}

TEST_F(TlsHandshakeTest, noise_of_every_length_is_refused) {
  Random random(11);
  for (std::size_t length = 1; length < 200; length += 7) {
    Awaited<Error> closed;
    prepare_server = [&](TestHandler& handler) {
      handler.closed = [&](const Error& error) { closed.set(error); };
    };
    RawPeer peer(server());
    std::string bytes = random.one_in(2) ? "\x16\x03\x01" : "";
    while (bytes.size() < length) bytes += static_cast<char>(random.next());
    peer.send(bytes);
    peer.close();
    const auto code = closed.get().code();
    EXPECT_TRUE(code == ErrorCode::ssl_authentication_failed ||
                code == ErrorCode::connection_closed)
        << code;
    prepare_server = [](TestHandler&) {};
  }
  end_all();
}

}  // namespace
}  // namespace ottla::base
