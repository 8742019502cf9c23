#include "client/admin/list_offsets.h"

#include <gtest/gtest.h>

#include "protocol/messages/list_offsets.h"
#include "tests/unit/client/admin/admin_world.h"

namespace ottla::client {
namespace {

using protocol::ListOffsetsRequest;
using protocol::ListOffsetsResponse;
using protocol::MetadataRequest;
using protocol::Offset;

// Both partitions of "t" are led by broker 1; what is asked for is told back as an offset.
class ListOffsets : public testing::Test {
 protected:
  void SetUp() override {
    for (const int id : {1, 2}) {
      world.broker(id).on<MetadataRequest>([this](const MetadataRequest& request, std::int16_t) {
        auto response = world.metadata();
        if (!request.topics || request.topics->empty()) return response;
        auto& topic = response.topics.emplace_back();
        topic.name = "t";
        for (const std::int32_t index : {0, 1}) {
          auto& partition = topic.partitions.emplace_back();
          partition.partition_index = index;
          partition.leader_id = BrokerId(leader);
        }
        return response;
      });
      answer_with(id, 11);
    }
  }

  void answer_with(int id, std::int16_t newest) {
    world.broker(id).on<ListOffsetsRequest>(
        [this, id](const ListOffsetsRequest& request, std::int16_t) { return list(id, request); },
        newest);
  }

  ListOffsetsResponse list(int broker, const ListOffsetsRequest& request) {
    isolation_level = request.isolation_level;
    ListOffsetsResponse response;
    for (const auto& asked : request.topics) {
      auto& topic = response.topics.emplace_back();
      topic.name = asked.name;
      for (const auto& partition : asked.partitions) {
        seen.push_back(partition.timestamp);
        auto& told = topic.partitions.emplace_back();
        told.partition_index = partition.partition_index;
        if (broker != leader) {
          told.error_code = ErrorCode::not_leader_or_follower;
        } else if (partition.timestamp < 1000) {
          told.offset = Offset(partition.timestamp + 100);
          told.timestamp = partition.timestamp;
          told.leader_epoch = protocol::LeaderEpoch(4);
        }
      }
    }
    return response;
  }

  AdminWorld world;
  std::int32_t leader = 1;
  std::vector<std::int64_t> seen;
  protocol::IsolationLevel isolation_level = protocol::IsolationLevel::read_uncommitted;
};

TEST_F(ListOffsets, finds_ends_and_times) {
  const auto listed =
      world
          .wait(world.admin().list_offsets({{{"t", 0}, OffsetSpec::latest()},
                                            {{"t", 1}, OffsetSpec::at(Timestamp(7ms))},
                                            {{"t", 2}, OffsetSpec::earliest()}},
                                           {.isolation_level = IsolationLevel::read_committed}))
          .value();
  EXPECT_EQ(listed.at({"t", 0}).value(), (ListedOffset{99, std::nullopt, 4}));
  EXPECT_EQ(listed.at({"t", 1}).value(), (ListedOffset{107, Timestamp(7ms), 4}));
  EXPECT_EQ(listed.at({"t", 2}).error().code(), ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(isolation_level, protocol::IsolationLevel::read_committed);
}

TEST_F(ListOffsets, has_none_where_nothing_is_as_young) {
  const auto listed =
      world.wait(world.admin().list_offsets({{{"t", 0}, OffsetSpec::at(Timestamp(1h))}}, {}))
          .value();
  EXPECT_EQ(listed.at({"t", 0}).value(), ListedOffset());
}

TEST_F(ListOffsets, follows_a_leader_that_moved) {
  world.broker(1).on<ListOffsetsRequest>([this](const ListOffsetsRequest& request, std::int16_t) {
    leader = 2;
    return list(1, request);
  });
  const auto listed =
      world.wait(world.admin().list_offsets({{{"t", 0}, OffsetSpec::earliest()}}, {})).value();
  EXPECT_EQ(listed.at({"t", 0}).value().offset, 98);
  EXPECT_EQ(seen.size(), 2U);
}

TEST_F(ListOffsets, asks_no_broker_for_what_it_does_not_know) {
  answer_with(1, 6);
  const auto listed =
      world.wait(world.admin().list_offsets({{{"t", 0}, OffsetSpec::max_timestamp()}}, {})).value();
  EXPECT_EQ(listed.at({"t", 0}).error().code(), ErrorCode::unsupported_version);
  EXPECT_TRUE(seen.empty());
}

TEST_F(ListOffsets, asks_a_broker_for_the_rest_of_what_it_knows) {
  answer_with(1, 6);
  const auto listed =
      world
          .wait(world.admin().list_offsets(
              {{{"t", 0}, OffsetSpec::latest()}, {{"t", 1}, OffsetSpec::max_timestamp()}}, {}))
          .value();
  EXPECT_EQ(listed.at({"t", 0}).value().offset, 99);
  EXPECT_EQ(listed.at({"t", 1}).error().code(), ErrorCode::unsupported_version);
}

TEST_F(ListOffsets, gives_up_no_more_than_a_broker_does_not_know) {
  answer_with(1, 8);
  const auto listed =
      world
          .wait(world.admin().list_offsets(
              {{{"t", 0}, OffsetSpec::max_timestamp()}, {{"t", 1}, OffsetSpec::latest_tiered()}},
              {}))
          .value();
  EXPECT_TRUE(listed.at({"t", 0}));
  EXPECT_EQ(listed.at({"t", 1}).error().code(), ErrorCode::unsupported_version);
}

}  // namespace
}  // namespace ottla::client
