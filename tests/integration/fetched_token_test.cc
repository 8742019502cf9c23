#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "base/crypto/secrets.h"
#include "ottla/embedded_broker.h"
#include "ottla/ottla.h"
#include "tests/integration/child_process.h"
#include "tests/integration/https_issuer.h"
#include "tests/tls/token_issuer.h"

// Our clients and our broker, who both ask one issuer over https: for tokens, and for their keys.
namespace ottla::integration {
namespace {

using namespace std::chrono_literals;
using std::chrono::system_clock;

constexpr const char* kModule =
    "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required ";

class FetchedToken : public testing::Test {
 protected:
  void SetUp() override {
    std::ofstream(path("ca.pem")) << issuer_.ca().certificate();
    auto started = EmbeddedBroker::start(
        {.topics = {{.name = "lines"}},
         .properties = {{"listeners", "LOGIN://127.0.0.1:0"},
                        {"listener.security.protocol.map", "LOGIN:SASL_PLAINTEXT"},
                        {"sasl.enabled.mechanisms", "OAUTHBEARER"},
                        {"listener.name.login.oauthbearer.sasl.jaas.config",
                         kModule + ("ssl.truststore.location=\"" + path("ca.pem")) + "\";"},
                        {"sasl.oauthbearer.jwks.endpoint.url", issuer_.url("/keys")},
                        {"sasl.oauthbearer.expected.issuer", "https://id.example.org"},
                        {"sasl.oauthbearer.expected.audience", "kafka"},
                        {"connection.failed.authentication.delay.ms", "1"}},
         .log_sink = sink(),
         .log_level = LogLevel::debug});
    ASSERT_TRUE(started.has_value()) << started.error();
    broker_ = std::make_unique<EmbeddedBroker>(std::move(*started));
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(logged_.wait_for(lock, 60s, [this] {
      return log_.find("the listener LOGIN has its keys of tokens") != std::string::npos;
    })) << log_;
  }

  // On the issuer's thread.
  std::string respond(const std::string& request) {
    if (request.starts_with("GET /keys ")) {
      return HttpsIssuer::answer(200, "{\"keys\":[" + signer_.rsa_jwk("first") + "]}");
    }
    const auto basic = "Authorization: Basic " + base::to_base64("app:s3cret") + "\r\n";
    const bool known = request.find(basic) != std::string::npos ||
                       request.find("&assertion=") != std::string::npos;
    if (!request.starts_with("POST /token ") || !known) {
      return HttpsIssuer::answer(401, R"({"error":"invalid_client"})");
    }
    const auto now = system_clock::to_time_t(system_clock::now());
    const auto token =
        signer_.token(R"({"alg":"RS256","kid":"first"})",
                      R"({"iss":"https://id.example.org","aud":"kafka","sub":"alice","exp":)" +
                          std::to_string(now + 3600) + "}");
    return HttpsIssuer::answer(
        200, R"({"access_token":")" + token + R"(","token_type":"Bearer","expires_in":3600})");
  }

  std::string path(const std::string& name) const { return folder_.path() + "/" + name; }

  LogSink sink() {
    return [this](LogLevel, std::string_view, std::string_view line) {
      const std::lock_guard lock(mutex_);
      log_.append(line).append("\n");
      logged_.notify_all();
    };
  }
  std::string log() {
    const std::lock_guard lock(mutex_);
    return log_;
  }

  SecurityConfig by_secret(const std::string& secret = "s3cret") const {
    return {.protocol = SecurityProtocol::sasl_plaintext,
            .sasl = {.mechanism = "OAUTHBEARER",
                     .oauthbearer_token_endpoint_url = issuer_.url("/token"),
                     .oauthbearer_client_credentials_client_id = "app",
                     .oauthbearer_client_credentials_client_secret = secret,
                     .oauthbearer_ssl = {.truststore_location = path("ca.pem")}}};
  }

  Result<RecordMetadata> produce(const SecurityConfig& security) {
    auto opened = Producer::open({.bootstrap_servers = broker_->address(),
                                  .max_block = 20s,
                                  .security = security,
                                  .log_sink = sink(),
                                  .log_level = LogLevel::debug});
    if (!opened) return opened.error();
    return opened->send({.topic = "lines", .value = "a line"}).get();
  }

  TemporaryDirectory folder_;
  std::mutex mutex_;
  std::condition_variable logged_;
  std::string log_;
  const tls_test::TokenIssuer signer_;
  HttpsIssuer issuer_{[this](const std::string& request) { return respond(request); }};
  std::unique_ptr<EmbeddedBroker> broker_;
};

TEST_F(FetchedToken, lets_in_who_shows_a_secret_to_the_issuer) {
  const auto sent = produce(by_secret());
  EXPECT_TRUE(sent) << sent.error();
  EXPECT_EQ(log().find("s3cret"), std::string::npos);
}

TEST_F(FetchedToken, lets_in_who_shows_an_assertion) {
  std::ofstream(path("key.pem")) << tls_test::TokenIssuer().p256_key();
  auto security = by_secret("");
  security.sasl.oauthbearer_grant = OauthBearerGrant::jwt_bearer;
  security.sasl.oauthbearer_assertion = {.private_key_file = path("key.pem"),
                                         .algorithm = "ES256",
                                         .claim_iss = "app",
                                         .claim_sub = "app"};
  const auto sent = produce(security);
  EXPECT_TRUE(sent) << sent.error();
}

TEST_F(FetchedToken, says_that_the_issuer_refuses_a_secret_and_not_which) {
  const auto sent = produce(by_secret("wr0ng"));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code(), ErrorCode::sasl_authentication_failed);
  EXPECT_NE(sent.error().message().find("/token answered 401 Unauthorized: invalid_client"),
            std::string::npos)
      << sent.error();
  EXPECT_EQ(log().find("wr0ng"), std::string::npos);
}

TEST_F(FetchedToken, tells_its_secret_to_nobody_else) {
  auto security = by_secret();
  // What is trusted as a broker is not therefore told the secret.
  security.ssl = std::exchange(security.sasl.oauthbearer_ssl, {});
  security.sasl.oauthbearer_ssl.truststore_certificates = tls_test::TinyCa("Another").certificate();
  const auto sent = produce(security);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code(), ErrorCode::sasl_authentication_failed);
  for (const auto& request : issuer_.requests()) EXPECT_TRUE(request.starts_with("GET /keys "));
}

}  // namespace
}  // namespace ottla::integration
