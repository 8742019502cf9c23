#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "client/network/bearer_tokens.h"
#include "protocol/sasl/oauthbearer.h"
#include "tests/unit/client/network/network_world.h"

namespace ottla::client {
namespace {

using protocol::SaslAuthenticateRequest;
using protocol::SaslAuthenticateResponse;
using protocol::SaslHandshakeRequest;
using protocol::SaslHandshakeResponse;

constexpr const char* kRefusal = R"({"status":"invalid_token"})";

// A client that logs in by OAUTHBEARER to brokers that take every token but those that they are
// told to refuse.
class BearerLoginTest : public testing::Test {
 protected:
  BearerLoginTest() {
    world_.config.sasl = SaslCredentials{
        .mechanism = "OAUTHBEARER", .user = {}, .password = {}, .token = [this] { return give(); }};
    for (const int broker : {1, 2}) {
      world_.broker(broker).on<SaslHandshakeRequest>(
          [](const SaslHandshakeRequest& request, std::int16_t) {
            EXPECT_EQ(request.mechanism, "OAUTHBEARER");
            return std::optional<SaslHandshakeResponse>(SaslHandshakeResponse{});
          });
      world_.broker(broker).on<SaslAuthenticateRequest>(
          [this](const SaslAuthenticateRequest& request, std::int16_t) {
            return on_authenticate(request.auth_bytes.view);
          });
    }
  }

  Result<OauthBearerToken> give() {
    ++asked_;
    if (!fails_with_.empty()) throw std::runtime_error(fails_with_);
    OauthBearerToken token{.token = "token-" + std::to_string(asked_), .extensions = extensions_};
    if (life_) token.expiry = wall_now() + *life_;
    return token;
  }

  std::chrono::system_clock::time_point wall_now() {
    return std::chrono::system_clock::time_point(
        std::chrono::milliseconds(world_.client.loop().wall_now()));
  }

  std::optional<SaslAuthenticateResponse> on_authenticate(std::string_view message) {
    SaslAuthenticateResponse response;
    response.session_lifetime_ms = session_ms_;
    if (message == protocol::kOauthBearerGivesUp) {
      ++given_up_;
      if (goes_on_) return response;
      response.error_code = ErrorCode::sasl_authentication_failed;
      response.error_message = "authentication failed";
      return response;
    }
    const auto parsed = protocol::parse_oauthbearer(message);
    EXPECT_TRUE(parsed) << parsed.error();
    if (!parsed) return std::nullopt;
    seen_.push_back(*parsed);
    if (!refuses_all_ && parsed->token != refused_) return response;
    said_ = repeats_token_ ? "no \x1b" + parsed->token + ", not " + parsed->token : kRefusal;
    response.auth_bytes.view = said_;
    return response;
  }

  const NetworkWorld::Outcome& ask(int broker = 1) {
    return world_.wait(world_.ask(BrokerId(-broker)), 5s);
  }

  std::string refusal() {
    world_.start();
    const auto& outcome = world_.wait(world_.ask(), 20s);
    if (!outcome.error) return "taken";
    EXPECT_EQ(outcome.error->code(), ErrorCode::sasl_authentication_failed) << *outcome.error;
    EXPECT_EQ(outcome.error->to_string().find("token-"), std::string::npos) << *outcome.error;
    EXPECT_EQ(world_.seen(1) + world_.seen(2), 0);
    return outcome.error->message();
  }

  std::vector<std::string> tokens() const {
    std::vector<std::string> tokens;
    for (const auto& message : seen_) tokens.push_back(message.token);
    return tokens;
  }

  using Tokens = std::vector<std::string>;

  NetworkWorld world_{2};
  std::optional<std::chrono::milliseconds> life_ = std::chrono::hours(1);
  std::map<std::string, std::string, std::less<>> extensions_;
  std::string fails_with_;
  int asked_ = 0;
  std::vector<protocol::OauthBearerMessage> seen_;
  std::string refused_;
  bool refuses_all_ = false;
  bool repeats_token_ = false;
  std::string said_;
  bool goes_on_ = false;  // after it has refused a token
  int given_up_ = 0;
  std::int64_t session_ms_ = 0;
};

TEST_F(BearerLoginTest, shows_the_token_and_its_extensions_before_anything_is_asked) {
  extensions_ = {{"logicalCluster", "lkc-1"}, {"zone", "a b=c"}};
  world_.start();
  const auto& outcome = ask();
  ASSERT_FALSE(outcome.error) << *outcome.error;
  const protocol::OauthBearerMessage expected{
      .authorization = {}, .token = "token-1", .extensions = extensions_};
  EXPECT_EQ(seen_, std::vector{expected});
  EXPECT_EQ(given_up_, 0);
}

TEST_F(BearerLoginTest, connections_share_a_token_while_it_is_young) {
  world_.start();
  ASSERT_FALSE(ask(1).error);
  world_.sim.run_for(47min);
  ASSERT_FALSE(ask(2).error);
  EXPECT_EQ(tokens(), (Tokens{"token-1", "token-1"}));
  EXPECT_EQ(asked_, 1);
}

TEST_F(BearerLoginTest, a_token_is_replaced_when_a_fifth_of_its_life_is_left) {
  world_.start();
  ASSERT_FALSE(ask(1).error);
  world_.sim.run_for(49min);
  ASSERT_FALSE(ask(2).error);
  EXPECT_EQ(tokens(), (Tokens{"token-1", "token-2"}));
}

TEST_F(BearerLoginTest, a_token_is_replaced_five_minutes_before_its_end_if_that_is_earlier) {
  life_ = 10min;
  world_.start();
  ASSERT_FALSE(ask(1).error);
  world_.sim.run_for(5min + 1s);
  ASSERT_FALSE(ask(2).error);
  EXPECT_EQ(tokens(), (Tokens{"token-1", "token-2"}));
}

TEST_F(BearerLoginTest, a_token_that_does_not_say_when_it_expires_is_used_once) {
  life_.reset();
  world_.start();
  ASSERT_FALSE(ask(1).error);
  ASSERT_FALSE(ask(2).error);
  EXPECT_EQ(tokens(), (Tokens{"token-1", "token-2"}));
}

TEST_F(BearerLoginTest, logging_in_again_is_with_another_token_that_connections_share) {
  session_ms_ = 10'000;
  world_.start();
  ASSERT_FALSE(ask(1).error);
  ASSERT_FALSE(ask(2).error);
  world_.sim.run_for(9600ms);
  ASSERT_FALSE(ask(1).error);
  ASSERT_FALSE(ask(2).error);
  EXPECT_EQ(tokens(), (Tokens{"token-1", "token-1", "token-2", "token-2"}));
  EXPECT_EQ(world_.sim.network().connections_made(), 2U);
}

TEST_F(BearerLoginTest, while_there_is_no_new_token_the_last_one_is_shown_until_it_expires) {
  session_ms_ = 10'000;
  world_.start();
  ASSERT_FALSE(ask().error);
  fails_with_ = "the server is away";
  world_.sim.run_for(9600ms);
  ASSERT_FALSE(ask().error);
  EXPECT_EQ(tokens(), (Tokens{"token-1", "token-1"}));
  EXPECT_EQ(asked_, 2);
  world_.sim.run_for(1h);
  world_.ask(BrokerId(-2));
  ASSERT_TRUE(world_.sim.run_until([&] { return !world_.failures.empty(); }, 10s));
  EXPECT_EQ(world_.failures[0].error.code(), ErrorCode::sasl_authentication_failed);
  EXPECT_EQ(seen_.size(), 2U);
}

TEST_F(BearerLoginTest, a_new_token_that_has_expired_does_not_displace_one_that_is_valid) {
  session_ms_ = 10'000;
  world_.start();
  ASSERT_FALSE(ask().error);
  life_ = -1ms;
  world_.sim.run_for(9600ms);
  ASSERT_FALSE(ask().error);
  EXPECT_EQ(tokens(), (Tokens{"token-1", "token-1"}));
  EXPECT_EQ(asked_, 2);
}

TEST_F(BearerLoginTest, a_challenge_is_answered_and_its_reason_told) {
  refuses_all_ = true;
  EXPECT_EQ(refusal(), std::string("the broker refuses the token of OAUTHBEARER: ") + kRefusal);
  EXPECT_GE(given_up_, 1);
}

TEST_F(BearerLoginTest, a_token_that_a_broker_repeats_is_told_to_nobody) {
  refuses_all_ = repeats_token_ = true;
  EXPECT_EQ(refusal(), "the broker refuses the token of OAUTHBEARER: no  ***, not ***");
}

TEST_F(BearerLoginTest, a_broker_that_goes_on_after_it_has_refused_is_not_talked_to) {
  refuses_all_ = goes_on_ = true;
  world_.start();
  const auto& outcome = world_.wait(world_.ask(), 20s);
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->code(), ErrorCode::illegal_sasl_state) << *outcome.error;
  EXPECT_EQ(world_.seen(1) + world_.seen(2), 0);
}

TEST_F(BearerLoginTest, after_a_refusal_another_token_is_asked_for) {
  refused_ = "token-1";
  world_.start();
  const auto& outcome = world_.wait(world_.ask(), 20s);
  EXPECT_FALSE(outcome.error) << *outcome.error;
  EXPECT_EQ(tokens(), (Tokens{"token-1", "token-2"}));
}

TEST_F(BearerLoginTest, what_the_function_throws_is_told) {
  fails_with_ = "the server\nis away";
  EXPECT_EQ(refusal(), "the function that gives tokens of OAUTHBEARER threw the server is away");
  EXPECT_TRUE(seen_.empty());
}

TEST_F(BearerLoginTest, what_the_function_answers_instead_of_a_token_is_told) {
  world_.config.sasl->token = [] {
    return Result<OauthBearerToken>(Error(ErrorCode::timed_out, "the server is away"));
  };
  EXPECT_NE(refusal().find("the server is away"), std::string::npos);
}

TEST_F(BearerLoginTest, what_is_no_token_is_not_sent) {
  const std::vector<OauthBearerToken> unfit = {
      {.token = ""},
      {.token = "token-1\x01"
                "auth=Bearer x"},
      {.token = "token-1 x"},
      {.token = "token-1" + std::string(33 << 10, 'x')},
      {.token = "token-1", .extensions = {{"auth", "x"}}},
      {.token = "token-1", .extensions = {{"a-b", "x"}}},
      {.token = "token-1", .extensions = {{"a", "x\x01zone=b"}}},
  };
  world_.config.sasl->token = [&, at = std::size_t{0}]() mutable {
    return Result<OauthBearerToken>(unfit[at++ % unfit.size()]);
  };
  EXPECT_NE(refusal().find("cannot be sent"), std::string::npos);
  for (std::size_t i = 1; i < unfit.size(); ++i) {
    world_.sim.run_for(5s);
    const auto& outcome = world_.wait(world_.ask(), 20s);
    ASSERT_TRUE(outcome.error) << i;
    EXPECT_NE(outcome.error->message().find("cannot be sent"), std::string::npos) << i;
  }
  EXPECT_TRUE(seen_.empty());
}

TEST_F(BearerLoginTest, a_token_that_has_expired_is_not_sent) {
  life_ = -1ms;
  EXPECT_EQ(refusal(), "the token of OAUTHBEARER had expired when it was given");
  EXPECT_TRUE(seen_.empty());
}

// The tokens of one client, without the client.
class BearerTokensTest : public testing::Test {
 protected:
  void make(base::Duration patience) {
    const auto source = [this]() -> Result<OauthBearerToken> {
      return OauthBearerToken{.token = "token-" + std::to_string(++asked_),
                              .expiry = std::chrono::system_clock::time_point::max()};
    };
    on_loop([&] {
      tokens_.emplace(node_.loop(), std::make_unique<FunctionTokens>(node_.loop(), source),
                      patience);
    });
  }
  void get() {
    tokens_->get(base::TimePoint::min(), [this](const Result<OauthBearerToken>& token) {
      told_.push_back(token ? token->token : token.error().message());
    });
  }
  void on_loop(std::function<void()> work) {
    bool done = false;
    node_.loop().post([&] {
      work();
      done = true;
    });
    ASSERT_TRUE(sim_.run_until([&] { return done; }, 1min));
  }

  simulation::Simulation sim_{1};
  simulation::SimNode& node_ = sim_.add_node("client");
  std::optional<BearerTokens> tokens_;
  int asked_ = 0;
  std::vector<std::string> told_;
};

TEST_F(BearerTokensTest, who_needs_one_at_the_same_time_waits_for_the_same_call) {
  node_.start();
  make(10s);
  on_loop([&] {
    get();
    get();
  });
  sim_.run_for(1s);
  EXPECT_EQ(told_, (std::vector<std::string>{"token-1", "token-1"}));
  EXPECT_EQ(asked_, 1);
}

TEST_F(BearerTokensTest, who_has_waited_long_enough_is_told_so_and_later_ones_have_the_token) {
  node_.start();
  make(1ns);
  on_loop([&] { get(); });
  sim_.run_for(1s);
  const std::string late =
      "no token of OAUTHBEARER was given within 0 ms (socket.connection.setup.timeout.ms)";
  EXPECT_EQ(told_, std::vector{late});
  on_loop([&] { get(); });
  EXPECT_EQ(told_, (std::vector<std::string>{late, "token-1"}));
  EXPECT_EQ(asked_, 1);
}

TEST_F(BearerTokensTest, who_is_closed_asks_for_none) {
  node_.start();
  make(10s);
  on_loop([&] {
    get();
    tokens_.reset();
  });
  sim_.run_for(1min);
  EXPECT_EQ(asked_, 0);
  EXPECT_TRUE(told_.empty());
}

}  // namespace
}  // namespace ottla::client
