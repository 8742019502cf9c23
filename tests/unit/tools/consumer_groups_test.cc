#include "tools/consumer_groups.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ottla/embedded_broker.h"
#include "ottla/producer.h"

// `ottla consumer-groups` with a broker that does not always do what it is asked for.
namespace ottla::tools {
namespace {

struct Ran {
  int code = kSuccess;
  std::string out;
  std::string err;
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class ConsumerGroups : public testing::Test {
 protected:
  // Groups "g" and "h" are at offset 1 of both partitions, which have no records.
  void SetUp() override {
    auto started = EmbeddedBroker::start(
        {.topics = {{.name = "lines", .partitions = 2}}, .properties = {}, .log_sink = silence()});
    ASSERT_TRUE(started) << started.error();
    broker_ = std::make_unique<EmbeddedBroker>(std::move(*started));
    admin_ =
        std::make_unique<Admin>(Admin::open({.bootstrap_servers = broker_->address()}).value());
    for (const auto* group : {"g", "h"}) {
      const CommittedOffsets offsets = {{{"lines", 0}, {.offset = 1}},
                                        {{"lines", 1}, {.offset = 1}}};
      ASSERT_TRUE(admin_->alter_consumer_group_offsets(group, offsets).get());
    }
  }

  static LogSink silence() {
    return [](LogLevel, std::string_view, std::string_view) {};
  }

  Ran run(const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"--bootstrap-server", broker_->address()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    Ran ran;
    ran.code = run_consumer_groups(arguments);
    ran.out = testing::internal::GetCapturedStdout();
    ran.err = testing::internal::GetCapturedStderr();
    return ran;
  }

  std::int64_t committed(const std::string& group, std::int32_t partition = 0) {
    const auto all = admin_->list_consumer_group_offsets({{group, {}}}).get().value();
    return all.at(group).value().at({"lines", partition}).offset;
  }

  std::unique_ptr<EmbeddedBroker> broker_;
  std::unique_ptr<Admin> admin_;
};

TEST_F(ConsumerGroups, are_kept_when_a_topic_was_to_be_deleted) {
  EXPECT_EQ(run({"--delete", "--group", "g", "--topic", "lines"}).code, kUsage);
  EXPECT_EQ(run({"--delete", "--group", "g", "--dry-run"}).code, kUsage);
  EXPECT_EQ(committed("g"), 1);
}

TEST_F(ConsumerGroups, are_reset_once_when_named_twice) {
  auto producer = Producer::open({.bootstrap_servers = broker_->address()}).value();
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(producer.send({.topic = "lines", .value = "v", .partition = 0}).get());
  }
  const auto ran = run({"--reset-offsets", "--group", "g", "--group", "g", "--topic", "lines:0",
                        "--shift-by", "1", "--execute", "--export"});
  EXPECT_EQ(ran.code, kSuccess) << ran.err;
  EXPECT_EQ(ran.out, "lines,0,2\n\n");
  EXPECT_EQ(committed("g"), 2);
  ConsumerGroupFlags flags;
  flags.all_groups = true;
  EXPECT_EQ(groups_of(*admin_, flags).value(), (std::vector<std::string>{"g", "h"}));
}

TEST_F(ConsumerGroups, have_no_new_offset_where_the_commit_was_refused) {
  const std::vector<std::string> both = {"--reset-offsets", "--all-groups", "--all-topics",
                                         "--to-earliest", "--execute"};
  const auto with = [&](const std::string& more, const std::string& value) {
    auto arguments = both;
    arguments.push_back(more);
    if (!value.empty()) arguments.push_back(value);
    broker_->fail_next(ApiKey::offset_commit, ErrorCode::group_authorization_failed);
    return run(arguments);
  };
  const auto csv = with("--export", "");
  EXPECT_EQ(csv.code, kFailure);
  EXPECT_TRUE(has(csv.err, "group g")) << csv.err;
  EXPECT_EQ(csv.out, "h,lines,0,0\nh,lines,1,0\n\n");
  EXPECT_EQ(committed("g"), 1);
  EXPECT_EQ(committed("h"), 0);
  const auto json = boost::json::parse(with("--output", "json").out).as_array();
  ASSERT_EQ(json.size(), 2U);
  EXPECT_EQ(json[0].at("group").as_string(), "h");
}

TEST_F(ConsumerGroups, are_described_without_ends_that_are_not_known) {
  const auto described = [this] {
    const auto ran = run({"--describe", "--group", "g", "--output", "json"});
    EXPECT_EQ(ran.code, kFailure);
    EXPECT_TRUE(has(ran.err, "log end offset")) << ran.err;
    const auto rows = boost::json::parse(ran.out).as_array();
    EXPECT_EQ(rows.size(), 2U) << ran.out;
    for (const auto& row : rows) {
      EXPECT_EQ(row.at("currentOffset"), 1);
      EXPECT_TRUE(row.at("logEndOffset").is_null() && row.at("lag").is_null());
    }
    return ran.err;
  };
  broker_->fail_next(ApiKey::list_offsets, ErrorCode::topic_authorization_failed);
  EXPECT_TRUE(has(described(), "TOPIC_AUTHORIZATION_FAILED"));
  broker_->limit_versions(ApiKey::list_offsets, 0, -1);
  EXPECT_TRUE(has(described(), "UNSUPPORTED_VERSION"));
}

TEST_F(ConsumerGroups, are_described_when_all_their_partitions_are_offline) {
  // Nothing is told of any partition in time, so that the call as a whole fails.
  broker_->fail_next(ApiKey::list_offsets, ErrorCode::leader_not_available, 1'000'000);
  const auto ran = run({"--describe", "--group", "g", "--timeout", "3000", "--output", "json"});
  EXPECT_EQ(ran.code, kFailure);
  EXPECT_TRUE(has(ran.err, "no log end offsets are known")) << ran.err;
  const auto rows = boost::json::parse(ran.out).as_array();
  ASSERT_EQ(rows.size(), 2U) << ran.out;
  EXPECT_EQ(rows[1].at("currentOffset"), 1);
  EXPECT_TRUE(rows[1].at("logEndOffset").is_null());
}

TEST_F(ConsumerGroups, are_not_reset_if_only_listed_and_not_empty) {
  // As brokers answer for groups of kinds that DescribeGroups does not know.
  broker_->fail_next(ApiKey::describe_groups, ErrorCode::group_id_not_found, 2);
  const std::vector<std::string> reset = {"--reset-offsets", "--group",       "g",
                                          "--all-topics",    "--to-earliest", "--execute"};
  EXPECT_EQ(run(reset).code, kSuccess) << "it is empty";
  EXPECT_EQ(committed("g"), 0);
  broker_->limit_versions(ApiKey::list_groups, 0, 3);  // without states
  const auto refused = run(reset);
  EXPECT_EQ(refused.code, kFailure);
  EXPECT_TRUE(has(refused.err, "'g' can only be reset while it is inactive")) << refused.err;
  EXPECT_EQ(
      run({"--reset-offsets", "--group", "new", "--topic", "lines", "--to-earliest", "--execute"})
          .code,
      kSuccess);
  EXPECT_EQ(committed("new"), 0);
}

TEST_F(ConsumerGroups, of_other_kinds_are_said_to_be_there) {
  const Error told(ErrorCode::group_id_not_found, "not found");
  const auto said = [&](GroupType type) {
    return not_described(told, GroupListing{"g", "consumer", GroupState::stable, type});
  };
  EXPECT_EQ(said(GroupType::consumer).code(), ErrorCode::unsupported_version);
  EXPECT_EQ(said(GroupType::consumer).message(),
            "group 'g' is there, but of type Consumer, which this version cannot describe");
  EXPECT_EQ(said(GroupType::classic).code(), told.code());
  EXPECT_EQ(not_described(told, std::nullopt).code(), told.code());
  EXPECT_FALSE(fault_in_reset("g", GroupState::empty));
  for (const auto state : {GroupState::stable, GroupState::assigning, GroupState::reconciling,
                           GroupState::unknown, GroupState::dead}) {
    EXPECT_EQ(fault_in_reset("g", state).value().code(), ErrorCode::non_empty_group);
  }
  // A group that no broker lists is not there; the broker's own words are told.
  const auto ran = run({"--describe", "--group", "nobody"});
  EXPECT_EQ(ran.code, kFailure);
  EXPECT_TRUE(has(ran.err, "GROUP_ID_NOT_FOUND")) << ran.err;
}

}  // namespace
}  // namespace ottla::tools
