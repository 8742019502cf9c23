#include "broker/security/client_identity.h"

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace ottla::broker {
namespace {

// A connection whose peer has shown a certificate of `subject`, or none.
class ShownStream final : public base::Stream {
 public:
  explicit ShownStream(std::string subject) : subject_(std::move(subject)) {}

  void start(base::StreamHandler&) override {}
  std::size_t read(std::span<char>) override { return 0; }
  void write(std::vector<base::Segment>) override {}
  std::size_t queued_bytes() const override { return 0; }
  void pause_reading() override {}
  void resume_reading() override {}
  const base::Endpoint& peer() const override { return endpoint_; }
  const base::Endpoint& local() const override { return endpoint_; }
  std::string peer_subject() const override { return subject_; }

 private:
  const std::string subject_;
  const base::Endpoint endpoint_;
};

std::shared_ptr<const SslPrincipalMapper> mapper(std::string_view rules) {
  auto parsed = SslPrincipalMapper::parse(rules);
  EXPECT_TRUE(parsed);
  return std::make_shared<const SslPrincipalMapper>(*std::move(parsed));
}

// Who a client with such a certificate is on a listener with TLS and these rules.
std::string named(std::string_view rules, const std::string& subject) {
  ClientIdentity identity(mapper(rules));
  const auto learnt = identity.learn(ShownStream(subject));
  return learnt ? identity.principal()->to_string() : learnt.error().to_string();
}

TEST(ClientIdentityTest, nobody_is_known_on_a_listener_that_does_not_ask) {
  ClientIdentity identity;
  ASSERT_TRUE(identity.learn(ShownStream("CN=alice")));
  EXPECT_EQ(identity.principal()->to_string(), "User:ANONYMOUS");
  EXPECT_EQ(identity.sasl(), nullptr);
}

TEST(ClientIdentityTest, a_certificate_names_the_client) {
  EXPECT_EQ(named("DEFAULT", "CN=alice,O=Example"), "User:CN=alice,O=Example");
  EXPECT_EQ(named("RULE:^CN=(.*?),.*$/$1/U", "CN=alice,O=Example"), "User:ALICE");
}

TEST(ClientIdentityTest, a_client_that_shows_no_certificate_is_anonymous) {
  EXPECT_EQ(named("RULE:^CN=(.*?)$/$1/", ""), "User:ANONYMOUS");
}

TEST(ClientIdentityTest, a_certificate_that_no_rule_matches_is_refused) {
  const auto refusal = named("RULE:^CN=(.*)-service$/$1/", "CN=alice");
  EXPECT_NE(refusal.find("ssl.principal.mapping.rules"), std::string::npos) << refusal;
  EXPECT_NE(refusal.find("CN=alice"), std::string::npos) << refusal;
}

TEST(ClientIdentityTest, the_name_is_taken_once) {
  ClientIdentity identity(mapper("DEFAULT"));
  ASSERT_TRUE(identity.learn(ShownStream("CN=alice")));
  ASSERT_TRUE(identity.learn(ShownStream("CN=mallory")));
  EXPECT_EQ(identity.principal()->to_string(), "User:CN=alice");
}

// Whatever certificate it shows (SASL_SSL): what counts is who has logged in.
TEST(ClientIdentityTest, with_sasl_a_certificate_names_nobody) {
  const ListenerSasl listener{.mechanisms = {{"PLAIN", {.passwords = {{"bob", "builder"}}}}}};
  ClientIdentity identity(std::make_shared<SaslSession>(listener));
  ASSERT_TRUE(identity.learn(ShownStream("CN=alice")));
  EXPECT_EQ(identity.principal()->to_string(), "User:ANONYMOUS");
  ASSERT_TRUE(identity.sasl()->on_handshake("PLAIN"));
  const std::string message("\0bob\0builder", 12);
  ASSERT_TRUE(identity.sasl()->on_authenticate(message, *MetadataImage::empty("cluster"), {}));
  EXPECT_EQ(identity.principal()->to_string(), "User:bob");
}

}  // namespace
}  // namespace ottla::broker
