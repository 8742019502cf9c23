#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include "ottla/embedded_broker.h"
#include "ottla/ottla.h"
#include "tests/integration/child_process.h"

// The audit log of a broker that real clients talk to.
namespace ottla::integration {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Audit, has_logins_denials_and_changes_and_no_password_when_the_broker_has_stopped) {
  const TemporaryDirectory folder;
  const auto path = folder.path() + "/audit.log";
  const std::map<std::string, std::string> settings = {
      {"listeners", "SASL_PLAINTEXT://127.0.0.1:0"},
      {"sasl.enabled.mechanisms", "PLAIN,SCRAM-SHA-256"},
      {"listener.name.sasl_plaintext.plain.sasl.jaas.config",
       "org.apache.kafka.common.security.plain.PlainLoginModule required "
       "user_admin=\"swordfish\" user_alice=\"swordfish\";"},
      {"connection.failed.authentication.delay.ms", "1"},
      {"authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer"},
      {"super.users", "User:admin"},
      {"ottla.audit.log", path}};
  auto started = EmbeddedBroker::start({.properties = settings});
  ASSERT_TRUE(started) << started.error();
  auto broker = std::make_unique<EmbeddedBroker>(std::move(*started));
  const auto open = [&](const std::string& user, const std::string& password) {
    return Admin::open(
        {.bootstrap_servers = broker->address(),
         .security = {.protocol = SecurityProtocol::sasl_plaintext,
                      .sasl = {.mechanism = "PLAIN", .username = user, .password = password}}});
  };
  {
    auto admin = open("admin", "swordfish").value();
    ASSERT_TRUE(admin.create_topics({{.name = "orders", .partitions = 2}}).get());
    ASSERT_TRUE(
        admin
            .alter_user_scram_credentials(
                {{.user = "carol", .mechanism = ScramMechanism::sha_256, .password = "swordfish"}})
            .get());
    auto alice = open("alice", "swordfish").value();
    static_cast<void>(alice.delete_topics({"orders"}).get());
    auto nobody = open("nobody", "swordfish-too");
    ASSERT_TRUE(nobody) << nobody.error();
    EXPECT_FALSE(nobody->describe_cluster().get());
  }
  broker.reset();
  const auto text = text_of(path);
  for (const auto* part :
       {R"("event":"authentication","outcome":"success","principal":"User:admin")",
        R"("event":"authentication","outcome":"failure")",
        R"({"type":"Topic","name":"orders","partitions":2,)",
        R"({"type":"User","name":"carol","operation":"Upsert","mechanism":"SCRAM-SHA-256",)",
        R"("event":"authorization","outcome":"denied","principal":"User:alice")",
        R"("name":"orders","pattern":"Literal","operation":"De)"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " is not in\n" << text;
  }
  EXPECT_EQ(text.find("swordfish"), std::string::npos) << text;
  EXPECT_EQ(text.back(), '\n');
}

}  // namespace
}  // namespace ottla::integration
