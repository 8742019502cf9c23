#include "broker/server/fetched_keys.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "tests/simulation/on_loop.h"
#include "tests/simulation/scripted_http.h"
#include "tests/simulation/simulation.h"
#include "tests/tls/token_issuer.h"

namespace ottla::broker {
namespace {

using namespace std::chrono_literals;
using simulation::ScriptedHttp;

// A listener of the node "broker" whose keys are at http://id/keys.
class FetchedKeysTest : public testing::Test {
 protected:
  FetchedKeysTest() {
    id_node_.start();
    broker_node_.start();
    server_.start();
    settings_.keys_url = base::HttpUrl::parse("http://id/keys").value();
    offer("first");
  }
  ~FetchedKeysTest() override {
    on(broker_node_, [this] { keys_.reset(); });
    on(id_node_, [this] { server_.close(); });
  }

  static const tls_test::TokenIssuer& issuer() {
    static const tls_test::TokenIssuer made;
    return made;
  }

  void on(simulation::SimNode& node, const std::function<void()>& act) {
    simulation::on_loop(sim_, node, act);
  }

  void say(int status, const std::string& body) { server_.say(status, body); }
  void offer(const std::string& kid) { say(200, "{\"keys\":[" + issuer().p256_jwk(kid) + "]}"); }

  void start() {
    on(broker_node_, [this] {
      keys_ = std::make_unique<FetchedKeys>(broker_node_.runtime().loop(0), "LOGIN",
                                            KeyEndpoint{.settings = settings_, .tls = nullptr},
                                            base::Logger(sink_, LogLevel::info, "server"));
      keys_->fetch();
    });
    sim_.run_for(1s);
  }

  // What comes of a token that is signed by this key.
  std::string show(const std::string& kid) { return show(kid, issuer()); }
  std::string show(const std::string& kid, const tls_test::TokenIssuer& signer) {
    const auto token = signer.token(R"({"alg":"ES256","kid":")" + kid + "\"}",
                                    R"({"iss":"id","aud":"kafka","sub":"alice","exp":1000})");
    std::string said = "taken";
    on(broker_node_, [&] {
      const auto identity = keys_->verifier()->verify(token, 999);
      if (!identity) said = identity.error().message();
    });
    return said;
  }

  std::size_t asked() const { return server_.requests.size(); }

  const std::string none_ = "the token cannot be checked: the broker has no keys of tokens yet";
  const std::string unknown_ = "the token is signed by a key that is not known (kid)";

  simulation::Simulation sim_{11};
  simulation::SimNode& id_node_ = sim_.add_node("id");
  simulation::SimNode& broker_node_ = sim_.add_node("broker");
  ScriptedHttp server_{id_node_};
  ListenerTokens settings_{.keys_file = {}, .issuer = "id", .audiences = {"kafka"}};
  std::unique_ptr<FetchedKeys> keys_;
  std::string log_;
  const LogSink sink_ = [this](LogLevel, std::string_view, std::string_view line) {
    log_.append(line).append("\n");
  };
};

TEST_F(FetchedKeysTest, are_fetched_at_the_start) {
  start();
  EXPECT_NE(log_.find("the listener LOGIN has its keys of tokens"), std::string::npos) << log_;
  EXPECT_EQ(show("first"), "taken");
  EXPECT_EQ(asked(), 1U);
  EXPECT_TRUE(server_.requests[0].starts_with("GET /keys HTTP/1.1\r\nHost: id\r\n"));
}

TEST_F(FetchedKeysTest, are_fetched_anew_at_an_interval) {
  settings_.refresh_ms = 60'000;
  start();
  offer("second");
  sim_.run_for(58s);
  EXPECT_EQ(show("first"), "taken");
  sim_.run_for(2s);
  EXPECT_EQ(show("second"), "taken");
  EXPECT_EQ(show("first"), unknown_);
  EXPECT_EQ(asked(), 2U);
}

// CVE-2026-110985.
TEST_F(FetchedKeysTest, without_any_no_token_is_taken_until_there_are_some) {
  for (const std::string body : {"", "<html>", "{}", R"({"keys":[]})"}) {
    say(200, body);
    start();
    EXPECT_EQ(show("first"), none_) << body;
  }
  say(503, "");
  sim_.run_for(1min);
  EXPECT_EQ(show("first"), none_);
  offer("first");
  sim_.run_for(11s);
  EXPECT_EQ(show("first"), "taken");
}

TEST_F(FetchedKeysTest, nobody_who_signs_his_own_tokens_is_believed_while_there_are_none) {
  say(500, "");
  start();
  on(broker_node_, [this] {
    EXPECT_FALSE(keys_->verifier()->verify("e30.e30.", 0));
    EXPECT_FALSE(keys_->verifier()->verify("eyJhbGciOiJub25lIn0.e30.", 0));
  });
  const tls_test::TokenIssuer stranger;
  EXPECT_EQ(show("first", stranger), none_);
  offer("first");
  sim_.run_for(11s);
  EXPECT_EQ(show("first", stranger), "the token is not signed by its key");
  EXPECT_EQ(show("first"), "taken");
}

TEST_F(FetchedKeysTest, keys_that_were_withdrawn_do_not_count_though_none_is_left) {
  const auto secret = issuer().p256_jwk("second", R"("d":"AQAB")");
  for (const std::string& keys :
       {std::string(), secret, issuer().p256_jwk("second", R"("use":"enc")"),
        issuer().p256_jwk("second") + "," + issuer().rsa_jwk("second")}) {
    offer("first");
    start();
    EXPECT_EQ(show("first"), "taken");
    log_.clear();
    say(200, "{\"keys\":[" + keys + "]}");
    on(broker_node_, [this] { keys_->fetch(); });
    sim_.run_for(50ms);
    EXPECT_EQ(show("first"), none_) << keys;
    EXPECT_EQ(show("second"), none_) << keys;
    EXPECT_NE(log_.find("none is for RS256 or ES256"), std::string::npos) << log_;
    EXPECT_NE(log_.find("takes no token meanwhile"), std::string::npos) << log_;
  }
}

TEST_F(FetchedKeysTest, what_is_wrong_with_a_key_does_not_keep_the_others_from_counting) {
  settings_.refresh_ms = 60'000;
  start();
  say(200, "{\"keys\":[" + issuer().p256_jwk("third", R"("d":"AQAB")") + "," +
               issuer().p256_jwk("second") + "]}");
  sim_.run_for(5min);
  EXPECT_EQ(show("second"), "taken");
  EXPECT_EQ(show("first"), unknown_);
  EXPECT_EQ(show("third"), unknown_);
  const auto warned = log_.find("does without some of its keys of tokens: http://id/keys: ");
  EXPECT_NE(warned, std::string::npos) << log_;
  EXPECT_EQ(log_.find("does without", warned + 1), std::string::npos) << log_;
}

TEST_F(FetchedKeysTest, the_last_ones_count_while_they_cannot_be_fetched) {
  settings_.refresh_ms = 60'000;
  start();
  for (const auto& [status, body] :
       {std::pair<int, std::string>(503, ""), std::pair<int, std::string>(200, "{}")}) {
    say(status, body);
    sim_.run_for(2min);
    EXPECT_EQ(show("first"), "taken");
  }
  on(id_node_, [this] { server_.close(); });
  sim_.run_for(2min);
  EXPECT_EQ(show("first"), "taken");
}

TEST_F(FetchedKeysTest, failures_make_it_try_again_later_each_time) {
  say(503, "");
  start();
  sim_.run_for(9s);
  // At 0, 0.1, 0.3, 0.7, 1.5, 3.1 and 6.3 s.
  EXPECT_EQ(asked(), 7U);
  sim_.run_for(100s);
  EXPECT_GE(asked(), 16U);
  EXPECT_LE(asked(), 18U);
}

TEST_F(FetchedKeysTest, an_unknown_key_has_them_fetched_but_not_often) {
  settings_.retry_backoff_max_ms = 1;
  start();
  offer("second");
  EXPECT_EQ(show("second"), unknown_);
  sim_.run_for(8s);
  EXPECT_EQ(asked(), 1U);
  EXPECT_EQ(show("second"), unknown_);
  sim_.run_for(2s);
  EXPECT_EQ(show("second"), unknown_);
  EXPECT_EQ(show("third"), unknown_);
  sim_.run_for(1s);
  EXPECT_EQ(show("second"), "taken");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(show("stranger"), unknown_);
  EXPECT_EQ(asked(), 2U);
}

TEST_F(FetchedKeysTest, who_is_gone_fetches_nothing) {
  settings_.refresh_ms = 5000;
  start();
  on(broker_node_, [this] { keys_.reset(); });
  sim_.run_for(1min);
  EXPECT_EQ(asked(), 1U);
}

}  // namespace
}  // namespace ottla::broker
