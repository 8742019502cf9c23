#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>

#include "ottla/embedded_broker.h"
#include "ottla/ottla.h"
#include "tests/integration/child_process.h"
#include "tests/tls/token_issuer.h"

// Our clients and our broker, where clients show tokens.
namespace ottla::integration {
namespace {

using namespace std::chrono_literals;
using std::chrono::system_clock;

// What a producer says first that is not let in.
const std::string kNoMetadata = "the topic's metadata could not be had: ";

class TokenLogin : public testing::Test {
 protected:
  void SetUp() override {
    write("keys.json", "{\"keys\":[" + issuer().rsa_jwk("first") + "]}");
    auto started = EmbeddedBroker::start(
        {.topics = {{.name = "lines"}},
         .properties = {{"listeners", "SASL_PLAINTEXT://127.0.0.1:0"},
                        {"sasl.enabled.mechanisms", "OAUTHBEARER"},
                        {"sasl.oauthbearer.jwks.endpoint.url", "file://" + path("keys.json")},
                        {"sasl.oauthbearer.expected.issuer", "https://id.example.org"},
                        {"sasl.oauthbearer.expected.audience", "kafka"},
                        {"connections.max.reauth.ms", "200"},
                        {"connection.failed.authentication.delay.ms", "1"}},
         .log_sink = sink(),
         .log_level = LogLevel::debug});
    ASSERT_TRUE(started.has_value()) << started.error();
    broker_ = std::make_unique<EmbeddedBroker>(std::move(*started));
  }

  static const tls_test::TokenIssuer& issuer() {
    static const tls_test::TokenIssuer made;
    return made;
  }

  // Signed by `of`, good for an hour.
  static std::string token(const tls_test::TokenIssuer& of = issuer()) {
    const auto now = system_clock::to_time_t(system_clock::now());
    return of.token(R"({"alg":"RS256","kid":"first"})",
                    R"({"iss":"https://id.example.org","aud":"kafka","sub":"alice","exp":)" +
                        std::to_string(now + 3600) + "}");
  }

  std::string path(const std::string& name) const { return folder_.path() + "/" + name; }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::trunc) << text;
  }

  static SecurityConfig by(OauthBearerTokenSource source) {
    return {.protocol = SecurityProtocol::sasl_plaintext,
            .sasl = {.mechanism = "OAUTHBEARER", .oauthbearer_token = std::move(source)}};
  }
  SecurityConfig by_file() const {
    return {.protocol = SecurityProtocol::sasl_plaintext,
            .sasl = {.mechanism = "OAUTHBEARER",
                     .oauthbearer_token_endpoint_url = "file://" + path("token")}};
  }

  LogSink sink() {
    return [this](LogLevel, std::string_view, std::string_view line) {
      const std::lock_guard lock(mutex_);
      log_.append(line).append("\n");
    };
  }
  std::string log() {
    const std::lock_guard lock(mutex_);
    return log_;
  }

  Result<Producer> producer(const SecurityConfig& security) {
    return Producer::open({.bootstrap_servers = broker_->address(),
                           .max_block = 20s,
                           .socket_connection_setup_timeout = patience_,
                           .security = security,
                           .log_sink = sink(),
                           .log_level = LogLevel::debug});
  }

  Result<RecordMetadata> produce(const SecurityConfig& security) {
    auto opened = producer(security);
    if (!opened) return opened.error();
    return opened->send({.topic = "lines", .value = "a line"}).get();
  }

  void expect_let_in(const SecurityConfig& security) {
    const auto sent = produce(security);
    EXPECT_TRUE(sent) << sent.error();
    auto consumer = Consumer::open({.bootstrap_servers = broker_->address(),
                                    .group_id = "readers",
                                    .topics = {"lines"},
                                    .auto_offset_reset = AutoOffsetReset::earliest,
                                    .security = security});
    ASSERT_TRUE(consumer) << consumer.error();
    const auto records = consumer->poll(20s);
    ASSERT_TRUE(records) << records.error();
    EXPECT_FALSE(records->empty());
    auto admin = Admin::open({.bootstrap_servers = broker_->address(), .security = security});
    ASSERT_TRUE(admin) << admin.error();
    EXPECT_TRUE(admin->list_topics().get());
  }

  // What a producer is told that is not let in.
  std::string refusal(const SecurityConfig& security) {
    const auto sent = produce(security);
    if (sent) return "let in";
    EXPECT_EQ(sent.error().code(), ErrorCode::sasl_authentication_failed) << sent.error();
    return sent.error().message();
  }

  TemporaryDirectory folder_;
  std::chrono::milliseconds patience_ = 10s;
  std::mutex mutex_;
  std::string log_;
  std::unique_ptr<EmbeddedBroker> broker_;
};

TEST_F(TokenLogin, clients_log_in_with_what_a_function_gives) {
  expect_let_in(by([] { return OauthBearerToken{.token = token()}; }));
}

TEST_F(TokenLogin, clients_log_in_with_what_a_file_has) {
  write("token", token() + "\n");
  expect_let_in(by_file());
}

TEST_F(TokenLogin, the_token_of_a_stranger_is_refused_by_name_and_told_to_nobody) {
  const auto strange = token(tls_test::TokenIssuer());
  write("token", strange);
  EXPECT_EQ(
      refusal(by_file()),
      kNoMetadata + "the broker refuses the token of OAUTHBEARER: {\"status\":\"invalid_token\"}");
  const auto good = token();
  EXPECT_TRUE(produce(by([good] { return OauthBearerToken{.token = good}; })));
  const auto text = log();
  EXPECT_NE(text.find("SASL_AUTHENTICATION_FAILED"), std::string::npos) << text;
  EXPECT_EQ(text.find(strange.substr(strange.rfind('.'))), std::string::npos);
  EXPECT_EQ(text.find(good.substr(good.rfind('.'))), std::string::npos);
}

TEST_F(TokenLogin, what_the_function_throws_is_told) {
  EXPECT_EQ(
      refusal(by([]() -> Result<OauthBearerToken> {
        throw std::runtime_error("the identity provider is away");
      })),
      kNoMetadata +
          "the function that gives tokens of OAUTHBEARER threw the identity provider is away");
}

TEST_F(TokenLogin, a_function_that_does_not_answer_is_waited_for_as_long_as_for_a_connection) {
  patience_ = 100ms;
  std::promise<void> released;
  auto opened = producer(by([wait = released.get_future().share()] {
    wait.wait();
    return OauthBearerToken{.token = token()};
  }));
  ASSERT_TRUE(opened) << opened.error();
  const auto sent = opened->send({.topic = "lines", .value = "a line"}).get();
  released.set_value();
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code(), ErrorCode::sasl_authentication_failed);
  EXPECT_EQ(sent.error().message(), kNoMetadata +
                                        "no token of OAUTHBEARER was given within 100 ms "
                                        "(socket.connection.setup.timeout.ms)");
}

TEST_F(TokenLogin, a_session_that_ends_is_prolonged_with_another_token) {
  std::atomic<int> asked = 0;
  auto opened = producer(by([&asked] {
    ++asked;
    return OauthBearerToken{.token = token(), .expiry = system_clock::now() + 1h};
  }));
  ASSERT_TRUE(opened) << opened.error();
  const auto begun = std::chrono::steady_clock::now();
  while (asked < 3 && std::chrono::steady_clock::now() - begun < 20s) {
    const auto sent = opened->send({.topic = "lines", .value = "a line"}).get();
    ASSERT_TRUE(sent) << sent.error();
  }
  EXPECT_GE(asked, 3);
}

}  // namespace
}  // namespace ottla::integration
