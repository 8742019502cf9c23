#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "ottla/admin.h"
#include "ottla/embedded_broker.h"
#include "ottla/producer.h"
#include "tests/unit/tools/run_command.h"

// What looks at a cluster, and what reads and measures, against a broker.
namespace ottla::tools {
namespace {

namespace json = boost::json;

class ClusterCommands : public testing::Test {
 protected:
  // Partition p of "lines" has ten records for each of 0 ... p; "other" is empty.
  void SetUp() override {
    auto started = EmbeddedBroker::start(
        {.topics = {{.name = "lines", .partitions = 3}, {.name = "other", .partitions = 1}}});
    ASSERT_TRUE(started) << started.error();
    broker_ = std::make_unique<EmbeddedBroker>(std::move(*started));
    auto producer = Producer::open({.bootstrap_servers = broker_->address()}).value();
    for (std::int32_t partition = 0; partition < 3; ++partition) {
      for (int i = 0; i < 10 * (partition + 1); ++i) {
        const auto value = "line " + std::to_string(i) + "\x1b";
        producer
            .send({.topic = "lines",
                   .value = value,
                   .partition = partition,
                   .timestamp = Timestamp(std::chrono::milliseconds(1000 + i))})
            .forget();
      }
    }
    ASSERT_TRUE(producer.close());
  }

  Ran call(std::string_view name, std::vector<std::string> words) {
    words.push_back("--bootstrap-server");
    words.push_back(broker_->address());
    return run(name, std::move(words));
  }
  std::string told(std::string_view name, std::vector<std::string> words) {
    const auto ran = call(name, std::move(words));
    EXPECT_EQ(ran.code, kSuccess) << ran.err;
    EXPECT_EQ(ran.err, "");
    return ran.out;
  }

  std::unique_ptr<EmbeddedBroker> broker_;
};

TEST_F(ClusterCommands, get_offsets_prints_the_ends_of_what_is_meant) {
  EXPECT_EQ(told("get-offsets", {}), "lines:0:10\nlines:1:20\nlines:2:30\nother:0:0\n");
  EXPECT_EQ(told("get-offsets", {"--topic", "li.*", "--partitions", "2,0"}),
            "lines:0:10\nlines:2:30\n");
  EXPECT_EQ(told("get-offsets", {"--topic-partitions", "lines:1-,other"}),
            "lines:1:20\nlines:2:30\nother:0:0\n");
}

TEST_F(ClusterCommands, get_offsets_knows_times_by_number_and_name) {
  const std::vector<std::string> one = {"--topic-partitions", "lines:1", "--time"};
  const auto at = [&](const std::string& time) {
    auto words = one;
    words.push_back(time);
    return told("get-offsets", words);
  };
  EXPECT_EQ(at("-1"), "lines:1:20\n");
  EXPECT_EQ(at("earliest"), "lines:1:0\n");
  EXPECT_EQ(at("-2"), "lines:1:0\n");
  EXPECT_EQ(at("earliest-local"), "lines:1:0\n");
  EXPECT_EQ(at("max-timestamp"), "lines:1:19\n");
  EXPECT_EQ(at("1005"), "lines:1:5\n");
  // There is none: the partition is left out.
  EXPECT_EQ(at("latest-tiered"), "");
  EXPECT_EQ(at("-6"), "");
  EXPECT_EQ(at("9000"), "");
}

TEST_F(ClusterCommands, get_offsets_prints_json) {
  const auto value =
      json::parse(told("get-offsets", {"--topic-partitions", "lines:2", "--output", "json"}));
  EXPECT_EQ(value.at(0).at("topic").as_string(), "lines");
  EXPECT_EQ(value.at(0).at("offset").as_int64(), 30);
}

TEST_F(ClusterCommands, get_offsets_says_what_it_does_not_take) {
  EXPECT_EQ(call("get-offsets", {"--topic", "nothing"}).code, kFailure);
  const auto ran = call("get-offsets", {"--time", "yesterday"});
  EXPECT_EQ(ran.code, kFailure);
  EXPECT_TRUE(has(ran.err, "'yesterday'")) << ran.err;
  EXPECT_EQ(call("get-offsets", {"--topic-partitions", "a", "--topic", "b"}).code, kUsage);
}

TEST_F(ClusterCommands, log_dirs_prints_kafkas_lines_and_json) {
  const auto text = told("log-dirs", {"--describe", "--topic-list", "lines"});
  EXPECT_TRUE(
      text.starts_with("Querying brokers for log directories information\n"
                       "Received log directory information from brokers 1\n"))
      << text;
  const auto value = json::parse(told("log-dirs", {"--describe", "--output", "json"}));
  EXPECT_EQ(value.at("version").as_int64(), 1);
  const auto& directory = value.at("brokers").at(0).at("logDirs").at(0);
  EXPECT_TRUE(directory.at("error").is_null());
  std::set<std::string> partitions;
  for (const auto& each : directory.at("partitions").as_array()) {
    partitions.emplace(each.at("partition").as_string());
    EXPECT_FALSE(each.at("isFuture").as_bool());
  }
  EXPECT_EQ(partitions, (std::set<std::string>{"lines-0", "lines-1", "lines-2", "other-0"}));
}

TEST_F(ClusterCommands, log_dirs_refuses_brokers_that_are_not_there) {
  const auto ran = call("log-dirs", {"--describe", "--broker-list", "1,7"});
  EXPECT_EQ(ran.code, kFailure);
  EXPECT_TRUE(has(ran.err, "no brokers 7; it has 1")) << ran.err;
  EXPECT_EQ(call("log-dirs", {"--describe", "--broker-list", "x"}).code, kFailure);
  EXPECT_EQ(call("log-dirs", {}).code, kUsage);
}

TEST_F(ClusterCommands, cluster_tells_its_id_and_its_brokers) {
  const auto id = told("cluster", {"cluster-id"});
  EXPECT_TRUE(id.starts_with("Cluster ID: ")) << id;
  const auto endpoints = told("cluster", {"list-endpoints"});
  EXPECT_TRUE(
      endpoints.starts_with("ID         HOST      PORT       RACK       STATE      "
                            "ENDPOINT_TYPE"))
      << endpoints;
  EXPECT_TRUE(has(endpoints, "unfenced")) << endpoints;
  const auto all = told("cluster", {"list-endpoints", "--include-fenced-brokers"});
  EXPECT_EQ(all, endpoints);
  EXPECT_EQ(call("cluster", {}).code, kUsage);
}

TEST_F(ClusterCommands, features_prints_what_is_supported_and_finalized) {
  const auto text = told("features", {"describe"});
  EXPECT_TRUE(has(text,
                  "Feature: group.version                             SupportedMinVersion: 0"
                  "                SupportedMaxVersion: 1                "
                  "FinalizedVersionLevel: 1                Epoch: "))
      << text;
  EXPECT_TRUE(has(text, "SupportedMinVersion: 3.7-IV2          SupportedMaxVersion: 4.3-IV0"))
      << text;
  EXPECT_EQ(told("features", {"describe", "--node-id", "1"}), text);
  const auto value = json::parse(told("features", {"describe", "--output", "json"}));
  std::set<std::string> names;
  for (const auto& each : value.as_array()) names.emplace(each.at("feature").as_string());
  EXPECT_EQ(names.count("metadata.version"), 1U);
  EXPECT_EQ(call("features", {"describe", "--node-id", "-4"}).code, kFailure);
}

TEST_F(ClusterCommands, features_changes_levels_as_kafkas_script_does) {
  const std::string level = "transaction.version=1";
  const auto finalized = [this] {
    auto admin = Admin::open({.bootstrap_servers = broker_->address()}).value();
    const auto described = admin.describe_features().get().value();
    return described.features.at("transaction.version").finalized->newest;
  };
  EXPECT_EQ(told("features", {"downgrade", "--feature", level, "--dry-run"}),
            "transaction.version can be downgraded to 1.\n");
  EXPECT_EQ(finalized(), 2);
  EXPECT_EQ(told("features", {"downgrade", "--feature", level}),
            "transaction.version was downgraded to 1.\n");
  EXPECT_EQ(finalized(), 1);
  EXPECT_EQ(told("features",
                 {"upgrade", "--feature", "transaction.version=2", "--feature", "group.version=1"}),
            "group.version was upgraded to 1.\ntransaction.version was upgraded to 2.\n");
  EXPECT_EQ(told("features", {"disable", "--feature", "group.version", "--unsafe"}),
            "group.version was disabled.\n");
  const auto refused = call("features", {"upgrade", "--feature", level, "--dry-run"});
  EXPECT_EQ(refused.code, kFailure);
  EXPECT_TRUE(refused.out.starts_with("Can not upgrade transaction.version to 1. ")) << refused.out;
  EXPECT_TRUE(has(refused.err, "1 out of 1 operation(s) failed.")) << refused.err;
  EXPECT_EQ(finalized(), 2);
}

TEST_F(ClusterCommands, features_says_what_it_does_not_take) {
  EXPECT_EQ(call("features", {}).code, kUsage);
  EXPECT_EQ(call("features", {"upgrade"}).code, kUsage);
  for (const auto* wrong : {"a", "=1", "a=", "a=x", "a=99999", "a=1x"}) {
    const auto ran = call("features", {"upgrade", "--feature", wrong});
    EXPECT_EQ(ran.code, kFailure) << wrong;
    EXPECT_TRUE(has(ran.err, "NAME=LEVEL")) << ran.err;
  }
  const auto twice = call("features", {"upgrade", "--feature", "a=1", "--feature", "a=2"});
  EXPECT_EQ(twice.code, kFailure);
  EXPECT_TRUE(has(twice.err, "more than once")) << twice.err;
}

TEST_F(ClusterCommands, leader_election_prints_what_became_of_each_partition) {
  for (const std::string type : {"preferred", "UNCLEAN"}) {
    const auto of = [&](std::vector<std::string> words) {
      words.insert(words.end(), {"--election-type", type});
      return call("leader-election", words);
    };
    const auto one = of({"--topic", "lines", "--partition", "1"});
    EXPECT_EQ(one.code, kSuccess) << one.err;
    EXPECT_EQ(one.out, "Valid replica already elected for partitions lines-1\n");
    const auto missing = of({"--topic", "nothing", "--partition", "0"});
    EXPECT_EQ(missing.code, kFailure);
    EXPECT_TRUE(has(missing.out, "for partition: nothing-0: UNKNOWN_TOPIC_OR_PARTITION"))
        << missing.out;
    EXPECT_TRUE(has(missing.err, "1 replica(s) could not be elected")) << missing.err;
    const auto all = of({"--all-topic-partitions"});
    EXPECT_EQ(all.code, kSuccess) << all.err;
    EXPECT_EQ(all.out, "");
    const std::string file = testing::TempDir() + "elections-" + std::to_string(getpid());
    std::ofstream(file) << R"({"partitions": [{"topic": "lines", "partition": 2},
                                              {"topic": "lines", "partition": 0}]})";
    const auto some = of({"--path-to-json-file", file});
    EXPECT_EQ(some.code, kSuccess) << some.err;
    EXPECT_EQ(some.out, "Valid replica already elected for partitions lines-0, lines-2\n");
    std::ofstream(file) << R"({"partitions": [{"topic": "lines"}]})";
    const auto malformed = of({"--path-to-json-file", file});
    EXPECT_EQ(malformed.code, kFailure);
    EXPECT_TRUE(has(malformed.err, "an entry has no partition")) << malformed.err;
    std::remove(file.c_str());
    EXPECT_EQ(of({}).code, kUsage);
    EXPECT_EQ(of({"--topic", "lines"}).code, kUsage);
    EXPECT_EQ(of({"--partition", "1", "--all-topic-partitions"}).code, kUsage);
    EXPECT_EQ(of({"--topic", "lines", "--partition", "1", "--all-topic-partitions"}).code, kUsage);
  }
  EXPECT_EQ(call("leader-election", {"--all-topic-partitions"}).code, kUsage);
}

TEST_F(ClusterCommands, broker_api_versions_tells_what_is_served_and_what_is_spoken) {
  broker_->limit_versions(ApiKey::describe_cluster, 0, 1);
  const auto text = told("broker-api-versions", {});
  EXPECT_TRUE(text.starts_with(broker_->address() + " (id: 1 rack: null isFenced: false) -> (\n\t"
                                                    "Produce(0): "))
      << text;
  EXPECT_TRUE(has(text, "\tDescribeCluster(60): 0 to 1 [usable: 1],\n")) << text;
  EXPECT_TRUE(has(text, "\tShareFetch(78): UNSUPPORTED,\n")) << text;
  EXPECT_TRUE(text.ends_with("\n)\n")) << text;
  const auto value = json::parse(told("broker-api-versions", {"--output", "json"}));
  EXPECT_EQ(value.at(0).at("broker").as_int64(), 1);
  EXPECT_EQ(value.at(0).at("apis").at(0).at("name").as_string(), "Produce");
}

TEST_F(ClusterCommands, end_to_end_latency_makes_its_topic_and_tells_percentiles) {
  const auto text = told("end-to-end-latency",
                         {"--topic", "fresh", "--num-records", "20", "--producer-acks", "all",
                          "--record-size", "10", "--record-key-size", "3", "--num-headers", "2",
                          "--record-header-key-size", "4", "--record-header-size", "-1"});
  EXPECT_TRUE(
      text.starts_with("Topic \"fresh\" does not exist. Will create topic with 1 "
                       "partition(s) and replication factor = 1\n0\t"))
      << text;
  for (const auto* part : {"\nAvg latency: ", " ms\nPercentiles: 50th = ", ", 99.9th = "}) {
    EXPECT_TRUE(has(text, part)) << part << " is not in\n" << text;
  }
  EXPECT_EQ(told("get-offsets", {"--topic", "fresh"}), "fresh:0:20\n");
  EXPECT_EQ(call("end-to-end-latency", {"--topic", "fresh", "--num-records", "2", "--producer-acks",
                                        "0", "--record-size", "10"})
                .code,
            kUsage);
}

TEST_F(ClusterCommands, tail_begins_with_the_last_records_of_each_partition) {
  const auto text = told("tail", {"lines", "other", "-n", "2", "--max-messages", "6"});
  for (const auto* line : {"lines-0@8 ", "lines-0@9 ", "lines-1@18 ", "lines-2@29 "}) {
    EXPECT_TRUE(has(text, line)) << line << " is not in\n" << text;
  }
  EXPECT_TRUE(has(text, "line 9\\x1b\n")) << text;
  EXPECT_FALSE(has(text, "\x1b")) << text;  // stdout is no terminal
  EXPECT_FALSE(has(text, "lines-0@7 ")) << text;
}

TEST_F(ClusterCommands, tail_gives_each_topic_a_colour_or_prints_json) {
  const auto text = told("tail", {"lines", "--topic", "other", "--colour", "always",
                                  "--from-beginning", "--max-messages", "1"});
  EXPECT_TRUE(text.starts_with("\x1b[36mlines-")) << text;
  const auto value =
      json::parse(told("tail", {"lines", "-n", "1", "--max-messages", "1", "--output", "json"}));
  EXPECT_EQ(value.at("topic").as_string(), "lines");
  EXPECT_TRUE(value.at("key").is_null());
}

TEST_F(ClusterCommands, tail_ends_when_nothing_comes) {
  EXPECT_EQ(told("tail", {"other", "--timeout-ms", "1"}), "");
}

TEST_F(ClusterCommands, top_tells_topics_and_groups_in_lines) {
  auto admin = Admin::open({.bootstrap_servers = broker_->address()}).value();
  const CommittedOffsets offsets = {{{"lines", 0}, {.offset = 4}}};
  ASSERT_TRUE(admin.alter_consumer_group_offsets("g", offsets).get());
  const auto text = told("top", {"--iterations", "2", "--interval", "0.01"});
  EXPECT_TRUE(has(text, "topic lines: partitions 3, records 60, records/s -\n")) << text;
  EXPECT_TRUE(has(text, "topic lines: partitions 3, records 60, records/s 0.0\n")) << text;
  EXPECT_TRUE(has(text, "group g: Empty, members 0, lag 6, records/s -\n")) << text;
  EXPECT_FALSE(has(text, "\x1b")) << text;
  const auto value = json::parse(told("top", {"-n", "1", "--output", "json"}));
  EXPECT_EQ(value.at("topics").at(0).at("topic").as_string(), "lines");
}

TEST_F(ClusterCommands, topics_prints_json) {
  const auto listed = json::parse(told("topics", {"--list", "--output", "json"}));
  EXPECT_EQ(listed.at(0).at("topic").as_string(), "lines");
  const auto described =
      json::parse(told("topics", {"--describe", "--topic", "lines", "--output", "json"}));
  EXPECT_EQ(described.at(0).at("partitions").at(2).at("leader").as_int64(), 1);
}

TEST_F(ClusterCommands, configs_and_delete_records_print_json) {
  told("configs", {"--alter", "--topic", "lines", "--add-config", "segment.ms=600000"});
  const auto described =
      json::parse(told("configs", {"--describe", "--topic", "lines", "--output", "json"}));
  ASSERT_EQ(described.as_array().size(), 1U);
  EXPECT_EQ(described.at(0).at("name").as_string(), "segment.ms");
  EXPECT_EQ(described.at(0).at("source").as_string(), "DYNAMIC_TOPIC_CONFIG");
  const auto file = testing::TempDir() + "offsets-" + std::to_string(::getpid()) + ".json";
  std::ofstream(file) << R"({"partitions": [{"topic": "lines", "partition": 2, "offset": 7}]})";
  const auto deleted =
      json::parse(told("delete-records", {"--offset-json-file", file, "--output", "json"}));
  EXPECT_EQ(deleted.at(0).at("lowWatermark").as_int64(), 7);
  std::remove(file.c_str());
}

}  // namespace
}  // namespace ottla::tools
