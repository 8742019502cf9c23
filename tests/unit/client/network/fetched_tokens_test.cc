#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/crypto/base64_url.h"
#include "base/crypto/secrets.h"
#include "client/network/bearer_tokens.h"
#include "client/network/token_source.h"
#include "tests/simulation/on_loop.h"
#include "tests/simulation/scripted_http.h"
#include "tests/simulation/simulation.h"

namespace ottla::client {
namespace {

using namespace std::chrono_literals;
using simulation::ScriptedHttp;

constexpr const char* kGood =
    R"({"access_token":"token-1","token_type":"Bearer","expires_in":3600})";

class FetchedTokensTest : public testing::Test {
 protected:
  FetchedTokensTest() {
    server_node_.start();
    client_node_.start();
    server_.start();
    endpoint_.url = base::HttpUrl::parse("http://id/token").value();
    endpoint_.retry_backoff = 100ms;
    endpoint_.retry_backoff_max = 10s;
    endpoint_.client_id = "app";
    endpoint_.client_secret = "s3c ret";
    say(200, kGood);
  }
  ~FetchedTokensTest() override {
    on(client_node_, [this] {
      tokens_.reset();
      source_.reset();
    });
    on(server_node_, [this] { server_.close(); });
  }

  void on(simulation::SimNode& node, const std::function<void()>& act) {
    simulation::on_loop(sim_, node, act);
  }

  void say(int status, const std::string& body) { server_.say(status, body); }

  std::unique_ptr<FetchedTokens> make() {
    return std::make_unique<FetchedTokens>(client_node_.runtime().loop(0),
                                           std::make_shared<const TokenEndpoint>(endpoint_));
  }

  void ask() {
    outcome_.reset();
    on(client_node_, [this] {
      source_ = make();
      source_->ask([this](Result<OauthBearerToken> token) { outcome_ = std::move(token); });
    });
  }

  Result<OauthBearerToken> fetch() {
    ask();
    EXPECT_TRUE(sim_.run_until([&] { return outcome_.has_value(); }, 5min));
    return *outcome_;
  }

  std::string refusal() {
    const auto token = fetch();
    if (token) return "given";
    EXPECT_EQ(token.error().code(), ErrorCode::sasl_authentication_failed);
    for (const std::string secret : {"s3c", "YXBw", "token-1", "as-ser"}) {
      EXPECT_EQ(token.error().to_string().find(secret), std::string::npos) << token.error();
    }
    return token.error().message();
  }

  // How long a token lasts that has come.
  std::chrono::seconds life(const Result<OauthBearerToken>& token) {
    EXPECT_TRUE(token) << token.error();
    const auto since_1970 = token.value().expiry.value().time_since_epoch();
    return std::chrono::round<std::chrono::seconds>(
        since_1970 - std::chrono::milliseconds(client_node_.loop().wall_now()));
  }

  static std::string jwt(const std::string& claims) {
    return "e30." + base::to_base64_url(claims) + ".sig";
  }

  simulation::Simulation sim_{9};
  simulation::SimNode& server_node_ = sim_.add_node("id");
  simulation::SimNode& client_node_ = sim_.add_node("client");
  ScriptedHttp server_{server_node_};
  TokenEndpoint endpoint_;
  std::unique_ptr<FetchedTokens> source_;
  std::optional<BearerTokens> tokens_;
  std::optional<Result<OauthBearerToken>> outcome_;
};

TEST_F(FetchedTokensTest, shows_its_id_and_its_secret) {
  endpoint_.scope = "read write";
  endpoint_.extensions = {{"zone", "a"}};
  const auto token = fetch();
  ASSERT_TRUE(token) << token.error();
  EXPECT_EQ(token->token, "token-1");
  EXPECT_EQ(token->extensions, endpoint_.extensions);
  EXPECT_EQ(life(token), 3600s);
  ASSERT_EQ(server_.requests.size(), 1U);
  const auto& request = server_.requests[0];
  EXPECT_TRUE(request.starts_with("POST /token HTTP/1.1\r\nHost: id\r\n")) << request;
  EXPECT_NE(request.find("\r\nContent-Type: application/x-www-form-urlencoded\r\n"),
            std::string::npos);
  EXPECT_NE(request.find("\r\nAuthorization: Basic " + base::to_base64("app:s3c ret") + "\r\n"),
            std::string::npos);
  EXPECT_TRUE(request.ends_with("\r\n\r\ngrant_type=client_credentials&scope=read+write"))
      << request;
}

TEST_F(FetchedTokensTest, shows_them_url_encoded_if_it_is_told_to) {
  endpoint_.url_encoded = true;
  ASSERT_TRUE(fetch());
  EXPECT_NE(server_.requests[0].find("Basic " + base::to_base64("app:s3c+ret") + "\r\n"),
            std::string::npos);
}

TEST_F(FetchedTokensTest, shows_an_assertion_instead) {
  endpoint_.grant = OauthBearerGrant::jwt_bearer;
  endpoint_.assertion.file = "/nowhere/assertion";
  EXPECT_EQ(refusal(),
            "no token of OAUTHBEARER was given: sasl.oauthbearer.assertion.file=/nowhere/assertion"
            ": the file cannot be read");
  EXPECT_TRUE(server_.requests.empty());
  endpoint_.assertion.file = testing::TempDir() + "fetched-tokens-assertion";
  std::ofstream(endpoint_.assertion.file) << "a.b+.as-ser\n";
  ASSERT_TRUE(fetch());
  EXPECT_TRUE(server_.requests[0].ends_with(
      "\r\n\r\ngrant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion="
      "a.b%2B.as-ser"))
      << server_.requests[0];
  EXPECT_EQ(server_.requests[0].find("Authorization"), std::string::npos);
  say(401, R"({"error":"no","error_description":"a.b+.as-ser is bad"})");
  EXPECT_EQ(refusal(),
            "no token of OAUTHBEARER was given: http://id/token answered 401 "
            "Unauthorized: no");
  std::remove(endpoint_.assertion.file.c_str());
}

TEST_F(FetchedTokensTest, a_token_expires_when_the_answer_says_so_or_else_itself) {
  const auto now_s = client_node_.loop().wall_now() / 1000;
  const auto answer = [](const std::string& token, const std::string& more) {
    return R"({"access_token":")" + token + "\"" + more + "}";
  };
  const auto in_ten = jwt("{\"exp\":" + std::to_string(now_s + 600) + "}");
  say(200, answer(in_ten, ""));
  EXPECT_NEAR(static_cast<double>(life(fetch()).count()), 600, 2);
  say(200, answer(in_ten, R"(,"expires_in":60)"));
  EXPECT_EQ(life(fetch()), 60s);
  say(200, answer(in_ten, R"(,"expires_in":"900")"));
  EXPECT_EQ(life(fetch()), 900s);
  say(200, answer("opaque", R"(,"expires_in":9000000000000000)"));
  EXPECT_EQ(life(fetch()), std::chrono::hours(24 * 365 * 10));
  say(200, answer("opaque", R"(,"expires_in":true)"));
  EXPECT_FALSE(fetch().value().expiry);
  say(200, answer(jwt("{\"exp\":{}}"), ""));
  EXPECT_FALSE(fetch().value().expiry);
}

TEST_F(FetchedTokensTest, a_token_lasts_though_the_clock_here_is_wrong) {
  const auto issued = client_node_.loop().wall_now() / 1000 - 7200;
  const auto exp = "{\"exp\":" + std::to_string(issued + 3600);
  const auto answer = [](const std::string& token, const std::string& more) {
    return R"({"access_token":")" + token + "\"" + more + "}";
  };
  say(200, answer(jwt(exp + ",\"iat\":" + std::to_string(issued) + "}"), ""));
  EXPECT_EQ(life(fetch()), 3600s);
  say(200, answer(jwt(exp + "}"), R"(,"expires_in":1800)"));
  EXPECT_EQ(life(fetch()), 1800s);
  say(200, answer(jwt(exp + "}"), ""));
  EXPECT_LT(life(fetch()), 0s);
}

TEST_F(FetchedTokensTest, takes_no_time_that_is_none) {
  for (const std::string number :
       {"-9223372036854775808", "9223372036854775807", "9000000000000001", "-9000000000000001"}) {
    const auto claims = R"({"exp":")" + number + R"(","iat":")" + number + "\"}";
    say(200, R"({"access_token":")" + jwt(claims) + "\"}");
    EXPECT_FALSE(fetch().value().expiry) << number;
    say(200, R"({"access_token":"opaque","expires_in":")" + number + "\"}");
    EXPECT_FALSE(fetch().value().expiry) << number;
  }
  const std::string far = R"({"exp":"-9000000000000000","iat":"9000000000000000"})";
  say(200, R"({"access_token":")" + jwt(far) + "\"}");
  EXPECT_LT(life(fetch()), 0s);
}

TEST_F(FetchedTokensTest, what_the_endpoint_refuses_is_told_at_once_with_its_reason) {
  say(400, R"({"error":"invalid_scope","error_description":"the\u0007scope s3c ret"})");
  EXPECT_EQ(refusal(),
            "no token of OAUTHBEARER was given: http://id/token answered 400 Bad Request: "
            "invalid_scope");
  say(401, R"({"error":"Basic )" + base::to_base64("app:s3c ret") + R"("})");
  EXPECT_EQ(refusal(),
            "no token of OAUTHBEARER was given: http://id/token answered 401 Unauthorized");
  say(403, "<html>");
  refusal();
  EXPECT_EQ(server_.requests.size(), 3U);
}

TEST_F(FetchedTokensTest, goes_nowhere_else) {
  server_.respond = [](const std::string&) {
    return ScriptedHttp::Answer{.bytes =
                                    "HTTP/1.1 302 Found\r\nLocation: "
                                    "http://client/\r\nContent-Length: 0\r\n\r\n"};
  };
  EXPECT_EQ(refusal(), "no token of OAUTHBEARER was given: http://id/token answered 302 Found");
  EXPECT_EQ(server_.requests.size(), 1U);
}

TEST_F(FetchedTokensTest, takes_no_answer_that_has_no_token) {
  for (const std::string body :
       {"", "token-1", "[]", "{}", R"({"access_token":""})", R"({"access_token":1})",
        R"({"access_token":"a","access_token":"token-1"})",
        R"({"access_token":"token-1","token_type":"mac"})", R"({"access_token":"token-1"}x)"}) {
    say(200, body);
    EXPECT_EQ(refusal().find("no token of OAUTHBEARER was given: http://id/token: the answer has "
                             "no token: "),
              0U)
        << body;
  }
  say(200, R"({"access_token":")" + std::string(70'000, 'x') + "\"}");
  EXPECT_NE(refusal().find("too long"), std::string::npos);
}

TEST_F(FetchedTokensTest, tries_again_later_each_time_while_the_endpoint_fails) {
  std::vector<base::TimePoint> asked;
  server_.respond = [&](const std::string&) {
    asked.push_back(sim_.now());
    const bool good = asked.size() == 4;
    return ScriptedHttp::Answer{
        .bytes = ScriptedHttp::answer(good ? 200 : 503, good ? kGood : R"({"error":"busy"})")};
  };
  const auto token = fetch();
  ASSERT_TRUE(token) << token.error();
  ASSERT_EQ(asked.size(), 4U);
  for (std::size_t i = 1; i < asked.size(); ++i) {
    const auto wait = std::chrono::duration<double, std::milli>(asked[i] - asked[i - 1]).count();
    EXPECT_NEAR(wait, 50.0 * static_cast<double>(1 << i), 60) << i;
  }
}

TEST_F(FetchedTokensTest, tries_again_who_has_no_time) {
  for (const int status : {408, 429}) {
    int asked = 0;
    server_.respond = [&](const std::string&) {
      const bool good = ++asked == 2;
      return ScriptedHttp::Answer{
          .bytes = ScriptedHttp::answer(good ? 200 : status, good ? kGood : "{}")};
    };
    EXPECT_TRUE(fetch()) << status;
  }
}

TEST_F(FetchedTokensTest, shows_what_was_refused_more_and_more_seldom) {
  std::vector<base::TimePoint> asked;
  bool good = false;
  server_.respond = [&](const std::string&) {
    asked.push_back(sim_.now());
    return ScriptedHttp::Answer{
        .bytes = ScriptedHttp::answer(good ? 200 : 401, good ? kGood : R"({"error":"no"})")};
  };
  ask();
  const auto until = [&](std::size_t count) {
    while (asked.size() < count) {
      ASSERT_TRUE(sim_.run_until([&] { return outcome_.has_value(); }, 10s));
      if (!good) {
        ASSERT_FALSE(*outcome_);
        EXPECT_EQ(outcome_->error().message(),
                  "no token of OAUTHBEARER was given: http://id/token answered 401 Unauthorized: "
                  "no");
      }
      outcome_.reset();
      sim_.run_for(50ms);
      on(client_node_, [this] {
        source_->ask([this](Result<OauthBearerToken> token) { outcome_ = std::move(token); });
      });
    }
  };
  const auto wait = [&](std::size_t before) {
    return std::chrono::duration<double>(asked[before + 1] - asked[before]).count();
  };
  until(9);
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_NEAR(wait(i), std::min(60.0, static_cast<double>(1 << i)), 0.3) << i;
  }
  good = true;
  until(11);
  good = false;
  until(13);
  EXPECT_LT(wait(9), 1.0);
  EXPECT_NEAR(wait(11), 1.0, 0.3);
}

TEST_F(FetchedTokensTest, gives_up_when_it_has_tried_long_enough) {
  say(503, R"({"error":"busy"})");
  endpoint_.retry_backoff_max = 2s;
  const auto begun = sim_.now();
  EXPECT_EQ(refusal(),
            "no token of OAUTHBEARER was given: http://id/token answered 503 Service Unavailable: "
            "busy");
  EXPECT_GE(sim_.now() - begun, 2s);
  EXPECT_LT(sim_.now() - begun, 3s);
  EXPECT_EQ(server_.requests.size(), 6U);
}

TEST_F(FetchedTokensTest, tries_again_where_nobody_is_reached) {
  endpoint_.url.endpoint.port = 81;
  ask();
  sim_.run_for(1s);
  EXPECT_FALSE(outcome_);
  EXPECT_NE(source_->trouble().find("http://id:81/token: "), std::string::npos)
      << source_->trouble();
  ASSERT_TRUE(sim_.run_until([&] { return outcome_.has_value(); }, 15s));
  EXPECT_FALSE(*outcome_);
}

TEST_F(FetchedTokensTest, who_waits_in_vain_hears_why) {
  say(503, R"({"error":"busy"})");
  on(client_node_, [this] {
    tokens_.emplace(client_node_.loop(), make(), 5s);
    tokens_->get(base::TimePoint::min(),
                 [this](const Result<OauthBearerToken>& token) { outcome_ = token; });
  });
  ASSERT_TRUE(sim_.run_until([&] { return outcome_.has_value(); }, 6s));
  ASSERT_FALSE(*outcome_);
  EXPECT_EQ(outcome_->error().message(),
            "no token of OAUTHBEARER was given within 5000 ms "
            "(socket.connection.setup.timeout.ms): http://id/token answered 503 Service "
            "Unavailable: busy");
}

TEST_F(FetchedTokensTest, who_is_closed_is_told_nothing) {
  say(503, "");
  for (const auto when : {0ms, 1ms, 20ms, 150ms}) {
    ask();
    sim_.run_for(when);
    on(client_node_, [this] { source_.reset(); });
    sim_.run_for(1min);
    EXPECT_FALSE(outcome_) << when.count();
  }
}

}  // namespace
}  // namespace ottla::client
