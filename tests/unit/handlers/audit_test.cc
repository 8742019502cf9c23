#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "protocol/sasl/plain.h"
#include "tests/unit/handlers/authorization_fixture.h"

// What a broker's audit log says of requests.
namespace ottla::broker {
namespace {

class Audit : public AuthorizationFixture {
 protected:
  Audit() {
    std::string folder = testing::TempDir() + "ottla-audit-XXXXXX";
    EXPECT_NE(mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    config_.ottla_audit_log = path();
  }
  ~Audit() override { std::filesystem::remove_all(folder_); }

  std::string path() const { return (folder_ / "logs" / "audit.log").string(); }

  // The whole log, once everything is written.
  std::string log() {
    simulation_.run_for(std::chrono::seconds(1));
    std::ifstream file(path());
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }

  // The lines that have all of these in them.
  std::vector<std::string> lines(const std::vector<std::string>& parts) {
    std::vector<std::string> found;
    std::istringstream text(log());
    for (std::string line; std::getline(text, line);) {
      const bool all = std::all_of(parts.begin(), parts.end(), [&](const auto& part) {
        return line.find(part) != std::string::npos;
      });
      if (all) found.push_back(line);
    }
    return found;
  }

  std::filesystem::path folder_;
};

TEST_F(Audit, is_for_the_owner_alone_and_tells_who_logged_in) {
  EXPECT_EQ(lines({R"("event":"authentication","outcome":"success","principal":"User:alice")",
                   R"("listener":"PLAINTEXT")", R"("mechanism":"PLAIN")",
                   R"("api":"SaslAuthenticate","api_version":2)"})
                .size(),
            1U)
      << log();
  struct stat status {};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(Audit, tells_of_a_failed_login_without_what_was_given) {
  auto& stranger = client(2);
  ASSERT_TRUE(stranger.call(protocol::SaslHandshakeRequest{.mechanism = "PLAIN"}, 1));
  const auto message = protocol::encode_plain({"typed-password-as-name", "wrong-password"});
  protocol::SaslAuthenticateRequest request;
  request.auth_bytes.view = message;
  ASSERT_TRUE(stranger.call(request, 2));
  const auto failures = lines({R"("event":"authentication","outcome":"failure")"});
  ASSERT_EQ(failures.size(), 1U) << log();
  EXPECT_NE(failures[0].find(R"("principal":"User:ANONYMOUS")"), std::string::npos);
  EXPECT_NE(failures[0].find("the credentials are not valid"), std::string::npos) << failures[0];
  EXPECT_EQ(log().find("password"), std::string::npos) << log();
}

TEST_F(Audit, tells_of_an_unknown_mechanism) {
  auto& stranger = client(2);
  static_cast<void>(stranger.call(protocol::SaslHandshakeRequest{.mechanism = "NO\nNE"}, 1));
  EXPECT_EQ(lines({R"("outcome":"failure")", R"("mechanism":"NO\nNE")"}).size(), 1U) << log();
}

TEST_F(Audit, tells_a_login_that_fails_again_and_again_once_a_minute) {
  for (std::size_t i = 2; i < 7; ++i) {
    auto& stranger = client(i);
    ASSERT_TRUE(stranger.call(protocol::SaslHandshakeRequest{.mechanism = "PLAIN"}, 1));
    const auto message = protocol::encode_plain({"user-" + std::to_string(i), "wrong"});
    protocol::SaslAuthenticateRequest request;
    request.auth_bytes.view = message;
    ASSERT_TRUE(stranger.call(request, 2));
  }
  for (std::size_t i = 7; i < 10; ++i) {
    const auto name = "NONE-" + std::to_string(i);
    static_cast<void>(client(i).call(protocol::SaslHandshakeRequest{.mechanism = name}, 1));
  }
  EXPECT_EQ(lines({R"("outcome":"failure")", R"("mechanism":"PLAIN")"}).size(), 1U) << log();
  EXPECT_EQ(lines({R"("outcome":"failure")", R"("mechanism":"NONE)"}).size(), 1U) << log();
  simulation_.run_for(std::chrono::minutes(1));
  EXPECT_EQ(lines({R"("mechanism":"PLAIN")", R"("repeated":4)"}).size(), 1U) << log();
  EXPECT_EQ(lines({R"("mechanism":"NONE-9")", R"("repeated":2)"}).size(), 1U) << log();
}

TEST_F(Audit, tells_what_is_denied_once_however_often_it_is_asked) {
  for (int i = 0; i < 5; ++i) {
    protocol::CreatePartitionsRequest request;
    request.topics.push_back({.name = "secret", .count = 7, .assignments = {}});
    EXPECT_EQ(ask(request).results.at(0).error_code, ErrorCode::topic_authorization_failed);
  }
  const std::string resource =
      R"("resources":[{"type":"Topic","name":"secret","pattern":"Literal","operation":"Alter"}])";
  const std::vector<std::string> denied = {R"("event":"authorization","outcome":"denied")",
                                           R"("principal":"User:alice")",
                                           R"("api":"CreatePartitions")", resource};
  EXPECT_EQ(lines(denied).size(), 1U) << log();
  EXPECT_EQ(lines({R"("event":"administration","outcome":"denied","principal":"User:alice")",
                   R"({"type":"Topic","name":"secret","partitions":7,)",
                   R"("outcome":"TOPIC_AUTHORIZATION_FAILED"})"})
                .size(),
            5U)
      << log();
  simulation_.run_for(std::chrono::minutes(1));
  ASSERT_EQ(lines(denied).size(), 2U) << log();
  EXPECT_NE(lines(denied)[1].find(R"("repeated":4)"), std::string::npos) << log();
}

TEST_F(Audit, is_silent_on_what_is_only_left_out_of_a_list) {
  ASSERT_EQ(create_topic("hidden"), ErrorCode::none);
  protocol::MetadataRequest all;
  EXPECT_TRUE(ask(all).topics.empty());
  ask(protocol::ListGroupsRequest{});
  ask(protocol::ListTransactionsRequest{});
  EXPECT_TRUE(lines({R"("outcome":"denied")"}).empty()) << log();
  all.topics.emplace().push_back({.topic_id = {}, .name = "hidden"});
  ask(all);
  EXPECT_EQ(lines({R"("outcome":"denied")", R"("name":"hidden")"}).size(), 1U) << log();
}

TEST_F(Audit, another_right_that_does_as_well_is_no_denial) {
  allow_topic(AclOperation::create, "mine");
  protocol::CreateTopicsRequest request;
  request.timeout_ms = 5000;
  request.topics.push_back({.name = "mine",
                            .num_partitions = 1,
                            .replication_factor = 1,
                            .assignments = {},
                            .configs = {}});
  EXPECT_EQ(ask(request).topics.at(0).error_code, ErrorCode::none);
  EXPECT_TRUE(lines({R"("outcome":"denied")"}).empty()) << log();
}

TEST_F(Audit, tells_topics_made_changed_and_deleted_and_what_became_of_each) {
  protocol::CreateTopicsRequest request;
  request.timeout_ms = 5000;
  for (const auto* name : {"good", "bad name"}) {
    request.topics.push_back({.name = name,
                              .num_partitions = 2,
                              .replication_factor = 1,
                              .assignments = {},
                              .configs = {{"retention.ms", "1000"}}});
  }
  call(request);
  EXPECT_EQ(lines({R"("event":"administration","outcome":"partial","principal":"User:admin")",
                   R"({"type":"Topic","name":"good","partitions":2,"replication_factor":1,)"
                   R"("configs":[{"name":"retention.ms","value":"1000"}],"outcome":"success"})",
                   R"("name":"bad name")", R"("outcome":"INVALID_TOPIC_EXCEPTION"})"})
                .size(),
            1U)
      << log();
  protocol::DeleteTopicsRequest by_id;
  by_id.timeout_ms = 5000;
  by_id.topics.push_back({.name = std::nullopt, .topic_id = topic_id("good")});
  call(by_id);
  EXPECT_EQ(
      lines({R"("outcome":"success")", R"("api":"DeleteTopics")", R"("name":"good","id":)"}).size(),
      1U)
      << log();
}

TEST_F(Audit, has_no_credential_in_it) {
  protocol::AlterUserScramCredentialsRequest request;
  auto& user = request.upsertions.emplace_back();
  user.name = "carol";
  user.mechanism = 1;
  user.iterations = 4096;
  user.salt.view = "carols-salt-in-the-clear";
  user.salted_password.view = "carols-salted-password-of-32-by!";
  EXPECT_EQ(call(request).results.at(0).error_code, ErrorCode::none);
  EXPECT_EQ(lines({R"({"type":"User","name":"carol","operation":"Upsert",)"
                   R"("mechanism":"SCRAM-SHA-256","iterations":4096,"outcome":"success"})"})
                .size(),
            1U)
      << log();
  EXPECT_EQ(log().find("carols-"), std::string::npos) << log();
}

TEST_F(Audit, of_settings_that_may_be_passwords_there_are_only_names) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  protocol::IncrementalAlterConfigsRequest request;
  using enum protocol::ConfigResourceType;
  using enum protocol::AlterConfigOp;
  request.resources.push_back(
      {topic, "t", {{"retention.ms", set, "5000"}, {"typo.pasword", set, "hunter2"}}});
  request.resources.push_back({broker,
                               "",
                               {{"ssl.keystore.password", set, "hunter2"},
                                {"sasl.jaas.config", set, "x required password=\"hunter2\";"}}});
  request.resources.push_back({group, "g", {{"ssl.keystore.password", set, "hunter2"}}});
  call(request);
  const auto told = lines({R"("api":"IncrementalAlterConfigs")"});
  ASSERT_EQ(told.size(), 1U) << log();
  EXPECT_NE(told[0].find(R"({"name":"retention.ms","operation":"Set","value":"5000"})"),
            std::string::npos)
      << told[0];
  EXPECT_NE(told[0].find(R"({"name":"ssl.keystore.password","operation":"Set","sensitive":true})"),
            std::string::npos)
      << told[0];
  EXPECT_EQ(log().find("hunter2"), std::string::npos) << log();
}

TEST_F(Audit, tells_acls_that_are_made_and_those_that_a_filter_has_found) {
  allow_topic(AclOperation::read, "t");
  const std::string acl =
      R"({"type":"Topic","name":"t","pattern":"Literal","acl_principal":"User:alice",)"
      R"("acl_host":"*","operation":"Read","permission":"Allow","outcome":"success"})";
  EXPECT_EQ(lines({R"("api":"CreateAcls")", acl}).size(), 1U) << log();
  EXPECT_EQ(forbid_all(), 1U);
  EXPECT_EQ(lines({R"("api":"DeleteAcls")", R"("filter":true,"outcome":"success"})", acl}).size(),
            1U)
      << log();
}

TEST_F(Audit, a_place_that_cannot_be_written_refuses_the_start) {
  restart();
  std::ofstream(folder_ / "file") << "no directory";
  config_.ottla_audit_log = (folder_ / "file" / "audit.log").string();
  node_.stop();
  const auto started = try_start();
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().message().find("ottla.audit.log"), std::string::npos)
      << started.error();
}

TEST_F(Audit, goes_on_in_the_same_file_after_a_restart) {
  ASSERT_EQ(create_topic("before"), ErrorCode::none);
  restart();
  log_in(client(), "admin");
  ASSERT_EQ(create_topic("after"), ErrorCode::none);
  EXPECT_EQ(lines({R"("name":"before")"}).size(), 1U) << log();
  EXPECT_EQ(lines({R"("name":"after")"}).size(), 1U) << log();
}

}  // namespace
}  // namespace ottla::broker
