#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ottla/embedded_broker.h"
#include "ottla/ottla.h"
#include "tests/integration/child_process.h"
#include "tests/integration/log_lines.h"
#include "tests/tls/tiny_ca.h"

// Our clients and our broker, where clients log in.
namespace ottla::integration {
namespace {

using namespace std::chrono_literals;

constexpr const char* kPlainUsers =
    "org.apache.kafka.common.security.plain.PlainLoginModule required user_alice=\"wonder\";";

SecurityConfig login(const std::string& mechanism, const std::string& user = "alice",
                     const std::string& password = "wonder") {
  return {.protocol = SecurityProtocol::sasl_plaintext,
          .sasl = {.mechanism = mechanism, .username = user, .password = password}};
}

class Sasl : public testing::Test {
 protected:
  void SetUp() override {
    start({{"listeners", "SASL_PLAINTEXT://127.0.0.1:0"},
           {"listener.name.sasl_plaintext.plain.sasl.jaas.config", kPlainUsers}},
          login("PLAIN"));
  }

  // A broker, and an admin client that has logged in as `administrator`.
  void start(std::map<std::string, std::string> settings, const SecurityConfig& administrator) {
    settings["sasl.enabled.mechanisms"] = "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512";
    settings["connection.failed.authentication.delay.ms"] = "1";
    auto started = EmbeddedBroker::start({.topics = {{.name = "lines"}},
                                          .properties = std::move(settings),
                                          .log_sink = lines_.sink(),
                                          .log_level = LogLevel::debug});
    ASSERT_TRUE(started.has_value()) << started.error();
    broker_ = std::make_unique<EmbeddedBroker>(std::move(*started));
    auto admin = Admin::open({.bootstrap_servers = broker_->address(),
                              .security = administrator,
                              .log_sink = lines_.sink(),
                              .log_level = LogLevel::debug});
    ASSERT_TRUE(admin) << admin.error();
    admin_ = std::make_unique<Admin>(std::move(*admin));
  }

  void add_user(const std::string& user, const std::string& password) {
    const auto outcomes =
        admin_
            ->alter_user_scram_credentials(
                {{.user = user, .mechanism = ScramMechanism::sha_256, .password = password},
                 {.user = user, .mechanism = ScramMechanism::sha_512, .password = password}})
            .get();
    ASSERT_TRUE(outcomes) << outcomes.error();
    ASSERT_EQ(outcomes->size(), 1U);
    EXPECT_FALSE(outcomes->at(user)) << *outcomes->at(user);
  }

  Result<RecordMetadata> produce(const SecurityConfig& security) {
    auto producer = Producer::open({.bootstrap_servers = broker_->address(),
                                    .max_block = 20s,
                                    .security = security,
                                    .log_sink = lines_.sink(),
                                    .log_level = LogLevel::debug});
    if (!producer) return producer.error();
    return producer->send({.topic = "lines", .value = "a line"}).get();
  }

  Result<ConsumerRecords> consume(const SecurityConfig& security) {
    auto consumer = Consumer::open({.bootstrap_servers = broker_->address(),
                                    .group_id = "readers",
                                    .topics = {"lines"},
                                    .auto_offset_reset = AutoOffsetReset::earliest,
                                    .security = security,
                                    .log_sink = lines_.sink(),
                                    .log_level = LogLevel::debug});
    if (!consumer) return consumer.error();
    return consumer->poll(20s);
  }

  LogLines lines_;
  std::unique_ptr<EmbeddedBroker> broker_;
  std::unique_ptr<Admin> admin_;
};

TEST_F(Sasl, producers_and_consumers_log_in_by_every_mechanism) {
  add_user("alice", "wonder");
  for (const auto* mechanism : {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"}) {
    const auto sent = produce(login(mechanism));
    ASSERT_TRUE(sent) << mechanism << ": " << sent.error();
    const auto records = consume(login(mechanism));
    ASSERT_TRUE(records) << mechanism << ": " << records.error();
    EXPECT_FALSE(records->empty()) << mechanism;
  }
}

TEST_F(Sasl, the_same_over_tls) {
  const tls_test::TinyCa authority;
  const auto over_tls = [&](SecurityConfig security) {
    security.protocol = SecurityProtocol::sasl_ssl;
    security.ssl.truststore_certificates = authority.certificate();
    return security;
  };
  const auto identity = authority.issue();
  start({{"listeners", "SASL_SSL://localhost:0"},
         {"listener.name.sasl_ssl.plain.sasl.jaas.config", kPlainUsers},
         {"ssl.keystore.key", identity.key},
         {"ssl.keystore.certificate.chain", identity.certificate}},
        over_tls(login("PLAIN")));
  add_user("alice", "wonder");
  for (const auto* mechanism : {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"}) {
    const auto sent = produce(over_tls(login(mechanism)));
    ASSERT_TRUE(sent) << mechanism << ": " << sent.error();
    const auto records = consume(over_tls(login(mechanism)));
    ASSERT_TRUE(records) << mechanism << ": " << records.error();
    EXPECT_FALSE(records->empty()) << mechanism;
    const auto refused = produce(over_tls(login(mechanism, "alice", "wr0ng")));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::sasl_authentication_failed) << refused.error();
  }
}

TEST_F(Sasl, a_wrong_password_and_an_unknown_user_fail_every_call_by_name_and_soon) {
  add_user("alice", "wonder");
  const auto begun = std::chrono::steady_clock::now();
  for (const auto* mechanism : {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"}) {
    for (const auto& security :
         {login(mechanism, "alice", "wr0ng"), login(mechanism, "nobody", "wonder")}) {
      const auto sent = produce(security);
      ASSERT_FALSE(sent);
      EXPECT_EQ(sent.error().code(), ErrorCode::sasl_authentication_failed) << sent.error();
      EXPECT_TRUE(sent.error().fatal());
      const auto records = consume(security);
      ASSERT_FALSE(records);
      EXPECT_EQ(records.error().code(), ErrorCode::sasl_authentication_failed) << records.error();
      auto admin = Admin::open({.bootstrap_servers = broker_->address(), .security = security});
      ASSERT_TRUE(admin) << admin.error();
      const auto topics = admin->list_topics().get();
      ASSERT_FALSE(topics);
      EXPECT_EQ(topics.error().code(), ErrorCode::sasl_authentication_failed) << topics.error();
    }
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 60s);
}

TEST_F(Sasl, a_client_that_does_not_log_in_is_not_served) {
  auto admin = Admin::open({.bootstrap_servers = broker_->address(), .default_api_timeout = 2s});
  ASSERT_TRUE(admin) << admin.error();
  EXPECT_FALSE(admin->list_topics().get());
}

TEST_F(Sasl, users_are_described_and_taken_away) {
  add_user("carol", "s3cret");
  const auto all = admin_->describe_user_scram_credentials().get();
  ASSERT_TRUE(all) << all.error();
  ASSERT_EQ(all->size(), 1U);
  const std::vector<ScramCredentialInfo> both = {{ScramMechanism::sha_256, 4096},
                                                 {ScramMechanism::sha_512, 4096}};
  EXPECT_EQ(all->at("carol").value(), both);
  const auto taken =
      admin_->alter_user_scram_credentials({}, {{"carol", ScramMechanism::sha_256}}).get();
  ASSERT_TRUE(taken) << taken.error();
  EXPECT_FALSE(taken->at("carol"));
  EXPECT_FALSE(produce(login("SCRAM-SHA-256", "carol", "s3cret")));
  EXPECT_TRUE(produce(login("SCRAM-SHA-512", "carol", "s3cret")));
  const auto nobody = admin_->describe_user_scram_credentials({"nobody"}).get();
  ASSERT_TRUE(nobody) << nobody.error();
  EXPECT_EQ(nobody->at("nobody").error().code(), ErrorCode::resource_not_found);
}

TEST_F(Sasl, passwords_are_in_no_log) {
  add_user("carol", "s3cret-of-carol");
  EXPECT_TRUE(produce(login("SCRAM-SHA-256", "carol", "s3cret-of-carol")));
  EXPECT_FALSE(produce(login("PLAIN", "alice", "s3cret-that-is-wrong")));
  EXPECT_FALSE(produce(login("SCRAM-SHA-512", "carol", "s3cret-that-is-wrong")));
  const auto text = lines_.text();
  EXPECT_NE(text.find("SASL_AUTHENTICATION_FAILED"), std::string::npos) << text;
  EXPECT_EQ(text.find("s3cret"), std::string::npos) << text;
  EXPECT_EQ(text.find("wonder"), std::string::npos) << text;
}

TEST_F(Sasl, a_session_that_ends_is_prolonged_unseen) {
  auto started = EmbeddedBroker::start(
      {.topics = {{.name = "lines"}},
       .properties = {{"listeners", "SASL_PLAINTEXT://127.0.0.1:0"},
                      {"sasl.enabled.mechanisms", "PLAIN"},
                      {"connections.max.reauth.ms", "200"},
                      {"listener.name.sasl_plaintext.plain.sasl.jaas.config", kPlainUsers}}});
  ASSERT_TRUE(started.has_value()) << started.error();
  auto producer =
      Producer::open({.bootstrap_servers = started->address(), .security = login("PLAIN")});
  ASSERT_TRUE(producer) << producer.error();
  const auto begun = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - begun < 1s) {
    const auto sent = producer->send({.topic = "lines", .value = "a line"}).get();
    ASSERT_TRUE(sent) << sent.error();
  }
}

TEST(AddScram, the_first_user_is_made_at_the_start_and_a_password_that_was_lost_is_set_anew) {
  const TemporaryDirectory data;
  for (const std::string password : {"first", "second"}) {
    ChildProcess broker({OTTLA_BIN "/ottla-broker", "--override",
                         "listeners=SASL_PLAINTEXT://127.0.0.1:0", "--override",
                         "sasl.enabled.mechanisms=SCRAM-SHA-512", "--override",
                         "log.dirs=" + data.path(), "--add-scram",
                         "SCRAM-SHA-512=[name=admin,iterations=8192,password=" + password + "]"});
    const auto line = broker.read_line();
    const auto at = line.find("://");
    ASSERT_NE(at, std::string::npos) << line << broker.stderr_text();
    const auto address = line.substr(at + 3, line.find(',', at) - at - 3);
    for (const std::string tried : {"first", "second"}) {
      auto admin = Admin::open(
          {.bootstrap_servers = address, .security = login("SCRAM-SHA-512", "admin", tried)});
      ASSERT_TRUE(admin) << admin.error();
      EXPECT_EQ(admin->list_topics().get().has_value(), tried == password);
    }
    broker.signal(SIGTERM);
    EXPECT_EQ(broker.wait(), 0) << broker.stderr_text();
  }
}

TEST(AddScram, what_is_no_user_is_refused_without_its_password) {
  for (const std::string user :
       {"SCRAM-SHA-512", "SCRAM-SHA-512=name=a,password=s3cret", "SHA=[name=a,password=s3cret]",
        "SCRAM-SHA-512=[password=s3cret]", "SCRAM-SHA-512=[name=a,iterations=1,password=s3cret]",
        "SCRAM-SHA-512=[name=a]"}) {
    ChildProcess broker({OTTLA_BIN "/ottla-broker", "--add-scram", user});
    EXPECT_EQ(broker.wait(), 2) << user;
    EXPECT_EQ(broker.stderr_text().find("s3cret"), std::string::npos) << broker.stderr_text();
  }
}

TEST(AddScram, an_argument_of_the_wrong_form_is_named_without_its_value) {
  ChildProcess broker(
      {OTTLA_BIN "/ottla-broker", "--add-scram=SCRAM-SHA-512=[name=admin,password=s3cret]"});
  EXPECT_EQ(broker.wait(), 2);
  const auto told = broker.stderr_text();
  EXPECT_NE(told.find("unknown argument '--add-scram'"), std::string::npos) << told;
  EXPECT_EQ(told.find("s3cret"), std::string::npos) << told;
}

TEST(Exposure, a_broker_that_would_serve_strangers_does_not_start_and_says_why) {
  ChildProcess broker({OTTLA_BIN "/ottla-broker", "--override", "listeners=PLAINTEXT://0.0.0.0:0"});
  EXPECT_EQ(broker.wait(), 2);
  EXPECT_NE(broker.stderr_text().find("ottla.insecure=true"), std::string::npos)
      << broker.stderr_text();
}

}  // namespace
}  // namespace ottla::integration
