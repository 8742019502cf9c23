#include <gtest/gtest.h>

#include <limits>

#include "tests/unit/handlers/handler_fixture.h"

namespace ottla::broker {
namespace {

using protocol::DescribeTopicPartitionsRequest;
using protocol::TopicPartitionCursor;

class DescribeTopicPartitionsHandler : public HandlerFixture {
 protected:
  void SetUp() override {
    config_.max_request_partition_size_limit = 5;
    HandlerFixture::SetUp();
    for (const auto& [name, partitions] :
         {std::pair("b", 4), std::pair("a", 2), std::pair("c", 1)}) {
      ASSERT_EQ(create_topic(name, partitions), ErrorCode::none);
    }
  }

  static DescribeTopicPartitionsRequest ask(std::vector<std::string_view> topics,
                                            std::int32_t limit = 2000,
                                            std::optional<TopicPartitionCursor> cursor = {}) {
    DescribeTopicPartitionsRequest request;
    for (const auto name : topics) request.topics.push_back({name});
    request.response_partition_limit = limit;
    request.cursor = cursor;
    return request;
  }

  // What an answer has, as "a:0,1 b:0 > b:1".
  std::string told(const DescribeTopicPartitionsRequest& request) {
    const auto response = call(request);
    std::string text;
    for (const auto& topic : response.topics) {
      text += std::string(topic.name.value_or("null")) + ":";
      if (topic.error_code != ErrorCode::none) text += "!";
      for (const auto& partition : topic.partitions) {
        text += std::to_string(partition.partition_index);
      }
      text += " ";
    }
    if (response.next_cursor) {
      text += "> " + std::string(response.next_cursor->topic_name) + ":" +
              std::to_string(response.next_cursor->partition_index);
    }
    return text;
  }

  ErrorCode refusal_of(const DescribeTopicPartitionsRequest& request) {
    return call(request).topics.at(0).error_code;
  }
};

TEST_F(DescribeTopicPartitionsHandler, pages_follow_each_other_by_name_and_number) {
  EXPECT_EQ(told(ask({}, 3)), "a:01 b:0 > b:1");
  EXPECT_EQ(told(ask({}, 3, {{"b", 1}})), "b:123 > c:0");
  EXPECT_EQ(told(ask({}, 3, {{"c", 0}})), "c:0 ");
}

TEST_F(DescribeTopicPartitionsHandler, the_broker_sets_the_most_and_one_is_the_least) {
  EXPECT_EQ(told(ask({})), "a:01 b:012 > b:3");
  EXPECT_EQ(told(ask({}, 0)), "a:0 > a:1");
  EXPECT_EQ(told(ask({"c", "a"}, std::numeric_limits<std::int32_t>::min())), "a:0 > a:1");
}

TEST_F(DescribeTopicPartitionsHandler, topics_that_are_asked_for_and_not_there_have_an_error) {
  EXPECT_EQ(told(ask({"c", "nothing", "a", "c"})), "a:01 c:0 nothing:! ");
  EXPECT_EQ(refusal_of(ask({"nothing"})), ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(refusal_of(ask({"no thing"})), ErrorCode::invalid_topic_exception);
  // One that was deleted meanwhile.
  EXPECT_EQ(told(ask({}, 3, {{"aa", 1}})), "b:012 > b:3");
}

TEST_F(DescribeTopicPartitionsHandler, a_place_beyond_the_end_is_the_next_topic) {
  EXPECT_EQ(told(ask({}, 9, {{"a", 2}})), "a: b:0123 c:0 ");
  EXPECT_EQ(told(ask({}, 9, {{"c", std::numeric_limits<std::int32_t>::max()}})), "c: ");
}

TEST_F(DescribeTopicPartitionsHandler, a_place_that_cannot_be_is_refused) {
  EXPECT_EQ(refusal_of(ask({"a", "b"}, 9, {{"aa", 0}})), ErrorCode::invalid_request);
  EXPECT_EQ(refusal_of(ask({"a", "b"}, 9, {{"a", -1}})), ErrorCode::invalid_request);
}

TEST_F(DescribeTopicPartitionsHandler, partitions_are_told_as_metadata_has_them) {
  const auto response = call(ask({"c"}));
  const auto& topic = response.topics.at(0);
  EXPECT_EQ(topic.topic_id, topic_id("c"));
  EXPECT_FALSE(topic.is_internal);
  EXPECT_NE(topic.topic_authorized_operations, protocol::kNoAuthorizedOperations);
  const auto again = call(ask({"c"}));
  const auto& partition = again.topics.at(0).partitions.at(0);
  const std::vector<BrokerId> self{BrokerId(config_.node_id)};
  EXPECT_EQ(partition.leader_id, self.front());
  EXPECT_EQ(partition.replica_nodes, self);
  EXPECT_EQ(partition.isr_nodes, self);
  EXPECT_EQ(partition.eligible_leader_replicas, std::vector<BrokerId>());
  EXPECT_TRUE(partition.offline_replicas.empty());
}

}  // namespace
}  // namespace ottla::broker
