#include "client/network/sasl_login.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "protocol/sasl/plain.h"
#include "tests/unit/client/network/network_world.h"

namespace ottla::client {
namespace {

using protocol::SaslAuthenticateRequest;
using protocol::SaslAuthenticateResponse;
using protocol::SaslHandshakeRequest;
using protocol::SaslHandshakeResponse;
using protocol::ScramServer;

// What the test's broker does when it is its turn.
struct Manners {
  std::string password = "wonder";
  std::int32_t iterations = 4096;
  std::string nonce_prefix{};    // in front of the client's nonce
  bool lies_in_the_end = false;  // a verifier of another user
  std::int64_t lifetime_ms = 0;
  std::vector<std::string> mechanisms{"PLAIN", "SCRAM-SHA-256"};
};

// A client that logs in as alice to one broker.
class SaslLoginTest : public testing::Test {
 protected:
  SaslLoginTest() {
    world_.config.sasl = SaslCredentials{"SCRAM-SHA-256", "alice", "wonder"};
    world_.broker(1).on<SaslHandshakeRequest>(
        [this](const SaslHandshakeRequest& request, std::int16_t) {
          return on_handshake(request);
        });
    world_.broker(1).on<SaslAuthenticateRequest>(
        [this](const SaslAuthenticateRequest& request, std::int16_t) {
          return on_authenticate(request);
        });
  }

  std::optional<SaslHandshakeResponse> on_handshake(const SaslHandshakeRequest& request) {
    SaslHandshakeResponse response;
    for (const auto& name : manners_.mechanisms) response.mechanisms.push_back(name);
    const auto known = std::find(manners_.mechanisms.begin(), manners_.mechanisms.end(),
                                 std::string(request.mechanism));
    if (known == manners_.mechanisms.end()) {
      response.error_code = ErrorCode::unsupported_sasl_mechanism;
    }
    plain_ = request.mechanism == protocol::kPlain;
    scram_.reset();
    return response;
  }

  std::optional<SaslAuthenticateResponse> on_authenticate(const SaslAuthenticateRequest& request) {
    SaslAuthenticateResponse response;
    const auto refuse = [&response] {
      response.error_code = ErrorCode::sasl_authentication_failed;
      response.error_message = "no such luck";
      return response;
    };
    ++messages_;
    if (silent_from_ != 0 && messages_ >= silent_from_) return std::nullopt;
    response.session_lifetime_ms = manners_.lifetime_ms;
    if (plain_) {
      const auto plain = protocol::parse_plain(request.auth_bytes.view);
      return plain && plain->password == manners_.password ? response : refuse();
    }
    if (!scram_) {
      scram_.emplace(ScramMechanism::sha_256);
      EXPECT_TRUE(scram_->on_client_first(request.auth_bytes.view));
      const auto salted = protocol::salt_password(ScramMechanism::sha_256, manners_.password,
                                                  "salt", std::min(manners_.iterations, 8192));
      said_ = scram_->first_message(protocol::make_scram_credential(ScramMechanism::sha_256, salted,
                                                                    "salt", manners_.iterations),
                                    "server");
      if (!manners_.nonce_prefix.empty()) said_.insert(2, manners_.nonce_prefix);
      response.auth_bytes.view = said_;
      return response;
    }
    const auto verifier = scram_->on_client_final(request.auth_bytes.view);
    if (!verifier) return refuse();
    said_ = manners_.lies_in_the_end ? "v=" + base::to_base64(std::string(32, 'x')) : *verifier;
    response.auth_bytes.view = said_;
    return response;
  }

  // What becomes of a request to any broker.
  const NetworkWorld::Outcome& ask() { return world_.wait(world_.ask(), 5s); }

  void expect_refused(ErrorCode code, const std::string& text) {
    world_.start();
    const auto& outcome = ask();
    ASSERT_TRUE(outcome.error);
    EXPECT_EQ(outcome.error->code(), code);
    EXPECT_NE(outcome.error->message().find(text), std::string::npos) << *outcome.error;
    EXPECT_EQ(outcome.error->to_string().find("wonder"), std::string::npos) << *outcome.error;
    EXPECT_TRUE(outcome.error->fatal());
    EXPECT_EQ(world_.seen(1), 0) << "a request left before anybody had logged in";
  }

  NetworkWorld world_;
  Manners manners_;
  bool plain_ = false;
  std::optional<ScramServer> scram_;
  std::string said_;
  int messages_ = 0;
  int silent_from_ = 0;
};

TEST_F(SaslLoginTest, logs_in_by_scram_before_anything_is_asked) {
  world_.start();
  const auto& outcome = ask();
  EXPECT_FALSE(outcome.error) << *outcome.error;
  EXPECT_EQ(messages_, 2);
  EXPECT_EQ(world_.broker(1).requests(ApiKey::sasl_handshake), 1);
  EXPECT_FALSE(ask().error);
  EXPECT_EQ(messages_, 2);
}

TEST_F(SaslLoginTest, logs_in_by_plain) {
  world_.config.sasl->mechanism = "PLAIN";
  world_.start();
  const auto& outcome = ask();
  EXPECT_FALSE(outcome.error) << *outcome.error;
  EXPECT_EQ(messages_, 1);
}

TEST_F(SaslLoginTest, a_wrong_password_is_told_at_once_with_what_the_broker_says) {
  manners_.password = "other";
  expect_refused(ErrorCode::sasl_authentication_failed,
                 "refuses to let alice log in by SCRAM-SHA-256: no such luck");
}

TEST_F(SaslLoginTest, a_mechanism_that_the_broker_lacks_is_told_with_those_that_it_has) {
  manners_.mechanisms = {"GSSAPI", "PLAIN"};
  expect_refused(ErrorCode::unsupported_sasl_mechanism,
                 "does not take SASL SCRAM-SHA-256; it has GSSAPI, PLAIN");
}

TEST_F(SaslLoginTest, a_broker_that_asks_for_too_little_work_is_refused) {
  manners_.iterations = 4095;
  expect_refused(ErrorCode::sasl_authentication_failed, "asks for 4095 SCRAM iterations");
  EXPECT_EQ(messages_, 1) << "a proof of little work was given away";
}

TEST_F(SaslLoginTest, a_broker_that_asks_for_too_much_work_is_refused) {
  manners_.iterations = 2'000'000'000;
  expect_refused(ErrorCode::sasl_authentication_failed, "asks for 2000000000 SCRAM iterations");
}

TEST_F(SaslLoginTest, a_replayed_nonce_is_refused) {
  manners_.nonce_prefix = "x";
  expect_refused(ErrorCode::sasl_authentication_failed, "nonce");
  EXPECT_EQ(messages_, 1);
}

TEST_F(SaslLoginTest, a_broker_that_does_not_know_the_password_is_refused) {
  manners_.lies_in_the_end = true;
  expect_refused(ErrorCode::sasl_authentication_failed, "could not prove that it knows the user");
}

TEST_F(SaslLoginTest, a_broker_that_stops_talking_is_given_up_in_time) {
  silent_from_ = 2;
  world_.config.request_timeout = 3s;
  world_.start();
  world_.ask(BrokerId(-1));
  world_.sim.run_until([&] { return !world_.failures.empty(); }, 10s);
  ASSERT_FALSE(world_.failures.empty());
  EXPECT_EQ(world_.failures[0].error.code(), ErrorCode::network_exception);
}

TEST_F(SaslLoginTest, a_broker_that_cannot_carry_messages_of_sasl_is_refused) {
  world_.broker(1).on<SaslHandshakeRequest>(
      [](const SaslHandshakeRequest&, std::int16_t) -> std::optional<SaslHandshakeResponse> {
        return SaslHandshakeResponse{};
      },
      0);
  expect_refused(ErrorCode::unsupported_sasl_mechanism, "SaslAuthenticate");
}

TEST_F(SaslLoginTest, logs_in_again_before_the_session_ends_and_over_the_same_connection) {
  manners_.lifetime_ms = 10'000;
  world_.start();
  for (int second = 0; second < 40; ++second) {
    const auto& outcome = ask();
    ASSERT_FALSE(outcome.error) << *outcome.error;
    world_.sim.run_for(1s);
  }
  // Each 8.5 to 9.5 s after the last one, when there is something to ask.
  EXPECT_GE(world_.broker(1).requests(ApiKey::sasl_handshake), 4);
  EXPECT_LE(world_.broker(1).requests(ApiKey::sasl_handshake), 5);
  EXPECT_EQ(world_.sim.network().connections_made(), 1U);
}

TEST_F(SaslLoginTest, whoever_has_nothing_to_ask_does_not_log_in_again) {
  manners_.lifetime_ms = 10'000;
  world_.start();
  ASSERT_FALSE(ask().error);
  world_.sim.run_for(60s);
  EXPECT_EQ(world_.broker(1).requests(ApiKey::sasl_handshake), 1);
  EXPECT_FALSE(ask().error);
  EXPECT_EQ(world_.broker(1).requests(ApiKey::sasl_handshake), 2);
}

TEST_F(SaslLoginTest, what_waits_while_it_logs_in_again_is_asked_afterwards) {
  manners_.lifetime_ms = 10'000;
  world_.start();
  ASSERT_FALSE(ask().error);
  world_.sim.run_for(10s);
  std::vector<std::size_t> places;
  for (int i = 0; i < 4; ++i) places.push_back(world_.ask());
  for (const auto place : places) EXPECT_FALSE(world_.wait(place, 5s).error);
  EXPECT_EQ(world_.broker(1).requests(ApiKey::sasl_handshake), 2);
}

TEST_F(SaslLoginTest, a_password_that_has_changed_is_found_out_when_it_logs_in_again) {
  manners_.lifetime_ms = 10'000;
  world_.start();
  ASSERT_FALSE(ask().error);
  manners_.password = "changed";
  world_.sim.run_for(10s);
  world_.ask();
  world_.sim.run_until([&] { return !world_.failures.empty(); }, 10s);
  ASSERT_FALSE(world_.failures.empty());
  EXPECT_EQ(world_.failures[0].error.code(), ErrorCode::sasl_authentication_failed);
}

}  // namespace
}  // namespace ottla::client
