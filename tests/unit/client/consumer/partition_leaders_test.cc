#include "client/consumer/partition_leaders.h"

#include <gtest/gtest.h>

#include <utility>

namespace ottla::client {
namespace {

using namespace std::chrono_literals;

constexpr Uuid kOne{1, 1};
constexpr Uuid kOther{2, 2};

// A partition that was read up to a record of epoch 7, of which metadata know a leader of epoch 3.
class OlderLeader : public testing::Test {
 protected:
  OlderLeader() { partition.id = {"t", 0}; }
  void tell_leader(const Uuid& topic) {
    protocol::MetadataResponse response;
    response.brokers.push_back({.node_id = BrokerId(1), .host = "one", .port = 1});
    response.topics.push_back({.error_code = ErrorCode::none, .name = "t", .topic_id = topic});
    response.topics[0].partitions.push_back(
        {.partition_index = 0, .leader_id = BrokerId(1), .leader_epoch = LeaderEpoch(3)});
    metadata.on_response({.topics = {"t"}}, response, now);
  }
  std::optional<Leader> find() { return leaders.find(partition, LeaderEpoch(7), now, next); }

  base::TimePoint now{};
  base::TimePoint next = base::kNever;
  Metadata metadata{{}, 1};
  PartitionLeaders leaders{metadata, 1min};
  AssignedPartition partition;
};

TEST_F(OlderLeader, of_the_topic_that_was_read_is_never_taken_and_poll_hears_of_it) {
  partition.topic_id = kOne;
  tell_leader(kOne);
  EXPECT_FALSE(find());
  EXPECT_EQ(next, now + 1min);
  EXPECT_FALSE(partition.error);
  now += 1min;
  EXPECT_FALSE(find());
  ASSERT_TRUE(partition.error);
  EXPECT_EQ(partition.error->code(), ErrorCode::fenced_leader_epoch);
}

TEST_F(OlderLeader, of_a_topic_that_was_made_anew_is_taken_at_once) {
  partition.topic_id = kOne;
  tell_leader(kOther);
  EXPECT_TRUE(find());
}

TEST_F(OlderLeader, is_taken_after_a_while_where_nobody_knows_which_topic_was_read) {
  for (const auto& [read, told] : {std::pair(Uuid(), kOne), std::pair(kOne, Uuid())}) {
    partition.topic_id = read;
    partition.missing_since.reset();
    metadata.remove_topic("t");
    tell_leader(told);
    next = base::kNever;
    EXPECT_FALSE(find());
    EXPECT_EQ(next, now + 1min);
    now += 1min;
    EXPECT_TRUE(find());
    EXPECT_TRUE(find()) << "an answer that fails is asked for again soon";
    EXPECT_FALSE(partition.error);
  }
}

}  // namespace
}  // namespace ottla::client
