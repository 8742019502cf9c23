#include "tools/client_quotas.h"

#include <gtest/gtest.h>

#include <memory>

#include "ottla/embedded_broker.h"
#include "tests/unit/tools/run_command.h"

namespace ottla::tools {
namespace {

class QuotaCommands : public testing::Test {
 protected:
  void SetUp() override {
    auto started = EmbeddedBroker::start({});
    ASSERT_TRUE(started) << started.error();
    broker_ = std::make_unique<EmbeddedBroker>(std::move(*started));
  }

  Ran call(std::vector<std::string> words) {
    words.insert(words.begin(), {"--bootstrap-server", broker_->address()});
    return run("configs", std::move(words));
  }
  std::string told(std::vector<std::string> words) {
    const auto ran = call(std::move(words));
    EXPECT_EQ(ran.code, kSuccess) << ran.err;
    EXPECT_EQ(ran.err, "");
    return ran.out;
  }
  void set(std::vector<std::string> whose, const std::string& quotas) {
    whose.insert(whose.begin(), {"--alter", "--add-config", quotas});
    told(std::move(whose));
  }

  std::unique_ptr<EmbeddedBroker> broker_;
};

TEST_F(QuotaCommands, what_was_set_is_described_as_kafkas_tool_does) {
  EXPECT_EQ(told({"--alter", "--user", "alice", "--add-config",
                  "producer_byte_rate=1024,consumer_byte_rate=10485760"}),
            "Completed updating config for user alice.\n");
  EXPECT_EQ(told({"--describe", "--user", "alice"}),
            "Quota configs for user-principal 'alice' are consumer_byte_rate=1.048576E7, "
            "producer_byte_rate=1024.0\n");
  EXPECT_EQ(told({"--alter", "--client-defaults", "--add-config", "request_percentage=12.5"}),
            "Completed updating default config for clients in the cluster.\n");
  EXPECT_EQ(told({"--describe", "--entity-type", "clients", "--entity-default"}),
            "Quota configs for the default client-id are request_percentage=12.5\n");
}

TEST_F(QuotaCommands, a_user_and_a_client_are_given_together_in_either_way) {
  set({"--user", "alice", "--client", "app"}, "producer_byte_rate=1");
  set({"--entity-type", "users", "--entity-default", "--entity-type", "clients", "--entity-name",
       "app"},
      "producer_byte_rate=2");
  EXPECT_EQ(told({"--describe", "--entity-type", "users", "--entity-name", "alice", "--entity-type",
                  "clients", "--entity-name", "app"}),
            "Quota configs for user-principal 'alice', client-id 'app' are "
            "producer_byte_rate=1.0\n");
  EXPECT_EQ(told({"--describe", "--user-defaults", "--client-id", "app"}),
            "Quota configs for the default user-principal, client-id 'app' are "
            "producer_byte_rate=2.0\n");
  EXPECT_EQ(told({"--describe", "--user", "alice"}), "");
}

TEST_F(QuotaCommands, all_of_a_type_are_described_where_no_name_is_given) {
  set({"--ip", "10.0.0.7"}, "connection_creation_rate=5");
  set({"--ip-defaults"}, "connection_creation_rate=50");
  EXPECT_EQ(told({"--describe", "--entity-type", "ips"}),
            "Quota configs for the default ip are connection_creation_rate=50.0\n"
            "Quota configs for ip '10.0.0.7' are connection_creation_rate=5.0\n");
}

TEST_F(QuotaCommands, a_user_has_quotas_and_something_to_log_in_with) {
  EXPECT_EQ(told({"--alter", "--user", "alice", "--add-config",
                  "SCRAM-SHA-512=[password=secret],producer_byte_rate=7"}),
            "Completed updating config for user alice.\n"
            "Completed updating config for user alice.\n");
  EXPECT_EQ(told({"--describe", "--entity-type", "users", "--entity-name", "alice"}),
            "Quota configs for user-principal 'alice' are producer_byte_rate=7.0\n"
            "SCRAM credential configs for user-principal 'alice' are "
            "SCRAM-SHA-512=iterations=4096\n");
  told({"--alter", "--user", "alice", "--delete-config", "SCRAM-SHA-512,producer_byte_rate"});
  EXPECT_EQ(told({"--describe", "--entity-type", "users"}), "");
}

TEST_F(QuotaCommands, what_makes_no_sense_is_refused_in_words) {
  const auto why = [this](std::vector<std::string> words) {
    const auto ran = call(std::move(words));
    EXPECT_EQ(ran.code, kFailure);
    return ran.err;
  };
  EXPECT_TRUE(
      has(why({"--alter", "--user", "a", "--add-config", "oxygen=1"}), "no quota 'oxygen'"));
  EXPECT_TRUE(
      has(why({"--alter", "--user", "a", "--add-config", "producer_byte_rate=fast"}), "=NUMBER"));
  EXPECT_TRUE(has(why({"--alter", "--user", "a", "--add-config", "producer_byte_rate=0"}),
                  "greater than 0"));
  EXPECT_TRUE(
      has(why({"--alter", "--user", "a", "--delete-config", "producer_byte_rate"}), "to delete"));
  EXPECT_TRUE(has(why({"--alter", "--ip", "a.host", "--add-config", "connection_creation_rate=1"}),
                  "no address"));
  EXPECT_TRUE(has(why({"--alter", "--user", "a", "--ip", "::1", "--add-config", "x=1"}),
                  "only a user and a client"));
  EXPECT_TRUE(
      has(why({"--alter", "--entity-type", "users", "--add-config", "x=1"}), "--entity-default"));
  EXPECT_TRUE(has(why({"--describe", "--topic", "t", "--user", "a"}), "only a user and a client"));
  EXPECT_TRUE(has(why({"--alter", "--user", "a"}), "--add-config"));
}

TEST(JavaDouble, writes_numbers_as_kafkas_tools_do) {
  EXPECT_EQ(java_double(0), "0.0");
  EXPECT_EQ(java_double(12.5), "12.5");
  EXPECT_EQ(java_double(1'048'576), "1048576.0");
  EXPECT_EQ(java_double(10'485'760), "1.048576E7");
  EXPECT_EQ(java_double(0.0005), "5.0E-4");
}

}  // namespace
}  // namespace ottla::tools
