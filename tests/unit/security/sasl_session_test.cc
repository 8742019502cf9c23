#include "broker/security/sasl_session.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "broker/metadata/metadata_delta.h"
#include "protocol/sasl/oauthbearer.h"
#include "protocol/sasl/plain.h"
#include "tests/tls/token_issuer.h"

namespace ottla::broker {
namespace {

using namespace std::chrono_literals;
using protocol::ScramClient;

constexpr base::TimePoint kNow{};
constexpr std::int64_t kSeconds = 1'800'000'000;

// A listener with all mechanisms; "alice" has the password "wonder" by PLAIN and by both SCRAMs.
class SaslSessionTest : public testing::Test {
 protected:
  SaslSessionTest() {
    listener_.mechanisms["PLAIN"].passwords["alice"] = "wonder";
    listener_.mechanisms["PLAIN"].passwords["bob"] = "builder";
    listener_.mechanisms["SCRAM-SHA-256"] = {};
    listener_.mechanisms["SCRAM-SHA-512"] = {};
    add_user("alice", "wonder");
  }

  void add_user(const std::string& user, const std::string& password) {
    MetadataDelta delta(image_);
    for (const auto mechanism : {ScramMechanism::sha_256, ScramMechanism::sha_512}) {
      const auto made = protocol::make_scram_credential(
          mechanism, protocol::salt_password(mechanism, password, user + "salt", 4096),
          user + "salt", 4096);
      UserScramCredentialRecord record;
      record.name = user;
      record.mechanism = static_cast<std::int8_t>(mechanism);
      record.salt.view = made.salt;
      record.stored_key.view = made.stored_key;
      record.server_key.view = made.server_key;
      record.iterations = made.iterations;
      EXPECT_TRUE(delta.apply(record));
    }
    image_ = delta.image(Offset(image_->last_offset().value + 2), 1);
  }

  using Outcome = Result<SaslSession::Answer>;

  Outcome say(SaslSession& session, std::string_view message, base::TimePoint now = kNow) {
    return session.on_authenticate(message, *image_, {.time = now, .seconds = kSeconds});
  }

  Outcome by_plain(SaslSession& session, const std::string& user, const std::string& password,
                   base::TimePoint now = kNow) {
    if (const auto begun = session.on_handshake("PLAIN"); !begun) return begun.error();
    return say(session, protocol::encode_plain({user, password}), now);
  }

  // The challenge is what a client without a password can see.
  Outcome by_scram(SaslSession& session, ScramMechanism mechanism, const std::string& user,
                   const std::string& password, std::string* challenge = nullptr,
                   base::TimePoint now = kNow) {
    if (const auto begun = session.on_handshake(to_string(mechanism)); !begun) return begun.error();
    ScramClient client(mechanism, user, "nonce");
    const auto first = say(session, client.first_message(), now);
    if (!first) return first;
    if (challenge != nullptr) *challenge = first->bytes;
    if (const auto taken = client.on_server_first(first->bytes); !taken) return taken.error();
    const auto salted =
        protocol::salt_password(mechanism, password, client.salt(), client.iterations());
    auto last = say(session, client.final_message(salted), now);
    EXPECT_TRUE(!last || client.on_server_final(last->bytes));
    return last;
  }

  ListenerSasl listener_;
  std::shared_ptr<const MetadataImage> image_ = MetadataImage::empty("cluster");
};

TEST_F(SaslSessionTest, who_knows_the_password_is_let_in_by_every_mechanism) {
  SaslSession plain(listener_);
  EXPECT_EQ(plain.principal()->to_string(), "User:ANONYMOUS");
  EXPECT_TRUE(by_plain(plain, "alice", "wonder"));
  EXPECT_TRUE(plain.authenticated());
  EXPECT_EQ(plain.principal()->to_string(), "User:alice");
  for (const auto mechanism : {ScramMechanism::sha_256, ScramMechanism::sha_512}) {
    SaslSession scram(listener_);
    EXPECT_TRUE(by_scram(scram, mechanism, "alice", "wonder"));
    EXPECT_EQ(scram.principal()->to_string(), "User:alice");
  }
}

TEST_F(SaslSessionTest, a_wrong_password_and_an_unknown_user_are_told_the_same_at_the_same_step) {
  SaslSession wrong(listener_);
  SaslSession unknown(listener_);
  const auto first = by_plain(wrong, "alice", "wrong");
  const auto second = by_plain(unknown, "nobody", "wonder");
  ASSERT_FALSE(first);
  ASSERT_FALSE(second);
  EXPECT_EQ(first.error(), second.error());
  EXPECT_EQ(first.error().code(), ErrorCode::sasl_authentication_failed);
  EXPECT_TRUE(wrong.failed());
  EXPECT_FALSE(wrong.was_authenticated());
  for (const auto mechanism : {ScramMechanism::sha_256, ScramMechanism::sha_512}) {
    SaslSession wrong_scram(listener_);
    SaslSession unknown_scram(listener_);
    std::string known;
    std::string decoy;
    const auto third = by_scram(wrong_scram, mechanism, "alice", "wrong", &known);
    const auto fourth = by_scram(unknown_scram, mechanism, "nob0d", "wonder", &decoy);
    ASSERT_FALSE(third);
    ASSERT_FALSE(fourth);
    EXPECT_EQ(third.error(), fourth.error());
    EXPECT_EQ(known.size(), decoy.size());
    EXPECT_EQ(known.substr(known.find(",i=")), decoy.substr(decoy.find(",i=")));
  }
}

TEST_F(SaslSessionTest, an_unknown_user_has_the_same_salt_each_time) {
  const auto salt_of = [this](const std::string& user) {
    SaslSession session(listener_);
    std::string challenge;
    EXPECT_FALSE(by_scram(session, ScramMechanism::sha_256, user, "x", &challenge));
    return challenge.substr(challenge.find(",s="));
  };
  EXPECT_EQ(salt_of("nobody"), salt_of("nobody"));
  EXPECT_NE(salt_of("nobody"), salt_of("noone"));
}

// Whoever knew what a decoy is made of could prove it.
TEST_F(SaslSessionTest, nobody_is_let_in_as_a_user_who_is_not_there) {
  const auto decoy = protocol::make_decoy(ScramMechanism::sha_256, "nobody",
                                          image_->scram_forms(ScramMechanism::sha_256));
  SaslSession session(listener_);
  ASSERT_TRUE(session.on_handshake("SCRAM-SHA-256"));
  ASSERT_TRUE(say(session, "n,,n=nobody,r=x"));
  EXPECT_FALSE(say(session, "c=biws,r=x,p=" + base::to_base64(decoy.stored_key)));
  EXPECT_TRUE(session.failed());
}

TEST_F(SaslSessionTest, without_any_user_nobody_is_let_in) {
  image_ = MetadataImage::empty("cluster");
  SaslSession session(listener_);
  const auto outcome = by_scram(session, ScramMechanism::sha_256, "alice", "");
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code(), ErrorCode::sasl_authentication_failed);
}

TEST_F(SaslSessionTest, before_authentication_only_what_leads_to_it_is_admitted) {
  SaslSession session(listener_);
  EXPECT_TRUE(session.admit(ApiKey::api_versions, kNow));
  EXPECT_TRUE(session.admit(ApiKey::sasl_handshake, kNow));
  for (const auto api : {ApiKey::metadata, ApiKey::produce, ApiKey::fetch, ApiKey::create_topics,
                         ApiKey::sasl_authenticate, ApiKey::alter_user_scram_credentials}) {
    const auto admitted = session.admit(api, kNow);
    ASSERT_FALSE(admitted);
    EXPECT_EQ(admitted.error().code(), ErrorCode::illegal_sasl_state);
  }
  ASSERT_TRUE(session.on_handshake("PLAIN"));
  EXPECT_TRUE(session.admit(ApiKey::sasl_authenticate, kNow));
  EXPECT_FALSE(session.admit(ApiKey::metadata, kNow));
  EXPECT_FALSE(session.admit(ApiKey::api_versions, kNow));
  EXPECT_FALSE(session.admit(ApiKey::sasl_handshake, kNow));
}

TEST_F(SaslSessionTest, versions_are_told_once_before_authentication) {
  SaslSession session(listener_);
  session.on_versions_told();
  const auto again = session.admit(ApiKey::api_versions, kNow);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), ErrorCode::illegal_sasl_state);
  ASSERT_TRUE(session.admit(ApiKey::sasl_handshake, kNow));
  EXPECT_TRUE(by_plain(session, "alice", "wonder"));
  EXPECT_TRUE(session.admit(ApiKey::api_versions, kNow));
}

TEST_F(SaslSessionTest, half_an_exchange_lets_nobody_in) {
  SaslSession session(listener_);
  ASSERT_TRUE(session.on_handshake("SCRAM-SHA-256"));
  ASSERT_TRUE(say(session, "n,,n=alice,r=x"));
  EXPECT_FALSE(session.authenticated());
  EXPECT_FALSE(session.admit(ApiKey::metadata, kNow));
  EXPECT_EQ(session.principal()->to_string(), "User:ANONYMOUS");
}

TEST_F(SaslSessionTest, a_mechanism_that_the_listener_lacks_ends_it) {
  listener_.mechanisms.erase("SCRAM-SHA-512");
  SaslSession session(listener_);
  const auto begun = session.on_handshake("SCRAM-SHA-512");
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().code(), ErrorCode::unsupported_sasl_mechanism);
  EXPECT_TRUE(session.failed());
  EXPECT_FALSE(session.admit(ApiKey::sasl_handshake, kNow));
  EXPECT_EQ(session.mechanisms(), (std::vector<std::string_view>{"PLAIN", "SCRAM-SHA-256"}));
}

TEST_F(SaslSessionTest, after_a_failure_nothing_is_admitted) {
  SaslSession session(listener_);
  ASSERT_FALSE(by_plain(session, "alice", "wrong"));
  for (const auto api : {ApiKey::api_versions, ApiKey::sasl_handshake, ApiKey::sasl_authenticate,
                         ApiKey::metadata}) {
    EXPECT_FALSE(session.admit(api, kNow));
  }
  EXPECT_FALSE(say(session, protocol::encode_plain({"alice", "wonder"})));
  EXPECT_FALSE(session.authenticated());
}

TEST_F(SaslSessionTest, nobody_acts_for_somebody_else) {
  SaslSession session(listener_);
  ASSERT_TRUE(session.on_handshake("PLAIN"));
  EXPECT_FALSE(say(session, std::string("bob\0alice\0wonder", 16)));
  EXPECT_TRUE(session.failed());
}

TEST_F(SaslSessionTest, a_proof_of_another_connection_is_refused) {
  SaslSession first(listener_);
  SaslSession second(listener_);
  ScramClient client(ScramMechanism::sha_256, "alice", "nonce");
  ASSERT_TRUE(first.on_handshake("SCRAM-SHA-256"));
  ASSERT_TRUE(second.on_handshake("SCRAM-SHA-256"));
  const auto challenge = say(first, client.first_message());
  ASSERT_TRUE(challenge);
  ASSERT_TRUE(say(second, client.first_message()));
  ASSERT_TRUE(client.on_server_first(challenge->bytes));
  const auto salted = protocol::salt_password(ScramMechanism::sha_256, "wonder", client.salt(),
                                              client.iterations());
  const auto proof = client.final_message(salted);
  EXPECT_FALSE(say(second, proof));
  EXPECT_TRUE(say(first, proof));
}

TEST_F(SaslSessionTest, a_session_that_does_not_end_is_not_begun_again) {
  SaslSession session(listener_);
  const auto answer = by_plain(session, "alice", "wonder");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->lifetime_ms, 0);
  const auto again = session.on_handshake("PLAIN");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), ErrorCode::illegal_sasl_state);
  const auto more = say(session, protocol::encode_plain({"bob", "builder"}));
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code(), ErrorCode::illegal_sasl_state);
  EXPECT_TRUE(session.authenticated());
  EXPECT_EQ(session.principal()->name, "alice");
  EXPECT_TRUE(session.admit(ApiKey::metadata, kNow + 10000h));
}

TEST_F(SaslSessionTest, a_session_ends_and_is_prolonged_by_authenticating_again) {
  listener_.mechanisms["PLAIN"].max_reauth_ms = 1000;
  SaslSession session(listener_);
  const auto answer = by_plain(session, "alice", "wonder");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->lifetime_ms, 1000);
  EXPECT_TRUE(session.admit(ApiKey::metadata, kNow + 999ms));
  EXPECT_FALSE(session.admit(ApiKey::metadata, kNow + 1000ms));
  EXPECT_TRUE(session.admit(ApiKey::sasl_handshake, kNow + 1500ms));
  ASSERT_TRUE(by_plain(session, "alice", "wonder", kNow + 1500ms));
  EXPECT_TRUE(session.admit(ApiKey::metadata, kNow + 2499ms));
  EXPECT_FALSE(session.admit(ApiKey::metadata, kNow + 2500ms));
}

TEST_F(SaslSessionTest, in_the_middle_of_authenticating_again_nothing_else_is_admitted) {
  listener_.mechanisms["PLAIN"].max_reauth_ms = 1000;
  SaslSession session(listener_);
  ASSERT_TRUE(by_plain(session, "alice", "wonder"));
  ASSERT_TRUE(session.on_handshake("PLAIN"));
  EXPECT_FALSE(session.admit(ApiKey::metadata, kNow));
  EXPECT_TRUE(session.was_authenticated());
}

TEST_F(SaslSessionTest, a_user_may_have_the_name_of_nobody_known) {
  auto& plain = listener_.mechanisms["PLAIN"];
  plain.max_reauth_ms = 1000;
  plain.passwords["ANONYMOUS"] = "x";
  SaslSession session(listener_);
  EXPECT_FALSE(session.was_authenticated());
  ASSERT_TRUE(by_plain(session, "ANONYMOUS", "x"));
  EXPECT_TRUE(session.was_authenticated());
  EXPECT_FALSE(by_plain(session, "alice", "wonder"));
}

TEST_F(SaslSessionTest, authenticating_again_as_somebody_else_ends_it) {
  listener_.mechanisms["PLAIN"].max_reauth_ms = 1000;
  SaslSession session(listener_);
  ASSERT_TRUE(by_plain(session, "alice", "wonder"));
  const auto outcome = by_plain(session, "bob", "builder");
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code(), ErrorCode::sasl_authentication_failed);
  EXPECT_TRUE(session.failed());
  EXPECT_EQ(session.principal()->name, "alice");
  EXPECT_FALSE(session.admit(ApiKey::metadata, kNow));
}

TEST_F(SaslSessionTest, authenticating_again_by_another_mechanism_ends_it) {
  listener_.mechanisms["PLAIN"].max_reauth_ms = 1000;
  SaslSession session(listener_);
  ASSERT_TRUE(by_plain(session, "alice", "wonder"));
  const auto begun = session.on_handshake("SCRAM-SHA-256");
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().code(), ErrorCode::unsupported_sasl_mechanism);
  EXPECT_TRUE(session.failed());
}

TEST_F(SaslSessionTest, a_wrong_password_the_second_time_ends_it) {
  listener_.mechanisms["SCRAM-SHA-256"].max_reauth_ms = 1000;
  SaslSession session(listener_);
  ASSERT_TRUE(by_scram(session, ScramMechanism::sha_256, "alice", "wonder"));
  EXPECT_FALSE(by_scram(session, ScramMechanism::sha_256, "alice", "wrong"));
  EXPECT_TRUE(session.failed());
  EXPECT_FALSE(session.admit(ApiKey::metadata, kNow));
}

TEST_F(SaslSessionTest, failures_name_no_password) {
  SaslSession session(listener_);
  const auto outcome = by_plain(session, "alice", "s3cret");
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().to_string().find("s3cret"), std::string::npos);
}

// A listener with OAUTHBEARER, and who issues its tokens.
class TokenSessionTest : public testing::Test {
 protected:
  using Now = SaslSession::Now;

  TokenSessionTest() {
    take_keys(issuer());
    listener_.mechanisms["OAUTHBEARER"] = {};
  }

  void take_keys(const tls_test::TokenIssuer& of) {
    auto keys = JwkSet::parse("{\"keys\":[" + of.rsa_jwk("r") + "]}");
    auto made = JwtVerifier::make({.issuer = "id", .audiences = {"kafka"}}, *std::move(keys));
    tokens_ = std::make_shared<const JwtVerifier>(*std::move(made));
  }

  static const tls_test::TokenIssuer& issuer() {
    static const tls_test::TokenIssuer made;
    return made;
  }

  // The message of a client whose token is good for ten minutes.
  static std::string message(const std::string& user, const std::string& authorization = "",
                             std::int64_t lifetime = 600) {
    return protocol::encode_oauthbearer(
        {.authorization = authorization,
         .token = issuer().token(R"({"alg":"RS256","kid":"r"})",
                                 R"({"iss":"id","aud":"kafka","sub":")" + user + R"(","exp":)" +
                                     std::to_string(kSeconds + lifetime) + "}")});
  }

  Result<SaslSession::Answer> log_in(SaslSession& session, const std::string& message,
                                     Now now = {.time = kNow, .seconds = kSeconds}) {
    const auto shaken = session.on_handshake("OAUTHBEARER");
    if (!shaken) return shaken.error();
    return session.on_authenticate(message, *MetadataImage::empty("cluster"), now);
  }

  ListenerSasl listener_;
  std::shared_ptr<const JwtVerifier> tokens_;
};

TEST_F(TokenSessionTest, whom_a_token_names_is_let_in_until_it_expires) {
  SaslSession session(listener_, &tokens_);
  EXPECT_FALSE(session.was_authenticated());
  const auto answer = log_in(session, message("alice"));
  ASSERT_TRUE(answer) << answer.error();
  EXPECT_TRUE(session.was_authenticated());
  EXPECT_FALSE(session.refused_token());
  EXPECT_EQ(answer->bytes, "");
  EXPECT_EQ(answer->lifetime_ms, 600'000);
  EXPECT_EQ(session.principal()->to_string(), "User:alice");
  EXPECT_TRUE(session.admit(ApiKey::metadata, kNow + 599s));
  EXPECT_FALSE(session.admit(ApiKey::metadata, kNow + 600s));
}

TEST_F(TokenSessionTest, a_session_may_be_shorter_than_its_token) {
  listener_.mechanisms["OAUTHBEARER"].max_reauth_ms = 5000;
  SaslSession session(listener_, &tokens_);
  EXPECT_EQ(log_in(session, message("alice")).value().lifetime_ms, 5000);
}

TEST_F(TokenSessionTest, a_token_that_has_just_expired_gives_no_session_without_an_end) {
  SaslSession session(listener_, &tokens_);
  EXPECT_EQ(log_in(session, message("alice", "", -10)).value().lifetime_ms, 1);
}

TEST_F(TokenSessionTest, a_token_that_is_refused_is_told_so_and_then_ends_it) {
  SaslSession session(listener_, &tokens_);
  const auto answer = log_in(session, message("alice", "", -600));
  ASSERT_TRUE(answer) << answer.error();
  EXPECT_EQ(answer->bytes, R"({"status":"invalid_token"})");
  ASSERT_TRUE(session.refused_token());
  EXPECT_NE(session.refused_token()->message().find("the token has expired"), std::string::npos);
  EXPECT_FALSE(session.authenticated());
  EXPECT_FALSE(session.admit(ApiKey::metadata, kNow));
  for (const auto& next : {std::string("\x01"), message("alice")}) {
    SaslSession again(listener_, &tokens_);
    ASSERT_TRUE(log_in(again, message("alice", "", -600)));
    const auto ended = again.on_authenticate(next, *MetadataImage::empty("cluster"),
                                             {.time = kNow, .seconds = kSeconds});
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code(), ErrorCode::sasl_authentication_failed);
    EXPECT_EQ(ended.error().message(),
              R"(authentication by OAUTHBEARER failed: {"status":"invalid_token"})");
    EXPECT_FALSE(again.refused_token());  // it was said once
    EXPECT_TRUE(again.failed());
  }
}

TEST_F(TokenSessionTest, nobody_acts_for_somebody_else) {
  SaslSession same(listener_, &tokens_);
  EXPECT_TRUE(log_in(same, message("alice", "alice")));
  SaslSession other(listener_, &tokens_);
  EXPECT_FALSE(log_in(other, message("alice", "root")));
  EXPECT_TRUE(other.failed());
}

TEST_F(TokenSessionTest, authenticating_again_is_as_the_same_user) {
  SaslSession session(listener_, &tokens_);
  ASSERT_TRUE(log_in(session, message("alice")));
  ASSERT_TRUE(log_in(session, message("alice", "", 900)));
  EXPECT_FALSE(log_in(session, message("bob")));
  EXPECT_TRUE(session.failed());
}

TEST_F(TokenSessionTest, authenticating_again_is_by_the_keys_of_now) {
  const tls_test::TokenIssuer other;
  take_keys(other);
  SaslSession session(listener_, &tokens_);
  EXPECT_NE(log_in(session, message("alice")).value().bytes, "");
  SaslSession next(listener_, &tokens_);
  take_keys(issuer());
  EXPECT_EQ(log_in(next, message("alice")).value().bytes, "");
  take_keys(other);
  EXPECT_NE(log_in(next, message("alice")).value().bytes, "");
}

// CVE-2026-110985.
TEST_F(TokenSessionTest, without_keys_no_token_is_taken) {
  SaslSession session(listener_);
  EXPECT_FALSE(log_in(session, message("alice")));
  EXPECT_TRUE(session.failed());
}

}  // namespace
}  // namespace ottla::broker
