#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tests/unit/handlers/handler_fixture.h"

namespace ottla::broker {
namespace {

using simulation::DiskCall;

// A broker with two log directories; the metadata are in the first, or in one of their own.
class TwoLogDirs : public HandlerFixture {
 protected:
  TwoLogDirs() { config_.log_dirs = {"/a", "/b"}; }

  void SetUp() override {
    HandlerFixture::SetUp();
    ASSERT_EQ(create_topic("t", 4), ErrorCode::none);
    for (std::int32_t p = 0; p < 4; ++p) ASSERT_EQ(produce("t", p, 2), 0);
  }

  bool is_there(std::string_view directory, std::string_view name) {
    return node_.disk().open(directory)->exists(name);
  }

  bool has_stray_of(std::string_view directory, std::string_view name) {
    const auto entries = node_.disk().open(directory)->list().value();
    return std::any_of(entries.begin(), entries.end(), [&](const auto& entry) {
      return entry.name.starts_with(name) && entry.name.ends_with("-stray");
    });
  }

  Uuid id_of(std::string_view directory) {
    const auto text = node_.disk().open(directory)->read_file("meta.properties").value();
    return MetaProperties::parse(text).value().directory_id;
  }

  // What the refusal says.
  std::string expect_refused(std::string_view mentioned) {
    const auto changes = node_.disk().changes();
    const auto started = try_start();
    node_.crash(simulation::Crash::process);
    // What a crash left of the metadata may have been cleaned away before they were read.
    EXPECT_LE(node_.disk().changes(), changes + 1);
    if (started) {
      ADD_FAILURE() << "it started";
      return {};
    }
    EXPECT_EQ(started.error().code(), ErrorCode::invalid_config) << started.error();
    auto said = started.error().to_string();
    EXPECT_NE(said.find(mentioned), std::string::npos) << said;
    return said;
  }

  ErrorCode produce_error(std::int32_t partition) {
    const auto batch = simulation::batch_of(1, "more");
    const auto response = call(simulation::produce_request("t", partition, batch), 9);
    return response.responses.at(0).partition_responses.at(0).error_code;
  }

  ErrorCode fetch_error(std::int32_t partition) {
    const auto response = call(simulation::fetch_request("t", partition, 0), 12);
    return response.responses.at(0).partitions.at(0).error_code;
  }

  ErrorCode latest_error(std::int32_t partition) {
    protocol::ListOffsetsRequest asked;
    asked.topics.push_back(
        {"t", {{partition, LeaderEpoch(-1), protocol::ListOffsetsRequest::kLatest}}});
    return call(asked).topics.at(0).partitions.at(0).error_code;
  }

  std::int64_t end_of(std::int32_t partition) {
    protocol::ListOffsetsRequest asked;
    asked.topics.push_back(
        {"t", {{partition, LeaderEpoch(-1), protocol::ListOffsetsRequest::kLatest}}});
    return call(asked).topics.at(0).partitions.at(0).offset.value;
  }

  BrokerId leader_of(std::int32_t partition) {
    protocol::MetadataRequest request;
    request.topics.emplace().push_back({.topic_id = {}, .name = "t"});
    return call(request).topics.at(0).partitions.at(static_cast<std::size_t>(partition)).leader_id;
  }

  // /b has failed, and somebody has noticed.
  void lose_b() {
    node_.disk().inject({.call = DiskCall::sync, .path_contains = "/b/"});
    ASSERT_EQ(produce_error(1), ErrorCode::kafka_storage_error);
    ASSERT_TRUE(run_until([this] { return leader_of(1) == kNoLeader; }));
  }
};

TEST_F(TwoLogDirs, hold_the_partitions_by_turns) {
  for (const auto* name : {"t-0", "t-2"}) EXPECT_TRUE(is_there("/a", name)) << name;
  for (const auto* name : {"t-1", "t-3"}) EXPECT_TRUE(is_there("/b", name)) << name;
  EXPECT_FALSE(is_there("/b", "__cluster_metadata-0"));
  for (const auto* directory : {"/a", "/b"}) {
    EXPECT_TRUE(is_there(directory, "meta.properties")) << directory;
    EXPECT_TRUE(is_there(directory, ".lock")) << directory;
    EXPECT_FALSE(is_there(directory, ".kafka_cleanshutdown")) << directory;
  }
  restart();
  for (std::int32_t p = 0; p < 4; ++p) EXPECT_EQ(end_of(p), 2) << p;
  EXPECT_TRUE(is_there("/b", "t-3"));
  cut_power_and_restart();
  for (std::int32_t p = 0; p < 4; ++p) EXPECT_EQ(produce("t", p, 1), 2) << p;
}

TEST_F(TwoLogDirs, one_that_fails_takes_its_partitions_along_and_the_others_go_on) {
  lose_b();
  for (const auto lost : {1, 3}) {
    EXPECT_EQ(produce_error(lost), ErrorCode::kafka_storage_error) << lost;
    EXPECT_EQ(fetch_error(lost), ErrorCode::kafka_storage_error) << lost;
    EXPECT_EQ(latest_error(lost), ErrorCode::kafka_storage_error) << lost;
    EXPECT_EQ(leader_of(lost), kNoLeader) << lost;
  }
  for (const auto kept : {0, 2}) {
    EXPECT_EQ(produce_error(kept), ErrorCode::none) << kept;
    EXPECT_EQ(fetch_error(kept), ErrorCode::none) << kept;
    EXPECT_EQ(leader_of(kept), BrokerId(1)) << kept;
  }
  // New partitions go where they can.
  ASSERT_EQ(create_topic("u", 3), ErrorCode::none);
  for (std::int32_t p = 0; p < 3; ++p) EXPECT_EQ(produce("u", p, 1), 0) << p;
  EXPECT_FALSE(is_there("/b", "u-0"));
}

TEST_F(TwoLogDirs, clients_are_told_of_offline_replicas_alike_by_whatever_they_ask) {
  const auto told = [this] {
    std::map<std::int32_t, bool> offline;
    protocol::MetadataRequest metadata;
    metadata.topics.emplace().push_back({.topic_id = {}, .name = "t"});
    const auto by_metadata = call(metadata);
    for (const auto& each : by_metadata.topics.at(0).partitions) {
      offline[each.partition_index] = !each.offline_replicas.empty();
    }
    protocol::DescribeTopicPartitionsRequest describe;
    describe.topics.emplace_back().name = "t";
    describe.response_partition_limit = 100;
    const auto described = call(describe);
    EXPECT_EQ(described.topics.at(0).partitions.size(), offline.size());
    for (const auto& each : described.topics.at(0).partitions) {
      EXPECT_EQ(!each.offline_replicas.empty(), offline.at(each.partition_index));
    }
    return offline;
  };
  using Told = std::map<std::int32_t, bool>;
  EXPECT_EQ(told(), (Told{{0, false}, {1, false}, {2, false}, {3, false}}));
  lose_b();
  EXPECT_EQ(told(), (Told{{0, false}, {1, true}, {2, false}, {3, true}}));
}

TEST_F(TwoLogDirs, what_was_acknowledged_is_there_once_the_directory_is) {
  lose_b();
  node_.disk().clear_faults();
  cut_power_and_restart();
  for (const auto back : {1, 3}) {
    EXPECT_EQ(leader_of(back), BrokerId(1)) << back;
    EXPECT_GE(end_of(back), 2) << back;
    EXPECT_EQ(produce_error(back), ErrorCode::none) << back;
  }
}

TEST_F(TwoLogDirs, without_one_the_broker_starts_and_its_partitions_wait_for_it) {
  node_.crash(simulation::Crash::process);
  without_ = "/b";
  start();
  for (const auto lost : {1, 3}) {
    EXPECT_EQ(produce_error(lost), ErrorCode::kafka_storage_error) << lost;
    EXPECT_EQ(fetch_error(lost), ErrorCode::kafka_storage_error) << lost;
    EXPECT_EQ(leader_of(lost), kNoLeader) << lost;
  }
  EXPECT_EQ(produce_error(0), ErrorCode::none);
  EXPECT_FALSE(is_there("/a", "t-1"));
  without_.clear();
  restart();
  for (const auto back : {1, 3}) EXPECT_EQ(produce("t", back, 1), 2) << back;
}

TEST_F(TwoLogDirs, a_topic_whose_partitions_are_lost_can_be_deleted_and_made_anew) {
  lose_b();
  node_.disk().inject({.call = DiskCall::entry, .path_contains = "/b"});
  protocol::DeleteTopicsRequest request;
  request.topics.push_back({.name = "t", .topic_id = {}});
  request.timeout_ms = 5000;
  EXPECT_EQ(call(request).responses.at(0).error_code, ErrorCode::none);
  ASSERT_EQ(create_topic("t", 4), ErrorCode::none);
  for (std::int32_t p = 0; p < 4; ++p) EXPECT_EQ(produce("t", p, 1), 0) << p;
  // The old ones are in the way of none when their disk is back.
  node_.disk().clear_faults();
  cut_power_and_restart();
  for (std::int32_t p = 0; p < 4; ++p) EXPECT_EQ(produce("t", p, 1), 1) << p;
  for (const auto* name : {"t-1", "t-3"}) {
    EXPECT_TRUE(is_there("/a", name)) << name;
    EXPECT_FALSE(is_there("/b", name)) << name;
  }
  EXPECT_TRUE(has_stray_of("/b", "t-1"));
  restart();
  for (std::int32_t p = 0; p < 4; ++p) EXPECT_EQ(produce("t", p, 1), 2) << p;
}

TEST_F(TwoLogDirs, a_log_in_both_is_refused_before_anything_is_written) {
  const auto id = node_.disk().open("/a/t-0")->read_file("partition.metadata").value();
  node_.crash(simulation::Crash::process);
  for (const auto& text : {id, std::string("torn")}) {
    ASSERT_TRUE(node_.disk().open("/b/t-0")->replace_file("partition.metadata", text));
    expect_refused("the log t-0 is in /a and in /b");
  }
}

// A disk that is not mounted looks like that.
TEST_F(TwoLogDirs, a_new_directory_in_the_place_of_one_with_partitions_is_refused) {
  node_.crash(simulation::Crash::process);
  const auto missing = id_of("/b").to_string();
  config_.log_dirs = {"/a", "/new"};
  const auto said = expect_refused("the log directory /new is new");
  EXPECT_NE(said.find(missing), std::string::npos) << said;
  EXPECT_FALSE(is_there("/new", "meta.properties"));
  config_.log_dirs = {"/a", "/b"};
  start();
  for (std::int32_t p = 0; p < 4; ++p) EXPECT_EQ(produce("t", p, 1), 2) << p;
}

TEST_F(TwoLogDirs, it_is_refused_too_where_only_the_partitions_know_the_one_that_is_missing) {
  lose_b();
  node_.crash(simulation::Crash::process);
  node_.disk().clear_faults();
  config_.log_dirs = {"/a", "/new"};
  expect_refused("the log directory /new is new");
  // Beside the one that has failed it is welcome, and the partitions of that one wait.
  config_.log_dirs = {"/a", "/b", "/new"};
  without_ = "/b";
  start();
  EXPECT_EQ(leader_of(1), kNoLeader);
  EXPECT_EQ(produce_error(0), ErrorCode::none);
  without_.clear();
  restart();
  EXPECT_EQ(produce("t", 1, 1), 2);
}

TEST_F(TwoLogDirs, what_is_taken_out_of_log_dirs_is_given_up_and_another_may_follow) {
  node_.crash(simulation::Crash::process);
  config_.log_dirs = {"/a"};
  start();
  for (const auto given_up : {1, 3}) EXPECT_EQ(end_of(given_up), 0) << given_up;
  for (const auto kept : {0, 2}) EXPECT_EQ(end_of(kept), 2) << kept;
  config_.log_dirs = {"/a", "/new"};
  restart();
  EXPECT_TRUE(is_there("/new", "meta.properties"));
}

class BrokerDestroyedInItsStart : public HandlerFixture {
 protected:
  void SetUp() override { asking_.start(); }
};

// The worker that reads the directories may be the last to know of them.
TEST_F(BrokerDestroyedInItsStart, leaves_a_worker_that_needs_nothing_of_it) {
  node_.start([this](simulation::SimNode& node) -> std::shared_ptr<void> {
    Broker broker(Broker::Deps{.loop = node.runtime().loop(0),
                               .directories = data(node.disk()),
                               .logger = {},
                               .seed = 1},
                  config_);
    broker.start([](const Result<void>&) { ADD_FAILURE() << "it is gone"; });
    return std::make_shared<int>();
  });
  EXPECT_TRUE(run_until([this] { return node_.disk().open("/data")->exists("meta.properties"); }));
}

TEST_F(TwoLogDirs, the_loss_of_the_metadata_is_the_end_of_the_broker) {
  std::optional<Error> lost;
  broker_->set_on_offline([&](const Error& error) { lost = error; });
  node_.disk().inject({.call = DiskCall::sync, .path_contains = "/a/"});
  EXPECT_EQ(produce_error(0), ErrorCode::kafka_storage_error);
  EXPECT_TRUE(lost.has_value());
}

TEST_F(TwoLogDirs, the_loss_of_one_after_the_other_is_the_end_of_the_broker) {
  std::optional<Error> lost;
  broker_->set_on_offline([&](const Error& error) { lost = error; });
  lose_b();
  EXPECT_FALSE(lost.has_value());
  node_.disk().inject({.call = DiskCall::write, .path_contains = "/a/t-0"});
  EXPECT_EQ(produce_error(0), ErrorCode::kafka_storage_error);
  EXPECT_TRUE(lost.has_value());
}

TEST_F(TwoLogDirs, the_metadata_may_have_a_directory_of_their_own) {
  node_.crash(simulation::Crash::power);
  config_.metadata_log_dir = "/m";
  config_.log_dirs = {"/c", "/d"};
  start();
  ASSERT_EQ(create_topic("v", 2), ErrorCode::none);
  for (std::int32_t p = 0; p < 2; ++p) ASSERT_EQ(produce("v", p, 1), 0);
  EXPECT_TRUE(is_there("/m", "__cluster_metadata-0"));
  EXPECT_FALSE(is_there("/m", "v-0"));
  EXPECT_TRUE(is_there("/c", "v-0"));
  EXPECT_TRUE(is_there("/d", "v-1"));
  restart();
  for (std::int32_t p = 0; p < 2; ++p) EXPECT_EQ(produce("v", p, 1), 1);
  std::optional<Error> lost;
  broker_->set_on_offline([&](const Error& error) { lost = error; });
  node_.disk().inject({.call = DiskCall::sync, .path_contains = "/m/"});
  EXPECT_EQ(create_topic("w"), ErrorCode::kafka_storage_error);
  EXPECT_TRUE(lost.has_value());
}

class DescribeLogDirsHandler : public TwoLogDirs {
 protected:
  // "topic-partition" of each directory, and its error.
  using Contents = std::pair<ErrorCode, std::vector<std::string>>;
  std::map<std::string, Contents> contents(
      const std::optional<std::vector<protocol::DescribeLogDirsRequest::Topic>>& topics = {},
      std::int16_t version = 5) {
    std::map<std::string, Contents> found;
    for (const auto& dir : call(protocol::DescribeLogDirsRequest{topics}, version).results) {
      auto& [error, names] = found[std::string(dir.log_dir)];
      error = dir.error_code;
      for (const auto& topic : dir.topics) {
        for (const auto& partition : topic.partitions) {
          names.push_back(std::string(topic.name) + "-" +
                          std::to_string(partition.partition_index));
        }
      }
    }
    return found;
  }

  ErrorCode alter(std::string_view path, std::string_view topic, std::int32_t partition) {
    const auto response =
        call(protocol::AlterReplicaLogDirsRequest{{{path, {{topic, {partition}}}}}});
    return response.results.at(0).partitions.at(0).error_code;
  }

  const std::map<std::string, Contents> everything_{{"/a", {ErrorCode::none, {"t-0", "t-2"}}},
                                                    {"/b", {ErrorCode::none, {"t-1", "t-3"}}}};
};

TEST_F(DescribeLogDirsHandler, tells_what_is_where_at_every_version) {
  for (std::int16_t version = 1; version <= 5; ++version) {
    EXPECT_EQ(contents({}, version), everything_) << version;
  }
  const std::map<std::string, Contents> some{{"/a", {ErrorCode::none, {}}},
                                             {"/b", {ErrorCode::none, {"t-3"}}}};
  EXPECT_EQ(contents({{{"t", {3, 77}}, {"none", {0}}}}), some);
  EXPECT_EQ(contents(std::vector<protocol::DescribeLogDirsRequest::Topic>()).at("/a").second.size(),
            0U);
}

TEST_F(DescribeLogDirsHandler, tells_sizes_and_what_is_left) {
  node_.disk().set_capacity(1 << 30);
  produce("t", 2, 100);
  const auto response = call(protocol::DescribeLogDirsRequest{});
  const auto& a = response.results.at(0);
  ASSERT_EQ(a.log_dir, "/a");
  EXPECT_EQ(a.total_bytes, 1 << 30);
  EXPECT_GT(a.usable_bytes, 0);
  EXPECT_LT(a.usable_bytes, a.total_bytes);
  const auto& partitions = a.topics.at(0).partitions;
  EXPECT_GT(partitions.at(1).partition_size, partitions.at(0).partition_size);
  EXPECT_GT(partitions.at(0).partition_size, 0);
  EXPECT_EQ(partitions.at(0).offset_lag, 0);
  EXPECT_FALSE(partitions.at(0).is_future_key);
}

TEST_F(DescribeLogDirsHandler, one_that_is_offline_is_told_as_such) {
  lose_b();
  auto expected = everything_;
  expected["/b"] = {ErrorCode::kafka_storage_error, {}};
  EXPECT_EQ(contents(), expected);
}

TEST_F(DescribeLogDirsHandler, a_replica_is_moved_nowhere_and_every_refusal_says_why) {
  EXPECT_EQ(alter("/a", "t", 0), ErrorCode::none);
  EXPECT_EQ(alter("/b", "t", 0), ErrorCode::policy_violation);
  EXPECT_EQ(alter("/c", "t", 0), ErrorCode::log_dir_not_found);
  EXPECT_EQ(alter("/a", "t", 99), ErrorCode::replica_not_available);
  EXPECT_EQ(alter("/a", "none", 0), ErrorCode::replica_not_available);
  const auto twice =
      call(protocol::AlterReplicaLogDirsRequest{{{"/a", {{"t", {0}}}}, {"/b", {{"t", {0, 1}}}}}});
  ASSERT_EQ(twice.results.at(0).partitions.size(), 2U);
  EXPECT_EQ(twice.results.at(0).partitions.at(0).error_code, ErrorCode::invalid_request);
  EXPECT_EQ(twice.results.at(0).partitions.at(1).error_code, ErrorCode::none);
  lose_b();
  EXPECT_EQ(alter("/b", "t", 0), ErrorCode::kafka_storage_error);
  EXPECT_EQ(alter("/a", "t", 1), ErrorCode::kafka_storage_error);
  EXPECT_EQ(contents().at("/a"), everything_.at("/a"));
}

}  // namespace
}  // namespace ottla::broker
