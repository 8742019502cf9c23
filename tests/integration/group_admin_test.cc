#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "ottla/admin.h"
#include "ottla/consumer.h"
#include "ottla/embedded_broker.h"
#include "ottla/producer.h"
#include "tests/integration/child_process.h"

// Looking at consumer groups and moving them, by the SDK and the tool, with a broker.
namespace ottla::integration {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

constexpr Timestamp kFirst(1'700'000'000'000ms);

class GroupAdmin : public testing::Test {
 protected:
  // Partition n of "lines" has 4 - n records, a second apart.
  void SetUp() override {
    auto started = EmbeddedBroker::start({.topics = {{.name = "lines", .partitions = 3}},
                                          .properties = {{"group.initial.rebalance.delay.ms", "0"}},
                                          .log_sink = {}});
    ASSERT_TRUE(started.has_value()) << started.error();
    broker_ = std::make_unique<EmbeddedBroker>(std::move(*started));
    admin_ =
        std::make_unique<Admin>(Admin::open({.bootstrap_servers = broker_->address()}).value());
    auto producer = Producer::open({.bootstrap_servers = broker_->address()}).value();
    for (std::int32_t partition = 0; partition < 3; ++partition) {
      for (int i = 0; i < 4 - partition; ++i) {
        EXPECT_TRUE(producer
                        .send({.topic = "lines",
                               .value = "v",
                               .partition = partition,
                               .timestamp = kFirst + std::chrono::seconds(i)})
                        .get());
      }
    }
  }

  std::unique_ptr<Consumer> open(const std::string& group, const std::string& instance = {}) {
    ConsumerConfig config{.bootstrap_servers = broker_->address()};
    config.group_id = group;
    config.group_instance_id = instance;
    config.topics = {"lines"};
    config.auto_offset_reset = AutoOffsetReset::earliest;
    return std::make_unique<Consumer>(Consumer::open(std::move(config)).value());
  }

  // As many records as there are, at least `least`.
  static std::size_t read(Consumer& consumer, std::size_t least) {
    std::size_t count = 0;
    while (count < least) {
      const auto batch = consumer.poll(10s);
      EXPECT_TRUE(batch && !batch->empty());
      if (!batch || batch->empty()) break;
      count += batch->size();
    }
    return count;
  }

  // The group has read all there is, committed it, and has no members.
  void read_all_as(const std::string& group) {
    auto consumer = open(group);
    EXPECT_EQ(read(*consumer, 9), 9U);
    EXPECT_TRUE(consumer->close());
  }

  CommittedOffsets committed(const std::string& group) {
    return admin_->list_consumer_group_offsets({{group, {}}}).get().value().at(group).value();
  }

  // The offsets of partitions 0, 1, 2 that the group has committed; -1: none.
  std::vector<std::int64_t> offsets(const std::string& group) {
    const auto all = committed(group);
    std::vector<std::int64_t> offsets;
    for (std::int32_t partition = 0; partition < 3; ++partition) {
      const auto found = all.find({"lines", partition});
      offsets.push_back(found == all.end() ? -1 : found->second.offset);
    }
    return offsets;
  }

  // What `ottla consumer-groups` prints, or writes to stderr if it fails as it should.
  std::string run(const std::vector<std::string>& arguments, int expected = 0) {
    std::vector<std::string> command = {OTTLA_BIN "/ottla", "consumer-groups", "--bootstrap-server",
                                        broker_->address()};
    command.insert(command.end(), arguments.begin(), arguments.end());
    ChildProcess program(command);
    std::string out;
    // An empty line is one of the output, two are its end.
    for (int empty = 0; empty < 2;) {
      const auto line = program.read_line();
      empty = line.empty() ? empty + 1 : 0;
      out += line + "\n";
    }
    EXPECT_EQ(program.wait(), expected) << program.stderr_text();
    return expected == 0 ? out : program.stderr_text();
  }

  json::array run_json(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--output", "json"});
    return json::parse(run(arguments)).as_array();
  }

  std::unique_ptr<EmbeddedBroker> broker_;
  std::unique_ptr<Admin> admin_;
};

TEST_F(GroupAdmin, sees_members_and_what_they_read) {
  auto consumer = open("live", "static-1");
  read(*consumer, 9);
  ASSERT_TRUE(
      admin_->alter_consumer_group_offsets("simple", {{{"lines", 0}, {.offset = 2}}}).get());
  const auto listed = admin_->list_groups(ListGroupsOptions::consumer_groups()).get().value();
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed.begin()->second.value(),
            (std::vector<GroupListing>{{"live", "consumer", GroupState::stable, GroupType::classic},
                                       {"simple", "", GroupState::empty, GroupType::classic}}));
  const auto stable = admin_->list_groups({.states = {GroupState::stable}}).get().value();
  EXPECT_EQ(stable.begin()->second.value().size(), 1U);
  const auto described =
      admin_->describe_consumer_groups({"live", "simple", "nobody"}).get().value();
  const auto& live = described.at("live").value();
  EXPECT_EQ(live.state, GroupState::stable);
  EXPECT_EQ(live.partition_assignor, "range");
  EXPECT_EQ(live.coordinator.host + ":" + std::to_string(live.coordinator.port),
            broker_->address());
  ASSERT_EQ(live.members.size(), 1U);
  EXPECT_EQ(live.members[0].group_instance_id, "static-1");
  EXPECT_EQ(live.members[0].assignment,
            (std::vector<TopicPartition>{{"lines", 0}, {"lines", 1}, {"lines", 2}}));
  EXPECT_EQ(described.at("simple").value().state, GroupState::empty);
  EXPECT_EQ(described.at("nobody").error().code(), ErrorCode::group_id_not_found);
}

TEST_F(GroupAdmin, moves_a_group_without_members_and_no_other) {
  read_all_as("g");
  EXPECT_EQ(offsets("g"), (std::vector<std::int64_t>{4, 3, 2}));
  const auto altered =
      admin_
          ->alter_consumer_group_offsets("g", {{{"lines", 0}, {.offset = 1, .metadata = "moved"}},
                                               {{"nothing", 0}, {.offset = 1}}})
          .get()
          .value();
  EXPECT_FALSE(altered.at({"lines", 0}));
  EXPECT_EQ(altered.at({"nothing", 0})->code(), ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(committed("g").at({"lines", 0}).metadata, "moved");
  auto consumer = open("g");
  EXPECT_EQ(read(*consumer, 3), 3U);
  const auto refused =
      admin_->alter_consumer_group_offsets("g", {{{"lines", 0}, {.offset = 0}}}).get().value();
  EXPECT_EQ(refused.at({"lines", 0})->code(), ErrorCode::unknown_member_id);
  const auto kept = admin_->delete_consumer_group_offsets("g", {{"lines", 0}}).get().value();
  EXPECT_EQ(kept.at({"lines", 0})->code(), ErrorCode::group_subscribed_to_topic);
  EXPECT_EQ(admin_->delete_consumer_groups({"g"}).get().value().at("g")->code(),
            ErrorCode::non_empty_group);
}

TEST_F(GroupAdmin, takes_commits_back_and_deletes_groups) {
  read_all_as("g");
  const auto deleted = admin_->delete_consumer_group_offsets("g", {{"lines", 1}}).get().value();
  EXPECT_FALSE(deleted.at({"lines", 1}));
  EXPECT_EQ(offsets("g"), (std::vector<std::int64_t>{4, -1, 2}));
  const auto groups = admin_->delete_consumer_groups({"g", "nobody"}).get().value();
  EXPECT_FALSE(groups.at("g"));
  EXPECT_EQ(groups.at("nobody")->code(), ErrorCode::group_id_not_found);
  EXPECT_EQ(offsets("g"), (std::vector<std::int64_t>{-1, -1, -1}));
  EXPECT_EQ(admin_->delete_consumer_group_offsets("nobody", {{"lines", 1}}).get().error().code(),
            ErrorCode::group_id_not_found);
}

TEST_F(GroupAdmin, removes_members_that_are_gone_for_longer) {
  auto consumer = open("g", "static-1");
  read(*consumer, 9);
  const auto removed =
      admin_->remove_members_from_consumer_group("g", {{"", "static-1"}, {"", "static-2"}})
          .get()
          .value();
  EXPECT_FALSE(removed.at("static-1"));
  EXPECT_EQ(removed.at("static-2")->code(), ErrorCode::unknown_member_id);
}

TEST_F(GroupAdmin, finds_offsets_by_place_and_time) {
  ASSERT_TRUE(admin_->delete_records({{{"lines", 0}, 1}}).get().value().at({"lines", 0}));
  const auto listed = admin_
                          ->list_offsets({{{"lines", 0}, OffsetSpec::earliest()},
                                          {{"lines", 1}, OffsetSpec::latest()},
                                          {{"lines", 2}, OffsetSpec::at(kFirst + 500ms)},
                                          {{"lines", 9}, OffsetSpec::latest()}})
                          .get()
                          .value();
  EXPECT_EQ(listed.at({"lines", 0}).value().offset, 1);
  EXPECT_EQ(listed.at({"lines", 1}).value().offset, 3);
  EXPECT_EQ(listed.at({"lines", 2}).value().offset, 1);
  EXPECT_EQ(listed.at({"lines", 2}).value().timestamp, kFirst + 1s);
  EXPECT_EQ(listed.at({"lines", 9}).error().code(), ErrorCode::unknown_topic_or_partition);
  const auto more = admin_
                        ->list_offsets({{{"lines", 0}, OffsetSpec::max_timestamp()},
                                        {{"lines", 1}, OffsetSpec::at(kFirst + 1h)}})
                        .get()
                        .value();
  EXPECT_EQ(more.at({"lines", 0}).value().offset, 3);
  EXPECT_EQ(more.at({"lines", 1}).value().offset, std::nullopt);
}

TEST_F(GroupAdmin, is_in_the_tool_to_look) {
  read_all_as("g");
  ASSERT_TRUE(admin_->alter_consumer_group_offsets("g", {{{"lines", 1}, {.offset = 1}}}).get());
  auto consumer = open("live", "static-1");
  read(*consumer, 9);
  EXPECT_EQ(run({"--list"}), "g\nlive\n\n\n");
  EXPECT_EQ(run_json({"--list", "--state", "Empty", "--type"}),
            json::parse(R"([{"group": "g", "type": "Classic", "state": "Empty"}])"));
  const auto offsets = run_json({"--describe", "--group", "g"});
  ASSERT_EQ(offsets.size(), 3U);
  EXPECT_EQ(offsets[1], json::parse(R"({"group": "g", "topic": "lines", "partition": 1,
      "currentOffset": 1, "logEndOffset": 3, "lag": 2,
      "consumerId": null, "host": null, "clientId": null})"));
  EXPECT_NE(
      run({"--describe", "--group", "g"})
          .find("g               lines           1          1               3               2"),
      std::string::npos);
  const auto members = run_json({"--describe", "--all-groups", "--members", "--verbose"});
  ASSERT_EQ(members.size(), 1U);
  EXPECT_EQ(members[0].at("groupInstanceId").as_string(), "static-1");
  EXPECT_EQ(members[0].at("currentAssignment"), json::parse(R"({"lines": [0, 1, 2]})"));
  const auto states = run_json({"--describe", "--group", "live", "--state"});
  EXPECT_EQ(states.at(0).at("state").as_string(), "Stable");
  EXPECT_EQ(states.at(0).at("members").to_number<int>(), 1);
  EXPECT_NE(run({"--describe", "--group", "nobody"}, 1).find("GROUP_ID_NOT_FOUND"),
            std::string::npos);
}

TEST_F(GroupAdmin, is_in_the_tool_to_reset) {
  read_all_as("g");
  const auto reset = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--reset-offsets", "--group", "g", "--execute"});
    run(arguments);
    return offsets("g");
  };
  using Where = std::vector<std::int64_t>;
  run({"--reset-offsets", "--group", "g", "--all-topics", "--to-earliest"});
  EXPECT_EQ(offsets("g"), (Where{4, 3, 2})) << "nothing was to be executed";
  EXPECT_EQ(reset({"--all-topics", "--to-earliest"}), (Where{0, 0, 0}));
  EXPECT_EQ(reset({"--topic", "lines:1,2", "--to-latest"}), (Where{0, 3, 2}));
  EXPECT_EQ(reset({"--topic", "lines", "--shift-by", "-2"}), (Where{0, 1, 0}));
  EXPECT_EQ(reset({"--topic", "lines", "--to-offset", "3"}), (Where{3, 3, 2}));
  EXPECT_EQ(reset({"--topic", "lines:0", "--to-datetime", "2023-11-14T22:13:21.500Z"}),
            (Where{2, 3, 2}));
  EXPECT_EQ(reset({"--topic", "lines:0", "--by-duration", "PT1H"}), (Where{4, 3, 2}));
  EXPECT_EQ(reset({"--topic", "lines:0", "--by-duration", "P90000D"}), (Where{0, 3, 2}));
  ASSERT_TRUE(admin_->delete_consumer_group_offsets("g", {{"lines", 2}}).get());
  EXPECT_EQ(reset({"--topic", "lines", "--to-current"}), (Where{0, 3, 2}));
  // Out as CSV, and back in for a group that is new.
  const TemporaryDirectory folder;
  const auto file = folder.path() + "/plan.csv";
  const auto csv = run({"--reset-offsets", "--group", "g", "--topic", "lines:0,1", "--to-offset",
                        "1", "--dry-run", "--export"});
  EXPECT_EQ(csv, "lines,0,1\nlines,1,1\n\n\n");
  std::ofstream(file) << csv;
  run({"--reset-offsets", "--group", "new", "--from-file", file, "--execute"});
  EXPECT_EQ(offsets("new"), (Where{1, 1, -1}));
  EXPECT_NE(run({"--reset-offsets", "--group", "g", "--to-earliest"}, 2).find("--all-topics"),
            std::string::npos);
  EXPECT_NE(run({"--reset-offsets", "--group", "g", "--all-topics"}, 2).find("--to-datetime"),
            std::string::npos);
  auto consumer = open("g");
  read(*consumer, 1);
  EXPECT_NE(run({"--reset-offsets", "--group", "g", "--all-topics", "--to-latest", "--execute"}, 1)
                .find("Stable"),
            std::string::npos);
}

TEST_F(GroupAdmin, is_in_the_tool_to_delete) {
  read_all_as("g");
  read_all_as("h");
  EXPECT_EQ(run({"--delete-offsets", "--group", "g", "--topic", "lines:0"}),
            "Request succeeded for deleting offsets from group g.\n\n"
            "TOPIC           PARTITION  STATUS         \n"
            "lines           0          Successful     \n\n\n");
  EXPECT_EQ(offsets("g"), (std::vector<std::int64_t>{-1, 3, 2}));
  run({"--delete-offsets", "--group", "g", "--topic", "lines:1", "--topic", "nowhere"}, 1);
  EXPECT_EQ(offsets("g"), (std::vector<std::int64_t>{-1, -1, 2}));
  EXPECT_EQ(run({"--delete", "--group", "g", "--group", "h"}),
            "Deletion of requested consumer groups ('g', 'h') was successful.\n\n\n");
  EXPECT_NE(run({"--delete", "--group", "g"}, 1).find("GROUP_ID_NOT_FOUND"), std::string::npos);
  EXPECT_EQ(run({"--list"}), "\n\n");
}

}  // namespace
}  // namespace ottla::integration
