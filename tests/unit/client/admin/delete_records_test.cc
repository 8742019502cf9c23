#include "client/admin/delete_records.h"

#include <gtest/gtest.h>

#include "protocol/messages/delete_records.h"
#include "tests/unit/client/admin/admin_world.h"

namespace ottla::client {
namespace {

using protocol::DeleteRecordsRequest;
using protocol::DeleteRecordsResponse;
using protocol::MetadataRequest;
using protocol::MetadataResponse;

// Metadata tell of topic "t", whose partition n is led by `leaders[n]`.
class DeleteRecords : public testing::Test {
 protected:
  void SetUp() override {
    for (const int id : {1, 2}) {
      world.broker(id).on<MetadataRequest>(
          [this](const MetadataRequest& request, std::int16_t) { return metadata(request); });
      answer_with(id, [](const auto&) { return ErrorCode::none; });
    }
  }

  MetadataResponse metadata(const MetadataRequest& request) {
    auto response = world.metadata();
    if (!request.topics) return response;
    for (const auto& asked : *request.topics) {
      ++asked_for_leaders;
      EXPECT_FALSE(request.allow_auto_topic_creation);
      auto& topic = response.topics.emplace_back();
      topic.name = asked.name;
      if (asked.name != "t") {
        topic.error_code = ErrorCode::unknown_topic_or_partition;
        continue;
      }
      for (std::size_t n = 0; n < leaders.size(); ++n) {
        auto& partition = topic.partitions.emplace_back();
        partition.partition_index = static_cast<std::int32_t>(n);
        partition.leader_id = BrokerId(leaders[n]);
      }
    }
    return response;
  }

  // The broker deletes, or answers with the error that `code` gives for a partition.
  void answer_with(int id, std::function<ErrorCode(const TopicPartition&)> code) {
    world.broker(id).on<DeleteRecordsRequest>(
        [this, id, code = std::move(code)](const DeleteRecordsRequest& request, std::int16_t) {
          DeleteRecordsResponse response;
          for (const auto& asked : request.topics) {
            auto& topic = response.topics.emplace_back();
            topic.name = asked.name;
            for (const auto& partition : asked.partitions) {
              const TopicPartition key{std::string(asked.name), partition.partition_index};
              seen.push_back(std::to_string(id) + " " + to_string(key));
              const auto error = code(key);
              const bool fine = error == ErrorCode::none;
              topic.partitions.push_back({partition.partition_index,
                                          fine ? partition.offset : protocol::kNoOffset, error});
            }
          }
          return response;
        });
  }

  AdminWorld world;
  std::vector<std::int32_t> leaders{1, 2, 1};
  std::vector<std::string> seen;
  int asked_for_leaders = 0;
};

TEST_F(DeleteRecords, asks_each_leader_for_its_partitions) {
  const auto began = world.sim.now();
  const auto deleted =
      world.wait(world.admin().delete_records({{{"t", 0}, 5}, {{"t", 1}, 6}, {{"t", 2}, 7}}, {}))
          .value();
  ASSERT_EQ(deleted.size(), 3U);
  EXPECT_EQ(deleted.at({"t", 0}).value(), 5);
  EXPECT_EQ(deleted.at({"t", 1}).value(), 6);
  EXPECT_EQ(deleted.at({"t", 2}).value(), 7);
  EXPECT_EQ(seen, (std::vector<std::string>{"1 t-0", "1 t-2", "2 t-1"}));
  // Steps that get on do not pause between each other.
  EXPECT_LT(world.sim.now() - began, 100ms);
}

TEST_F(DeleteRecords, a_partition_whose_leader_was_another_is_looked_up_again) {
  answer_with(1, [this](const auto&) {
    leaders = {2, 2, 2};
    return ErrorCode::not_leader_or_follower;
  });
  const auto deleted = world.wait(world.admin().delete_records({{{"t", 0}, 5}}, {})).value();
  EXPECT_EQ(deleted.at({"t", 0}).value(), 5);
  EXPECT_EQ(seen, (std::vector<std::string>{"1 t-0", "2 t-0"}));
  EXPECT_EQ(asked_for_leaders, 2);
}

TEST_F(DeleteRecords, a_partition_without_a_leader_is_waited_for) {
  leaders = {-1};
  world.sim.after(1s, [this] { leaders = {2}; });
  const auto deleted = world.wait(world.admin().delete_records({{{"t", 0}, 5}}, {})).value();
  EXPECT_EQ(deleted.at({"t", 0}).value(), 5);
  EXPECT_GT(asked_for_leaders, 1);
  EXPECT_LT(asked_for_leaders, 30);
}

TEST_F(DeleteRecords, each_partition_has_its_own_error) {
  answer_with(1, [](const TopicPartition& partition) {
    return partition.partition == 0 ? ErrorCode::offset_out_of_range : ErrorCode::policy_violation;
  });
  const auto deleted = world
                           .wait(world.admin().delete_records({{{"t", 0}, 5},
                                                               {{"t", 1}, 6},
                                                               {{"t", 2}, 7},
                                                               {{"t", 3}, 8},
                                                               {{"t", -1}, 8},
                                                               {{"nothing", 0}, 9},
                                                               {{"", 0}, 9}},
                                                              {}))
                           .value();
  const auto code = [&](const TopicPartition& partition) {
    return deleted.at(partition) ? ErrorCode::none : deleted.at(partition).error().code();
  };
  EXPECT_EQ(code({"t", 0}), ErrorCode::offset_out_of_range);
  EXPECT_EQ(code({"t", 1}), ErrorCode::none);
  EXPECT_EQ(code({"t", 2}), ErrorCode::policy_violation);
  EXPECT_EQ(code({"t", 3}), ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(code({"t", -1}), ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(code({"nothing", 0}), ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(code({"", 0}), ErrorCode::invalid_topic_exception);
  EXPECT_EQ(deleted.at({"t", 0}).error().context().partition, 0);
}

TEST_F(DeleteRecords, a_leader_that_never_knows_the_partition_ends_with_the_time) {
  answer_with(1, [](const auto&) { return ErrorCode::unknown_topic_or_partition; });
  const auto began = world.sim.now();
  const auto deleted = world.wait(world.admin().delete_records({{{"t", 0}, 5}}, {.timeout = 3s}));
  ASSERT_FALSE(deleted);
  EXPECT_EQ(deleted.error().code(), ErrorCode::timed_out);
  EXPECT_GE(world.sim.now() - began, 3s);
  EXPECT_LT(seen.size(), 60U);
}

TEST_F(DeleteRecords, a_leader_that_is_gone_is_asked_no_more_once_another_leads) {
  world.node(2).crash(simulation::Crash::process);
  leaders = {2};
  world.sim.after(2s, [this] { leaders = {1}; });
  const auto deleted = world.wait(world.admin().delete_records({{{"t", 0}, 5}}, {})).value();
  EXPECT_EQ(deleted.at({"t", 0}).value(), 5);
  EXPECT_EQ(seen, std::vector<std::string>{"1 t-0"});
}

TEST_F(DeleteRecords, a_leader_that_stays_away_holds_no_other_up) {
  world.node(2).crash(simulation::Crash::process);
  leaders = {2, 1};
  const auto deleted =
      world.wait(world.admin().delete_records({{{"t", 0}, 5}, {{"t", 1}, 6}}, {.timeout = 3s}))
          .value();
  EXPECT_EQ(deleted.at({"t", 0}).error().code(), ErrorCode::timed_out);
  EXPECT_EQ(deleted.at({"t", 1}).value(), 6);
}

TEST_F(DeleteRecords, nothing_asked_is_answered) {
  EXPECT_TRUE(world.wait(world.admin().delete_records({}, {})).value().empty());
}

}  // namespace
}  // namespace ottla::client
