#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>

#include "protocol/sasl/oauthbearer.h"
#include "protocol/sasl/plain.h"
#include "protocol/sasl/scram.h"
#include "tests/tls/token_issuer.h"
#include "tests/unit/handlers/handler_fixture.h"

namespace ottla::broker {
namespace {

using namespace std::chrono_literals;
using protocol::AlterUserScramCredentialsRequest;
using protocol::DescribeUserScramCredentialsRequest;
using protocol::MetadataRequest;
using protocol::SaslAuthenticateRequest;
using protocol::SaslAuthenticateResponse;
using protocol::SaslHandshakeRequest;
using protocol::ScramClient;

// A broker whose listener has clients log in; "alice" has the password "wonder" by PLAIN.
class SaslTest : public HandlerFixture {
 protected:
  SaslTest() {
    auto& mechanisms = config_.sasl_listeners["PLAINTEXT"].mechanisms;
    mechanisms["PLAIN"].passwords["alice"] = "wonder";
    mechanisms["PLAIN"].passwords["bob"] = "builder";
    mechanisms["SCRAM-SHA-256"] = {};
  }

  Result<SaslAuthenticateResponse> authenticate(std::string_view message, std::size_t number = 0,
                                                std::int16_t version = 2) {
    SaslAuthenticateRequest request;
    request.auth_bytes.view = message;
    return client(number).call(request, version);
  }

  ErrorCode handshake(std::string_view mechanism, std::size_t number = 0) {
    const auto response = client(number).call(SaslHandshakeRequest{.mechanism = mechanism}, 1);
    return response ? response->error_code : response.error().code();
  }

  ErrorCode by_plain(const std::string& user, const std::string& password, std::size_t number = 0) {
    if (const auto begun = handshake("PLAIN", number); begun != ErrorCode::none) return begun;
    const auto answer = authenticate(protocol::encode_plain({user, password}), number);
    return answer ? answer->error_code : answer.error().code();
  }

  ErrorCode by_scram(const std::string& user, const std::string& password, std::size_t number = 0) {
    if (const auto begun = handshake("SCRAM-SHA-256", number); begun != ErrorCode::none) {
      return begun;
    }
    ScramClient scram(ScramMechanism::sha_256, user, "nonce");
    auto answer = authenticate(scram.first_message(), number);
    if (!answer || answer->error_code != ErrorCode::none) {
      return answer ? answer->error_code : answer.error().code();
    }
    EXPECT_TRUE(scram.on_server_first(answer->auth_bytes.view));
    const auto salted = protocol::salt_password(ScramMechanism::sha_256, password, scram.salt(),
                                                scram.iterations());
    answer = authenticate(scram.final_message(salted), number);
    if (!answer || answer->error_code != ErrorCode::none) {
      return answer ? answer->error_code : answer.error().code();
    }
    EXPECT_TRUE(scram.on_server_final(answer->auth_bytes.view));
    return ErrorCode::none;
  }

  bool served(std::size_t number = 0) {
    return client(number).call(MetadataRequest{}, 12).has_value();
  }

  bool closes(std::size_t number, base::Duration within) {
    return simulation_.run_until([&] { return client(number).closed; }, within);
  }

  ErrorCode set_password(const std::string& user, const std::string& password) {
    const std::string salt = user + "salt";
    const auto salted = protocol::salt_password(ScramMechanism::sha_256, password, salt, 4096);
    AlterUserScramCredentialsRequest request;
    auto& upsertion = request.upsertions.emplace_back();
    upsertion.name = user;
    upsertion.mechanism = 1;
    upsertion.iterations = 4096;
    upsertion.salt.view = salt;
    upsertion.salted_password.view = salted;
    const auto response = call(request);
    EXPECT_EQ(response.results.size(), 1U);
    return response.results.empty() ? ErrorCode::unknown_server_error
                                    : response.results[0].error_code;
  }
};

TEST_F(SaslTest, whoever_has_logged_in_is_served) {
  EXPECT_EQ(by_plain("alice", "wonder"), ErrorCode::none);
  EXPECT_TRUE(served());
  EXPECT_EQ(create_topic("t"), ErrorCode::none);
}

TEST_F(SaslTest, a_request_before_authentication_ends_the_connection) {
  EXPECT_FALSE(served());
  EXPECT_TRUE(client().closed);
}

TEST_F(SaslTest, a_request_in_the_middle_of_authentication_ends_the_connection) {
  ASSERT_EQ(handshake("SCRAM-SHA-256"), ErrorCode::none);
  ASSERT_TRUE(authenticate("n,,n=alice,r=x"));
  EXPECT_FALSE(served());
  EXPECT_TRUE(client().closed);
}

TEST_F(SaslTest, versions_are_told_to_everybody) {
  const auto response = client().call(
      protocol::ApiVersionsRequest{.client_software_name = "t", .client_software_version = "1"}, 3);
  ASSERT_TRUE(response) << response.error();
  EXPECT_EQ(response->error_code, ErrorCode::none);
  EXPECT_EQ(by_plain("alice", "wonder"), ErrorCode::none);
}

TEST_F(SaslTest, a_failure_is_told_after_a_while_and_ends_the_connection) {
  ASSERT_EQ(handshake("PLAIN"), ErrorCode::none);
  const auto before = simulation_.now();
  const auto answer = authenticate(protocol::encode_plain({"alice", "wrong"}));
  ASSERT_TRUE(answer) << answer.error();
  EXPECT_EQ(answer->error_code, ErrorCode::sasl_authentication_failed);
  EXPECT_EQ(answer->error_message, "authentication by PLAIN failed: the credentials are not valid");
  EXPECT_GE(simulation_.now() - before, 100ms);
  EXPECT_TRUE(closes(0, 1s));
}

TEST_F(SaslTest, a_mechanism_that_is_not_there_ends_the_connection_with_those_that_are) {
  const auto response = client().call(SaslHandshakeRequest{.mechanism = "GSSAPI"}, 1);
  ASSERT_TRUE(response) << response.error();
  EXPECT_EQ(response->error_code, ErrorCode::unsupported_sasl_mechanism);
  EXPECT_EQ(response->mechanisms, (std::vector<std::string_view>{"PLAIN", "SCRAM-SHA-256"}));
  EXPECT_TRUE(closes(0, 1s));
}

TEST_F(SaslTest, whoever_stays_silent_is_hung_up_on) {
  EXPECT_FALSE(closes(0, 9s));
  EXPECT_TRUE(closes(0, 2s));
}

TEST_F(SaslTest, half_an_exchange_and_then_silence_is_hung_up_on) {
  ASSERT_EQ(handshake("SCRAM-SHA-256"), ErrorCode::none);
  ASSERT_TRUE(authenticate("n,,n=alice,r=x"));
  EXPECT_TRUE(closes(0, 11s));
}

TEST_F(SaslTest, asking_for_versions_once_more_before_authentication_ends_the_connection) {
  ASSERT_TRUE(client().call(protocol::ApiVersionsRequest{}, 0));
  EXPECT_FALSE(client().call(protocol::ApiVersionsRequest{}, 0));
  EXPECT_TRUE(client().closed);
}

TEST_F(SaslTest, versions_that_were_asked_for_in_a_wrong_way_may_be_asked_for_again) {
  const auto refused = client().call(protocol::ApiVersionsRequest{}, 3);
  ASSERT_TRUE(refused) << refused.error();
  EXPECT_EQ(refused->error_code, ErrorCode::invalid_request);
  ASSERT_TRUE(client().call(protocol::ApiVersionsRequest{}, 0));
  EXPECT_EQ(by_plain("alice", "wonder"), ErrorCode::none);
  EXPECT_TRUE(client().call(protocol::ApiVersionsRequest{}, 0));
}

TEST_F(SaslTest, asking_for_versions_again_and_again_is_no_authentication) {
  for (int i = 0; i < 11 && !client().closed; ++i) {
    (void)client().call(protocol::ApiVersionsRequest{}, 3);
    simulation_.run_for(1s);
  }
  EXPECT_TRUE(client().closed);
}

TEST_F(SaslTest, whoever_has_logged_in_may_be_silent) {
  ASSERT_EQ(by_plain("alice", "wonder"), ErrorCode::none);
  EXPECT_FALSE(closes(0, 60s));
  EXPECT_TRUE(served());
}

TEST_F(SaslTest, large_frames_are_for_those_who_have_logged_in) {
  const std::string large(70'000, 'x');
  ASSERT_EQ(handshake("PLAIN"), ErrorCode::none);
  EXPECT_FALSE(authenticate(large));
  EXPECT_TRUE(client().closed);
  ASSERT_EQ(by_plain("alice", "wonder", 1), ErrorCode::none);
  MetadataRequest request;
  request.topics.emplace(7000, MetadataRequest::Topic{.topic_id = {}, .name = "0123456789"});
  request.allow_auto_topic_creation = false;
  EXPECT_TRUE(client(1).call(request, 12));
}

TEST_F(SaslTest, a_second_handshake_is_refused_and_changes_nothing) {
  ASSERT_EQ(by_plain("alice", "wonder"), ErrorCode::none);
  EXPECT_EQ(handshake("PLAIN"), ErrorCode::illegal_sasl_state);
  const auto answer = authenticate(protocol::encode_plain({"bob", "builder"}));
  ASSERT_TRUE(answer) << answer.error();
  EXPECT_EQ(answer->error_code, ErrorCode::illegal_sasl_state);
  EXPECT_TRUE(served());
}

// Announced all the same: librdkafka takes a broker that begins with 1 for one without SASL.
TEST_F(SaslTest, a_handshake_of_version_0_is_answered_and_ends_the_connection) {
  const auto response = client().call(SaslHandshakeRequest{.mechanism = "PLAIN"}, 0);
  ASSERT_TRUE(response) << response.error();
  EXPECT_EQ(response->error_code, ErrorCode::unsupported_version);
  EXPECT_TRUE(closes(0, 1s));
}

TEST_F(SaslTest, handshakes_are_announced_from_version_0) {
  const auto response = client().call(protocol::ApiVersionsRequest{}, 0);
  ASSERT_TRUE(response) << response.error();
  for (const auto& api : response->api_keys) {
    if (api.api_key != ApiKey::sasl_handshake) continue;
    EXPECT_EQ(api.min_version, 0);
    EXPECT_EQ(api.max_version, 1);
    return;
  }
  FAIL() << "SaslHandshake is not announced";
}

TEST_F(SaslTest, users_of_scram_log_in_with_what_was_set_and_after_a_power_cut) {
  ASSERT_EQ(by_plain("alice", "wonder"), ErrorCode::none);
  EXPECT_EQ(by_scram("carol", "s3cret", 1), ErrorCode::sasl_authentication_failed);
  EXPECT_EQ(set_password("carol", "s3cret"), ErrorCode::none);
  EXPECT_EQ(by_scram("carol", "s3cret", 2), ErrorCode::none);
  EXPECT_EQ(by_scram("carol", "other", 3), ErrorCode::sasl_authentication_failed);
  cut_power_and_restart();
  EXPECT_EQ(by_scram("carol", "s3cret"), ErrorCode::none);
  EXPECT_EQ(set_password("carol", "other"), ErrorCode::none);
  EXPECT_EQ(by_scram("carol", "other", 1), ErrorCode::none);
  restart();
  EXPECT_EQ(by_scram("carol", "s3cret"), ErrorCode::sasl_authentication_failed);
}

TEST_F(SaslTest, what_is_told_of_users_is_no_credential) {
  ASSERT_EQ(by_plain("alice", "wonder"), ErrorCode::none);
  ASSERT_EQ(set_password("carol", "s3cret"), ErrorCode::none);
  const auto all = call(DescribeUserScramCredentialsRequest{});
  ASSERT_EQ(all.results.size(), 1U);
  EXPECT_EQ(all.results[0].user, "carol");
  ASSERT_EQ(all.results[0].credential_infos.size(), 1U);
  EXPECT_EQ(all.results[0].credential_infos[0].mechanism, 1);
  EXPECT_EQ(all.results[0].credential_infos[0].iterations, 4096);
  DescribeUserScramCredentialsRequest some;
  some.users = {{"carol"}, {"nobody"}, {"twice"}, {"twice"}};
  const auto told = call(some);
  ASSERT_EQ(told.results.size(), 3U);
  EXPECT_EQ(told.results[0].error_code, ErrorCode::none);
  EXPECT_EQ(told.results[1].error_code, ErrorCode::resource_not_found);
  EXPECT_EQ(told.results[2].error_code, ErrorCode::duplicate_resource);
}

TEST_F(SaslTest, a_user_whose_credential_is_taken_away_is_a_stranger) {
  ASSERT_EQ(by_plain("alice", "wonder"), ErrorCode::none);
  ASSERT_EQ(set_password("carol", "s3cret"), ErrorCode::none);
  AlterUserScramCredentialsRequest request;
  request.deletions = {{"carol", 1}, {"dave", 1}};
  const auto response = call(request);
  ASSERT_EQ(response.results.size(), 2U);
  EXPECT_EQ(response.results[0].error_code, ErrorCode::none);
  EXPECT_EQ(response.results[1].error_code, ErrorCode::resource_not_found);
  EXPECT_EQ(by_scram("carol", "s3cret", 1), ErrorCode::sasl_authentication_failed);
}

TEST_F(SaslTest, a_request_alters_so_many_credentials_at_most) {
  ASSERT_EQ(by_plain("alice", "wonder"), ErrorCode::none);
  std::vector<std::string> users;
  for (int i = 0; i < 10'001; ++i) users.push_back("user" + std::to_string(i));
  AlterUserScramCredentialsRequest request;
  for (const auto& user : users) request.deletions.push_back({user, 1});
  const auto refused = call(request);
  ASSERT_EQ(refused.results.size(), 10'000U);
  for (const auto& result : refused.results) {
    EXPECT_EQ(result.error_code, ErrorCode::invalid_request);
  }
  request.deletions.pop_back();
  const auto decided = call(request);
  ASSERT_EQ(decided.results.size(), 10'000U);
  for (const auto& result : decided.results) {
    EXPECT_EQ(result.error_code, ErrorCode::resource_not_found);
  }
}

TEST_F(SaslTest, what_cannot_be_a_credential_is_refused_by_user) {
  ASSERT_EQ(by_plain("alice", "wonder"), ErrorCode::none);
  AlterUserScramCredentialsRequest request;
  auto& upsertion = request.upsertions.emplace_back();
  upsertion.name = "carol";
  upsertion.mechanism = 1;
  upsertion.iterations = 1;
  const auto response = call(request);
  ASSERT_EQ(response.results.size(), 1U);
  EXPECT_EQ(response.results[0].user, "carol");
  EXPECT_EQ(response.results[0].error_code, ErrorCode::unacceptable_credential);
  EXPECT_NE(response.results[0].error_message.value_or("").find("4096"), std::string::npos);
}

// Sessions of a second.
class ShortSessionTest : public SaslTest {
 protected:
  ShortSessionTest() {
    for (auto& [name, mechanism] : config_.sasl_listeners["PLAINTEXT"].mechanisms) {
      mechanism.max_reauth_ms = 1000;
    }
  }
};

TEST_F(ShortSessionTest, whoever_does_not_authenticate_again_is_hung_up_on) {
  ASSERT_EQ(by_plain("alice", "wonder"), ErrorCode::none);
  EXPECT_TRUE(served());
  simulation_.run_for(1s);
  EXPECT_FALSE(served());
  EXPECT_TRUE(client().closed);
}

TEST_F(ShortSessionTest, whoever_authenticates_again_goes_on) {
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(handshake("PLAIN"), ErrorCode::none);
    const auto answer = authenticate(protocol::encode_plain({"alice", "wonder"}));
    ASSERT_TRUE(answer) << answer.error();
    EXPECT_EQ(answer->error_code, ErrorCode::none);
    EXPECT_EQ(answer->session_lifetime_ms, 1000);
    EXPECT_TRUE(served());
    simulation_.run_for(900ms);
  }
}

TEST_F(ShortSessionTest, authenticating_again_as_somebody_else_ends_the_connection) {
  ASSERT_EQ(by_plain("alice", "wonder"), ErrorCode::none);
  EXPECT_EQ(by_plain("bob", "builder"), ErrorCode::sasl_authentication_failed);
  EXPECT_TRUE(closes(0, 1s));
}

// Clients show tokens, and what the broker says to its log is kept.
class TokenSaslTest : public SaslTest {
 protected:
  TokenSaslTest() {
    const tls_test::TokenIssuer issuer;
    std::ofstream(keys_file_) << "{\"keys\":[" + issuer.p256_jwk("e") + "]}\n";
    config_.sasl_listeners["PLAINTEXT"].mechanisms["OAUTHBEARER"].tokens =
        ListenerTokens{.keys_file = keys_file_, .issuer = "id", .audiences = {"kafka"}};
    logger_ = base::Logger([lines = lines_](LogLevel, std::string_view,
                                            std::string_view line) { lines->emplace_back(line); },
                           LogLevel::warn, "test");
  }
  ~TokenSaslTest() override { std::filesystem::remove(keys_file_); }

  std::ptrdiff_t lines_with(std::string_view text) const {
    return std::count_if(lines_->begin(), lines_->end(), [text](const std::string& line) {
      return line.find(text) != std::string::npos;
    });
  }

  const std::string keys_file_ = testing::TempDir() + "keys-of-sasl-test.json";
  // The broker may speak when this is gone.
  const std::shared_ptr<std::vector<std::string>> lines_ =
      std::make_shared<std::vector<std::string>>();
};

TEST_F(TokenSaslTest, why_a_token_is_refused_stands_in_the_log_once_and_is_not_told) {
  ASSERT_EQ(handshake("OAUTHBEARER"), ErrorCode::none);
  const auto refused = authenticate(protocol::encode_oauthbearer({.token = "a.b.c"}));
  ASSERT_TRUE(refused) << refused.error();
  EXPECT_EQ(refused->error_code, ErrorCode::none);
  EXPECT_EQ(refused->auth_bytes.view, R"({"status":"invalid_token"})");
  EXPECT_EQ(lines_with("a token of "), 1);
  const auto ended = authenticate("\x01");
  ASSERT_TRUE(ended) << ended.error();
  EXPECT_EQ(ended->error_code, ErrorCode::sasl_authentication_failed);
  EXPECT_EQ(ended->error_message,
            R"(authentication by OAUTHBEARER failed: {"status":"invalid_token"})");
  EXPECT_TRUE(closes(0, 5s));
  EXPECT_EQ(lines_with("a token of "), 1);
}

TEST_F(HandlerFixture, where_nobody_logs_in_a_handshake_is_out_of_place) {
  const auto handshake = call(SaslHandshakeRequest{.mechanism = "PLAIN"}, 1);
  EXPECT_EQ(handshake.error_code, ErrorCode::illegal_sasl_state);
  EXPECT_EQ(call(SaslAuthenticateRequest{}).error_code, ErrorCode::illegal_sasl_state);
  EXPECT_EQ(create_topic("t"), ErrorCode::none);
}

// A broker whose other listener takes tokens, with keys at a place that nobody reaches.
class KeysOutOfReach : public HandlerFixture {
 protected:
  void SetUp() override {
    asking_.start();
    place_.start();
    simulation_.network().isolate(place_.host());
    config_.sasl_listeners["LOGIN"].mechanisms["OAUTHBEARER"].tokens =
        ListenerTokens{.keys_file = {},
                       .issuer = "id",
                       .audiences = {"kafka"},
                       .keys_url = base::HttpUrl::parse("http://id/keys").value()};
  }

  simulation::SimNode& place_ = simulation_.add_node("id");
};

TEST_F(KeysOutOfReach, keep_nobody_waiting_who_shows_no_token) {
  const auto begun = simulation_.now();
  start();
  EXPECT_EQ(create_topic("t"), ErrorCode::none);
  restart();
  EXPECT_EQ(produce("t", 0, 1), 0);
  EXPECT_LT(simulation_.now() - begun, 5s);
}

}  // namespace
}  // namespace ottla::broker
