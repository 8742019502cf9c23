#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/crypto/openssl_ptr.h"
#include "ottla/embedded_broker.h"
#include "tests/tls/tiny_ca.h"
#include "tests/unit/tools/run_command.h"
#include "tools/tls/check.h"

// `ottla tls check` against servers on real sockets.
namespace ottla::tools {
namespace {

namespace json = boost::json;
using tls_test::CertificateOptions;
using tls_test::Identity;
using tls_test::TinyCa;

using Settings = std::map<std::string, std::string>;

// A port of this machine that somebody has bound; its queue takes connections that nobody accepts.
class Port {
 public:
  Port() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    auto* address = reinterpret_cast<sockaddr*>(&at);
    EXPECT_EQ(::bind(socket_, address, size), 0);
    EXPECT_EQ(::getsockname(socket_, address, &size), 0);
    number_ = ntohs(at.sin_port);
  }
  ~Port() { ::close(socket_); }
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  void listen() const { EXPECT_EQ(::listen(socket_, 8), 0); }
  int accept() const { return ::accept(socket_, nullptr, nullptr); }
  void end() const { ::shutdown(socket_, SHUT_RDWR); }
  std::string address() const { return "127.0.0.1:" + std::to_string(number_); }

 private:
  int socket_;
  std::uint16_t number_ = 0;
};

// A server that is OpenSSL alone: to be what a broker of ours never is. `serve` gets each
// connection whose handshake went well.
class OpensslServer {
 public:
  OpensslServer(const Identity& identity, int newest, std::function<void(SSL&)> serve,
                bool asks = false)
      : context_(SSL_CTX_new(TLS_server_method())), serve_(std::move(serve)) {
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_.get(), newest);
    if (asks) {
      SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
    }
    const base::BioPtr chain(BIO_new_mem_buf(identity.certificate.data(), -1));
    const base::BioPtr key(BIO_new_mem_buf(identity.key.data(), -1));
    const base::X509Ptr certificate(PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr));
    const base::KeyPtr own(PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr));
    EXPECT_EQ(SSL_CTX_use_cert_and_key(context_.get(), certificate.get(), own.get(), nullptr, 1),
              1);
    port_.listen();
    thread_ = std::thread([this] { run(); });
  }
  ~OpensslServer() {
    port_.end();
    thread_.join();
  }
  OpensslServer(const OpensslServer&) = delete;
  OpensslServer& operator=(const OpensslServer&) = delete;

  std::string address() const { return port_.address(); }

 private:
  void run() {
    for (int socket = port_.accept(); socket >= 0; socket = port_.accept()) {
      const base::SslPtr ssl(SSL_new(context_.get()));
      SSL_set_fd(ssl.get(), socket);
      if (SSL_accept(ssl.get()) == 1) serve_(*ssl);
      ERR_clear_error();
      ::shutdown(socket, SHUT_WR);
      char ignored[256];
      while (::read(socket, ignored, sizeof ignored) > 0) {
      }
      ::close(socket);
    }
  }

  const base::SslContextPtr context_;
  const std::function<void(SSL&)> serve_;
  Port port_;
  std::thread thread_;
};

class TlsCheckCommand : public testing::Test {
 protected:
  TlsCheckCommand() : folder_(testing::TempDir() + "tls-check-" + std::to_string(::getpid())) {
    std::filesystem::create_directories(folder_);
  }
  ~TlsCheckCommand() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name, const std::string& bytes) {
    const auto path = folder_ + "/" + name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

  // A broker of ours with a certificate for localhost and 127.0.0.1, if `identity` says nothing
  // else.
  std::string start(const Identity& identity, Settings settings = {}) {
    settings["listeners"] = "SSL://localhost:0";
    settings["ssl.keystore.key"] = identity.key;
    settings["ssl.keystore.certificate.chain"] = identity.certificate;
    return start(std::move(settings));
  }
  std::string start(Settings settings) {
    auto started =
        EmbeddedBroker::start({.properties = std::move(settings),
                               .log_sink = [](LogLevel, std::string_view, std::string_view) {}});
    EXPECT_TRUE(started) << started.error();
    broker_ = std::make_unique<EmbeddedBroker>(std::move(*started));
    return broker_->address();
  }

  Ran check(const std::string& server, std::vector<std::string> words = {}) {
    words.insert(words.begin(), {"check", server, "--ca", file("ca.pem", ca_.certificate())});
    return run("tls", std::move(words));
  }
  struct Seen {
    int code = -1;
    json::value value;
    std::string err;

    std::string text(std::string_view key) const { return std::string(value.at(key).as_string()); }
  };
  Seen seen(const std::string& server, std::vector<std::string> words = {}) {
    words.insert(words.end(), {"--output", "json"});
    const auto ran = check(server, std::move(words));
    return {ran.code, json::parse(ran.out), ran.err};
  }

  const TinyCa ca_;
  const std::string folder_;
  std::unique_ptr<EmbeddedBroker> broker_;
};

TEST_F(TlsCheckCommand, shows_what_a_good_server_presents) {
  const auto server = start(ca_.issue());
  const auto ran = check(server);
  EXPECT_EQ(ran.code, kSuccess) << ran.err;
  EXPECT_EQ(ran.err, "");
  for (const auto* part :
       {"protocol            TLSv1.3\n", "cipher              TLS_", "trusted             yes, by ",
        "name                localhost matches\n", "client certificate  not asked for\n",
        "certificate 1 of 1\n", "  subject           CN=localhost\n",
        "  issuer            CN=Test Authority\n", "  names             localhost, 127.0.0.1\n",
        "  key               EC P-256, 256 bits\n", "  signed by         ecdsa-with-SHA256\n",
        "(0 days left)", "warning: the certificate of \"CN=localhost\" ends in 0 days\n",
        "a client with these settings connects\n"}) {
    EXPECT_TRUE(has(ran.out, part)) << part << " is not in\n" << ran.out;
  }
}

TEST_F(TlsCheckCommand, speaks_the_version_and_cipher_that_the_settings_name) {
  const auto server = start(ca_.issue(), {{"ssl.enabled.protocols", "TLSv1.2,TLSv1.3"}});
  const auto config = file("client.properties",
                           "security.protocol=SSL\nssl.enabled.protocols=TLSv1.2\n"
                           "ssl.protocol=TLSv1.2\n"
                           "ssl.cipher.suites=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256\n");
  const auto found = seen(server, {"--command-config", config});
  EXPECT_EQ(found.code, kSuccess) << found.err;
  EXPECT_EQ(found.text("protocol"), "TLSv1.2");
  EXPECT_EQ(found.text("cipher"), "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
  EXPECT_EQ(found.text("clientCertificate"), "not-asked");
}

TEST_F(TlsCheckCommand, tells_an_expired_certificate_from_one_that_nobody_trusts) {
  CertificateOptions options;
  options.valid_from = -200'000;
  options.valid_to = -100'000;
  const auto found = seen(start(ca_.issue(options)));
  EXPECT_EQ(found.code, kFailure);
  EXPECT_FALSE(found.value.at("connects").as_bool());
  EXPECT_TRUE(has(found.err, "has expired")) << found.err;
  EXPECT_TRUE(found.value.at("trusted").as_bool());
  EXPECT_TRUE(found.value.at("nameMatches").as_bool());
  EXPECT_EQ(found.value.at("chain").at(0).at("daysLeft").as_int64(), -2);
  EXPECT_TRUE(has(found.value.at("warnings").at(0).as_string(), "has expired"));
}

TEST_F(TlsCheckCommand, tells_a_wrong_name_and_asks_for_the_one_that_is_given) {
  CertificateOptions options;
  options.hosts = {"kafka.example.org"};
  options.addresses = {};
  const auto server = start(ca_.issue(options));
  const auto found = seen(server);
  EXPECT_EQ(found.code, kFailure);
  EXPECT_TRUE(has(found.err, "is for kafka.example.org, not for localhost")) << found.err;
  EXPECT_TRUE(found.value.at("trusted").as_bool());
  EXPECT_FALSE(found.value.at("nameMatches").as_bool());
  const auto named = seen(server, {"--server-name", "kafka.example.org"});
  EXPECT_EQ(named.code, kSuccess) << named.err;
  const auto careless =
      file("client.properties", "security.protocol=SSL\nssl.endpoint.identification.algorithm=\n");
  const auto any = seen(server, {"--command-config", careless});
  EXPECT_EQ(any.code, kSuccess) << any.err;
  EXPECT_FALSE(any.value.at("nameMatches").as_bool());
  EXPECT_TRUE(has(json::serialize(any.value.at("warnings")), "names are not checked"));
}

TEST_F(TlsCheckCommand, takes_no_address_that_is_written_as_a_host_for_one) {
  CertificateOptions options;
  options.subject = {{"CN", "127.0.0.1"}};
  options.addresses = {};
  for (const auto& hosts : {std::vector<std::string>{}, {"127.0.0.1"}}) {
    options.hosts = hosts;
    const auto found = seen(start(ca_.issue(options)), {"--server-name", "127.0.0.1"});
    EXPECT_EQ(found.code, kFailure) << hosts.size();
    EXPECT_FALSE(found.value.at("nameMatches").as_bool()) << hosts.size();
  }
}

TEST_F(TlsCheckCommand, shows_the_chain_of_an_authority_that_nobody_trusts) {
  const auto found = seen(start(TinyCa("Somebody Else").issue()));
  EXPECT_EQ(found.code, kFailure);
  EXPECT_TRUE(has(found.err, "was issued by \"CN=Somebody Else\", whom nobody trusts here"))
      << found.err;
  EXPECT_FALSE(found.value.at("trusted").as_bool());
  EXPECT_TRUE(found.value.at("nameMatches").as_bool());
  EXPECT_EQ(found.value.at("chain").at(0).at("issuer").as_string(), "CN=Somebody Else");
  // TLS 1.3 would have asked before.
  EXPECT_EQ(found.text("clientCertificate"), "not-asked");
}

TEST_F(TlsCheckCommand, trusts_the_systems_store_where_nothing_else_is_given) {
  const auto ran = run("tls", {"check", start(ca_.issue())});
  EXPECT_EQ(ran.code, kFailure);
  EXPECT_TRUE(has(ran.out, "trusted             no, not by the system's store: ")) << ran.out;
}

TEST_F(TlsCheckCommand, sees_whether_a_client_certificate_is_required) {
  const auto own = ca_.issue();
  const auto certificate = file("own.crt", own.certificate);
  const auto key = file("own.key", own.key);
  const auto both = file("own.pem", own.both());
  const auto stranger = file("stranger.pem", TinyCa("Somebody Else").issue().both());
  for (const std::string versions : {"TLSv1.2", "TLSv1.3"}) {
    Settings settings{{"ssl.enabled.protocols", versions},
                      {"ssl.client.auth", "required"},
                      {"ssl.truststore.certificates", ca_.certificate()}};
    auto server = start(ca_.issue(), settings);
    const auto bare = seen(server);
    EXPECT_EQ(bare.code, kFailure) << versions;
    EXPECT_EQ(bare.text("clientCertificate"), "required") << versions;
    EXPECT_TRUE(has(bare.err, "requires a certificate of its clients")) << bare.err;
    const auto good = seen(server, {"--cert", certificate, "--key", key});
    EXPECT_EQ(good.code, kSuccess) << versions << good.err;
    EXPECT_EQ(good.text("clientCertificate"), "required") << versions;
    EXPECT_EQ(seen(server, {"--cert", both}).code, kSuccess) << versions;
    EXPECT_EQ(seen(server, {"--cert", stranger}).code, kFailure) << versions;
    settings["ssl.client.auth"] = "requested";
    server = start(ca_.issue(), settings);
    EXPECT_EQ(seen(server).text("clientCertificate"), "requested") << versions;
    EXPECT_EQ(seen(server, {"--cert", both}).text("clientCertificate"), "requested") << versions;
  }
}

TEST_F(TlsCheckCommand, takes_only_a_refusal_for_a_required_certificate) {
  const auto own = file("own.pem", ca_.issue().both());
  for (const bool closes : {true, false}) {
    const OpensslServer server(
        ca_.issue(), TLS1_3_VERSION,
        [closes](SSL& ssl) {
          const bool bare = SSL_get0_peer_certificate(&ssl) == nullptr;
          if (bare && closes) return;
          const auto answer = bare ? std::string("HTTP/1.1 400 Bad Request\r\n\r\n")
                                   : std::string("\0\0\0\x0aottl\0\0\0\0\0\0", 14);
          SSL_write(&ssl, answer.data(), static_cast<int>(answer.size()));
        },
        true);
    const auto found = seen(server.address(), {"--cert", own});
    EXPECT_EQ(found.code, kSuccess) << found.err;
    EXPECT_EQ(found.text("clientCertificate"), closes ? "required" : "unknown");
  }
}

TEST_F(TlsCheckCommand, knows_a_port_that_speaks_kafka_without_tls) {
  const auto found = seen(start(Settings{}));
  EXPECT_EQ(found.code, kFailure);
  EXPECT_TRUE(found.value.at("plainKafka").as_bool());
  EXPECT_TRUE(has(found.err, "this port speaks Kafka without TLS")) << found.err;
  EXPECT_TRUE(found.value.at("protocol").is_null());
}

TEST_F(TlsCheckCommand, tells_that_a_server_speaks_only_versions_that_are_too_old) {
  const OpensslServer server(ca_.issue(), TLS1_1_VERSION, [](SSL&) {});
  const auto found = seen(server.address());
  EXPECT_EQ(found.code, kFailure);
  EXPECT_TRUE(has(found.err, "speaks none of the versions of TLS enabled here")) << found.err;
  EXPECT_FALSE(found.value.at("plainKafka").as_bool());
}

TEST_F(TlsCheckCommand, does_not_take_tls_alone_for_a_broker) {
  const OpensslServer server(ca_.issue(), TLS1_3_VERSION, [](SSL& ssl) {
    constexpr std::string_view kAnswer = "HTTP/1.1 400 Bad Request\r\n\r\n";
    SSL_write(&ssl, kAnswer.data(), static_cast<int>(kAnswer.size()));
  });
  const auto found = seen(server.address());
  EXPECT_EQ(found.code, kFailure);
  EXPECT_TRUE(has(found.err, "speaks TLS, but no Kafka")) << found.err;
  EXPECT_EQ(found.text("protocol"), "TLSv1.3");
}

TEST_F(TlsCheckCommand, tells_a_port_that_nobody_has_from_one_where_nobody_answers) {
  const Port port;
  const auto refused = seen(port.address());
  EXPECT_EQ(refused.code, kFailure);
  EXPECT_TRUE(has(refused.err, "refused")) << refused.err;
  EXPECT_TRUE(refused.value.at("address").is_null());
  port.listen();
  const auto late = seen(port.address(), {"--timeout-ms", "100"});
  EXPECT_EQ(late.code, kFailure);
  EXPECT_TRUE(has(late.err, "the TLS handshake did not end within 100 ms")) << late.err;
  EXPECT_EQ(late.text("address"), port.address());
}

TEST_F(TlsCheckCommand, lets_no_control_character_of_a_servers_reach_a_terminal) {
  CertificateOptions options;
  options.subject = {{"O",
                      "\xc2\x9b"
                      "2J"},
                     {"CN", "evil\x1b[2J\nforged"}};
  options.hosts = {"evil\x1b[31mhost"};
  options.addresses = {};
  const auto server = start(ca_.issue(options));
  for (const std::string format : {"table", "json"}) {
    const auto ran = check(server, {"--output", format});
    EXPECT_EQ(ran.code, kFailure);
    for (const auto& text : {ran.out, ran.err}) {
      EXPECT_TRUE(has(text, "x1b[2J")) << text;
      EXPECT_FALSE(has(text, "\x1b")) << text;
      EXPECT_FALSE(has(text, "\xc2\x9b")) << text;
      EXPECT_FALSE(has(text, "\nforged")) << text;
    }
  }
}

// A host of a certificate is any bytes, to some terminals \x9b is the same as \x1b[.
TEST_F(TlsCheckCommand, escapes_what_is_no_text_once_and_leaves_backslashes) {
  CertificateOptions options;
  options.subject = {{"CN", "a, \x1b b"}};
  options.hosts = {
      "\x9b"
      "2J"};
  options.addresses = {};
  const auto server = start(ca_.issue(options));
  const auto found = seen(server);
  EXPECT_EQ(found.value.at("chain").at(0).at("subject").as_string(), "CN=a\\, \\x1b b");
  EXPECT_EQ(found.value.at("chain").at(0).at("names").at(0).as_string(), "\\x9b2J");
  EXPECT_TRUE(has(found.err, "the certificate \"CN=a\\, \\x1b b\" is for \\x9b2J, not for"))
      << found.err;
  const auto ran = check(server);
  EXPECT_TRUE(has(ran.out, "  subject           CN=a\\, \\x1b b\n")) << ran.out;
  EXPECT_TRUE(has(ran.out, "  names             \\x9b2J\n")) << ran.out;
}

TEST_F(TlsCheckCommand, refuses_settings_with_which_a_client_speaks_no_tls) {
  const auto server = start(ca_.issue());
  const auto plain = file("client.properties", "security.protocol=PLAINTEXT\n");
  const auto found = seen(server, {"--command-config", plain});
  EXPECT_EQ(found.code, kFailure);
  EXPECT_TRUE(has(found.err, "has security.protocol=PLAINTEXT")) << found.err;
}

TEST_F(TlsCheckCommand, says_what_is_wrong_with_its_arguments) {
  EXPECT_EQ(run("tls", {}).code, kUsage);
  EXPECT_EQ(run("tls", {"check"}).code, kUsage);
  EXPECT_EQ(run("tls", {"check", "localhost"}).code, kUsage);
  EXPECT_EQ(run("tls", {"check", "localhost:1", "--key", "k.pem"}).code, kUsage);
  const auto ran = run("tls", {"check", "localhost:1", "--ca", folder_ + "/none.pem"});
  EXPECT_EQ(ran.code, kFailure);
  EXPECT_TRUE(has(ran.err, "none.pem")) << ran.err;
}

TEST(TlsCheck, counts_days_and_warns_of_what_is_weak) {
  TlsCheck check;
  check.report.chain.resize(2);
  auto& own = check.report.chain[0];
  own = {.subject = "CN=own",
         .valid_from = 0,
         .valid_to = 1'000'000,
         .key = "RSA",
         .key_bits = 1024,
         .signature = "sha1WithRSAEncryption"};
  check.report.chain[1] = {.subject = "CN=ca", .valid_from = 500'000};
  const auto at = [](std::int64_t seconds) { return seconds * 1000; };
  EXPECT_EQ(days_left(own, at(1'000'000 - 86'400)), 1);
  EXPECT_EQ(days_left(own, at(1'000'000)), 0);
  EXPECT_EQ(days_left(own, at(1'000'001)), -1);
  EXPECT_EQ(days_left(check.report.chain[1], 0), std::nullopt);
  const auto all = warnings_of(check, at(400'000));
  ASSERT_EQ(all.size(), 4U);
  EXPECT_TRUE(has(all[0], "ends in 6 days")) << all[0];
  EXPECT_TRUE(has(all[1], "RSA key of 1024 bits")) << all[1];
  EXPECT_TRUE(has(all[2], "sha1WithRSAEncryption")) << all[2];
  EXPECT_TRUE(has(all[3], "\"CN=ca\" is not valid yet")) << all[3];
  // Nobody verifies a root's own signature.
  own.issuer = own.subject;
  EXPECT_EQ(warnings_of(check, at(400'000)).size(), 3U);
}

}  // namespace
}  // namespace ottla::tools
