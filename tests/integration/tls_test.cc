#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "ottla/embedded_broker.h"
#include "ottla/ottla.h"
#include "tests/tls/tiny_ca.h"

// Clients and a broker that speak TLS, over real sockets.
namespace ottla::integration {
namespace {

using namespace std::chrono_literals;
using tls_test::CertificateOptions;
using tls_test::Identity;
using tls_test::TinyCa;

using Settings = std::map<std::string, std::string>;

class TlsClients : public testing::Test {
 protected:
  // A broker with one listener with TLS, whose certificate is for localhost and 127.0.0.1.
  void start(const Settings& more = {}) { start_with(ca_.issue(), more); }
  void start_with(const Identity& identity, const Settings& more = {}) {
    Settings settings{{"listeners", "SSL://localhost:0"},
                      {"ssl.keystore.key", identity.key},
                      {"ssl.keystore.certificate.chain", identity.certificate}};
    for (const auto& [key, value] : more) settings[key] = value;
    auto started =
        EmbeddedBroker::start({.topics = {{.name = "t"}},
                               .properties = settings,
                               .log_sink = [](LogLevel, std::string_view, std::string_view) {}});
    ASSERT_TRUE(started) << started.error();
    broker_ = std::make_unique<EmbeddedBroker>(std::move(*started));
    address_ = broker_->address();
  }

  static SecurityConfig trusting(const TinyCa& ca) {
    SecurityConfig security{.protocol = SecurityProtocol::ssl};
    security.ssl.truststore_certificates = ca.certificate();
    return security;
  }
  static SecurityConfig with_key(SecurityConfig security, const Identity& identity) {
    security.ssl.keystore_key = identity.key;
    security.ssl.keystore_certificate_chain = identity.certificate;
    return security;
  }

  Result<void> send_and_poll(const SecurityConfig& security) {
    auto producer = Producer::open({.bootstrap_servers = address_, .security = security});
    if (!producer) return producer.error();
    const auto sent = producer->send({.topic = "t", .value = "over TLS"}).get();
    if (!sent) return sent.error();
    auto consumer = Consumer::open({.bootstrap_servers = address_,
                                    .group_id = "g",
                                    .topics = {"t"},
                                    .auto_offset_reset = AutoOffsetReset::earliest,
                                    .security = security});
    if (!consumer) return consumer.error();
    const auto polled = consumer->poll(30s);
    if (!polled) return polled.error();
    EXPECT_EQ(polled->size(), 1U);
    return {};
  }

  Result<void> ask(const SecurityConfig& security, std::chrono::milliseconds timeout = 30s) {
    auto admin = Admin::open(
        {.bootstrap_servers = address_, .default_api_timeout = timeout, .security = security});
    if (!admin) return admin.error();
    const auto topics = admin->list_topics().get();
    return topics ? Result<void>() : Result<void>(topics.error());
  }

  // What each client says when nobody can be reached for a reason that waiting does not change;
  // each of them would wait for a minute and more otherwise.
  void expect_refused(const SecurityConfig& security, std::string_view words) {
    const auto begun = std::chrono::steady_clock::now();
    const auto check = [&](const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::ssl_authentication_failed) << error;
      EXPECT_TRUE(error.fatal());
      EXPECT_NE(error.message().find(words), std::string::npos) << error;
    };
    const auto asked = ask(security, 120s);
    ASSERT_FALSE(asked);
    check(asked.error());
    auto producer = Producer::open({.bootstrap_servers = address_, .security = security}).value();
    const auto sent = producer.send({.topic = "t", .value = "x"}).get();
    ASSERT_FALSE(sent);
    check(sent.error());
    auto consumer =
        Consumer::open(
            {.bootstrap_servers = address_, .group_id = "g", .topics = {"t"}, .security = security})
            .value();
    const auto polled = consumer.poll(60s);
    ASSERT_FALSE(polled);
    check(polled.error());
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 50s);
  }

  const TinyCa ca_;
  std::string address_;
  std::unique_ptr<EmbeddedBroker> broker_;
};

TEST_F(TlsClients, write_and_read) {
  start();
  const auto done = send_and_poll(trusting(ca_));
  EXPECT_TRUE(done) << done.error();
}

TEST_F(TlsClients, write_and_read_with_tls_1_2) {
  start({{"ssl.enabled.protocols", "TLSv1.2"}});
  const auto done = send_and_poll(trusting(ca_));
  EXPECT_TRUE(done) << done.error();
}

TEST_F(TlsClients, write_and_read_with_certificates_on_both_sides) {
  start({{"ssl.client.auth", "required"}, {"ssl.truststore.certificates", ca_.certificate()}});
  const auto done = send_and_poll(with_key(trusting(ca_), ca_.issue()));
  EXPECT_TRUE(done) << done.error();
}

TEST_F(TlsClients, whose_certificate_no_rule_names_are_not_served) {
  start({{"ssl.client.auth", "required"},
         {"ssl.truststore.certificates", ca_.certificate()},
         {"ssl.principal.mapping.rules", "RULE:^CN=(.*)-service$/$1/"}});
  CertificateOptions options;
  options.subject = {{"CN", "billing-service"}};
  const auto done = send_and_poll(with_key(trusting(ca_), ca_.issue(options)));
  EXPECT_TRUE(done) << done.error();
  EXPECT_FALSE(ask(with_key(trusting(ca_), ca_.issue()), 2s));
}

TEST_F(TlsClients, say_at_once_that_they_do_not_trust_the_broker) {
  start();
  expect_refused(trusting(TinyCa("Somebody Else")), "whom nobody trusts here");
}

TEST_F(TlsClients, say_at_once_that_the_broker_has_another_name) {
  CertificateOptions options;
  options.hosts = {"kafka.example.org"};
  options.addresses = {};
  start_with(ca_.issue(options));
  expect_refused(trusting(ca_), "is for kafka.example.org, not for");
}

TEST_F(TlsClients, say_at_once_that_the_certificate_has_expired) {
  CertificateOptions options;
  options.valid_to = -60;
  start_with(ca_.issue(options));
  expect_refused(trusting(ca_), "has expired");
}

TEST_F(TlsClients, say_at_once_that_the_broker_wants_a_certificate) {
  start({{"ssl.client.auth", "required"}, {"ssl.truststore.certificates", ca_.certificate()}});
  expect_refused(trusting(ca_), "the broker does not accept this client's certificate, or misses");
  const TinyCa other("Somebody Else");
  expect_refused(with_key(trusting(ca_), other.issue()),
                 "does not accept this client's certificate");
}

TEST_F(TlsClients, without_tls_hear_that_the_broker_has_it) {
  start();
  const auto asked = ask({}, 3s);
  ASSERT_FALSE(asked);
  EXPECT_NE(asked.error().message().find("if it expects TLS, set security.protocol to SSL"),
            std::string::npos)
      << asked.error();
}

TEST_F(TlsClients, with_tls_hear_that_the_broker_may_have_none) {
  start({{"listeners", "PLAINTEXT://localhost:0"}});
  const auto asked = ask(trusting(ca_), 3s);
  ASSERT_FALSE(asked);
  EXPECT_NE(asked.error().message().find("security.protocol=PLAINTEXT"), std::string::npos)
      << asked.error();
}

TEST_F(TlsClients, are_told_the_address_of_the_listener_they_came_to) {
  const std::string open = "OPEN://127.0.0.1:0";
  const std::string closed = "CLOSED://localhost:0";
  Settings settings{{"listener.security.protocol.map", "OPEN:PLAINTEXT,CLOSED:SSL"},
                    {"advertised.listeners", open + "," + closed}};
  const auto told_host = [&](const std::string& listeners, const SecurityConfig& security) {
    settings["listeners"] = listeners;
    start(settings);
    auto admin = Admin::open({.bootstrap_servers = address_, .security = security}).value();
    const auto cluster = admin.describe_cluster().get();
    EXPECT_TRUE(cluster) << cluster.error();
    return cluster ? cluster->nodes.at(0).host : "";
  };
  EXPECT_EQ(told_host(open + "," + closed, {}), "127.0.0.1");
  EXPECT_EQ(told_host(closed + "," + open, trusting(ca_)), "localhost");
}

TEST_F(TlsClients, meet_the_key_of_their_listener) {
  const TinyCa other("Somebody Else");
  const auto inner = other.issue();
  start({{"listeners", "INNER://localhost:0"},
         {"listener.security.protocol.map", "INNER:SSL"},
         {"listener.name.inner.ssl.keystore.key", inner.key},
         {"listener.name.inner.ssl.keystore.certificate.chain", inner.certificate}});
  const auto asked = ask(trusting(other));
  EXPECT_TRUE(asked) << asked.error();
}

class TlsFiles : public TlsClients {
 protected:
  TlsFiles() {
    std::string pattern = std::filesystem::temp_directory_path() / "ottla-tls-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~TlsFiles() override {
    broker_.reset();
    std::filesystem::remove_all(folder_);
  }

  // As tools that renew certificates do it: the new file takes the place of the old one.
  std::string write(const std::string& name, const std::string& bytes) {
    const auto path = folder_ + "/" + name;
    std::ofstream(path + ".new", std::ios::binary) << bytes;
    std::filesystem::rename(path + ".new", path);
    return path;
  }

  void start_with_file(const std::string& path) {
    auto started =
        EmbeddedBroker::start({.topics = {{.name = "t"}},
                               .properties = {{"listeners", "SSL://localhost:0"},
                                              {"ssl.keystore.location", path},
                                              {"ottla.ssl.reload.interval.ms", "5"}},
                               .log_sink = [](LogLevel, std::string_view, std::string_view) {}});
    ASSERT_TRUE(started) << started.error();
    broker_ = std::make_unique<EmbeddedBroker>(std::move(*started));
    address_ = broker_->address();
  }

  // Whether clients that trust `ca` come in sooner or later.
  bool comes_in(const TinyCa& ca) {
    const auto patience = std::chrono::steady_clock::now() + 60s;
    while (!ask(trusting(ca), 5s)) {
      if (std::chrono::steady_clock::now() > patience) return false;
    }
    return true;
  }

 private:
  std::string folder_;
};

TEST_F(TlsFiles, are_read_anew_while_the_broker_runs) {
  const TinyCa next("Next Authority");
  start_with_file(write("broker.pem", ca_.issue().both()));
  ASSERT_TRUE(ask(trusting(ca_)));
  ASSERT_FALSE(ask(trusting(next)));
  write("broker.pem", next.issue().both());
  EXPECT_TRUE(comes_in(next));
  // What cannot be used changes nothing; what comes behind it does.
  write("broker.pem", "not a key");
  ASSERT_TRUE(ask(trusting(next)));
  write("broker.pem", ca_.issue().both());
  EXPECT_TRUE(comes_in(ca_));
}

TEST_F(TlsFiles, let_clients_go_on_that_were_refused_before) {
  const TinyCa next("Next Authority");
  start_with_file(write("broker.pem", ca_.issue().both()));
  auto producer =
      Producer::open(
          {.bootstrap_servers = address_, .enable_idempotence = false, .security = trusting(next)})
          .value();
  const auto before = producer.send({.topic = "t", .value = "x"}).get();
  ASSERT_FALSE(before);
  EXPECT_EQ(before.error().code(), ErrorCode::ssl_authentication_failed);
  write("broker.pem", next.issue().both());
  ASSERT_TRUE(comes_in(next));
  const auto after = producer.send({.topic = "t", .value = "x"}).get();
  EXPECT_TRUE(after) << after.error();
}

TEST_F(TlsFiles, keep_connections_that_were_there) {
  start_with_file(write("broker.pem", ca_.issue().both()));
  auto producer =
      Producer::open({.bootstrap_servers = address_, .security = trusting(ca_)}).value();
  ASSERT_TRUE(producer.send({.topic = "t", .value = "before"}).get());
  const TinyCa next("Next Authority");
  write("broker.pem", next.issue().both());
  ASSERT_TRUE(comes_in(next));
  const auto sent = producer.send({.topic = "t", .value = "after"}).get();
  EXPECT_TRUE(sent) << sent.error();
}

}  // namespace
}  // namespace ottla::integration
