#include "client/admin/describe_topics.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/client/admin/admin_world.h"

namespace ottla::client {
namespace {

using protocol::DescribeTopicPartitionsRequest;
using protocol::DescribeTopicPartitionsResponse;
using protocol::MetadataRequest;
using protocol::TopicPartitionCursor;

using Topic = DescribeTopicPartitionsResponse::Topic;

constexpr Uuid kId{1, 2};

Topic topic(std::string_view name, std::vector<std::int32_t> partitions) {
  Topic made{.name = name, .topic_id = kId};
  for (const auto number : partitions) {
    made.partitions.push_back({.partition_index = number, .leader_id = BrokerId(1)});
  }
  return made;
}

// One broker, which has these answers, in turn, and the last one for ever.
struct PagedWorld : AdminWorld {
  explicit PagedWorld(std::vector<DescribeTopicPartitionsResponse> pages) : AdminWorld(1) {
    broker(1).on<DescribeTopicPartitionsRequest>(
        [this, pages](const DescribeTopicPartitionsRequest& request, std::int16_t) {
          auto& asked = requests.emplace_back();
          for (const auto& each : request.topics) asked.topics.emplace_back(each.name);
          asked.limit = request.response_partition_limit;
          if (request.cursor) {
            asked.from = {std::string(request.cursor->topic_name), request.cursor->partition_index};
          }
          return pages[std::min(requests.size(), pages.size()) - 1];
        });
  }
  TopicDescriptions describe(const std::vector<std::string>& topics,
                             const DescribeTopicsOptions& options = {}) {
    return wait(admin().describe_topics(topics, options)).value();
  }

  struct Asked {
    std::vector<std::string> topics;
    std::int32_t limit = 0;
    TopicPartition from{};
    bool operator==(const Asked&) const = default;
  };
  std::vector<Asked> requests;
};

std::vector<std::int32_t> partitions_of(const Result<TopicDescription>& described) {
  if (!described) return {-1};
  std::vector<std::int32_t> numbers;
  for (const auto& each : described->partitions) numbers.push_back(each.partition);
  return numbers;
}

using Numbers = std::vector<std::int32_t>;

TEST(DescribeTopicsByPage, tells_all_that_an_answer_tells) {
  auto told = topic("t", {});
  told.is_internal = true;
  told.partitions.push_back({.partition_index = 0,
                             .leader_id = BrokerId(1),
                             .leader_epoch = LeaderEpoch(7),
                             .replica_nodes = {BrokerId(1), BrokerId(2), BrokerId(3)},
                             .isr_nodes = {BrokerId(1)},
                             .eligible_leader_replicas = std::vector{BrokerId(2)},
                             .last_known_elr = std::vector{BrokerId(3)},
                             .offline_replicas = {BrokerId(3)}});
  told.partitions.push_back({.partition_index = 1});
  PagedWorld world({{.topics = {told}}});
  const auto described = world.describe({"t"}).at("t").value();
  EXPECT_EQ(described.topic_id, kId.to_string());
  EXPECT_TRUE(described.internal);
  ASSERT_EQ(described.partitions.size(), 2U);
  EXPECT_EQ(described.partitions[0], (PartitionInfo{.topic = "t",
                                                    .partition = 0,
                                                    .leader = 1,
                                                    .leader_epoch = 7,
                                                    .replicas = {1, 2, 3},
                                                    .in_sync_replicas = {1},
                                                    .offline_replicas = {3},
                                                    .eligible_leader_replicas = {2},
                                                    .last_known_eligible_leader_replicas = {3}}));
  EXPECT_EQ(described.partitions[1], (PartitionInfo{.topic = "t", .partition = 1}));
  ASSERT_EQ(world.requests.size(), 1U);
  EXPECT_EQ(world.requests[0], (PagedWorld::Asked{{"t"}, 2000, {}}));
}

TEST(DescribeTopicsByPage, goes_on_where_an_answer_was_full) {
  PagedWorld world({{.topics = {topic("a", {0, 1})}, .next_cursor = TopicPartitionCursor{"b", 0}},
                    {.topics = {topic("b", {0, 1})}, .next_cursor = TopicPartitionCursor{"b", 2}},
                    {.topics = {topic("b", {2}), topic("c", {0})}}});
  const auto described = world.describe({"c", "a", "b"}, {.partitions_per_answer = 2});
  ASSERT_EQ(described.size(), 3U);
  EXPECT_EQ(partitions_of(described.at("a")), (Numbers{0, 1}));
  EXPECT_EQ(partitions_of(described.at("b")), (Numbers{0, 1, 2}));
  EXPECT_EQ(partitions_of(described.at("c")), Numbers{0});
  EXPECT_EQ(world.requests,
            (std::vector<PagedWorld::Asked>{
                {{"a", "b", "c"}, 2, {}}, {{"b", "c"}, 2, {"b", 0}}, {{"b", "c"}, 2, {"b", 2}}}));
}

TEST(DescribeTopicsByPage, tells_each_topic_its_own_error) {
  auto hidden = topic("hidden", {});
  hidden.error_code = ErrorCode::topic_authorization_failed;
  PagedWorld world({{.topics = {topic("fine", {0}), topic("gap", {0, 2}), hidden,
                                topic("strange", {0}), topic("twice", {0}), topic("twice", {0})}}});
  const auto described = world.describe({"fine", "gap", "hidden", "twice", "missing"});
  ASSERT_EQ(described.size(), 5U);
  EXPECT_EQ(partitions_of(described.at("fine")), Numbers{0});
  EXPECT_EQ(described.at("hidden").error().code(), ErrorCode::topic_authorization_failed);
  for (const auto* name : {"gap", "twice", "missing"}) {
    EXPECT_EQ(described.at(name).error().code(), ErrorCode::unknown_server_error) << name;
  }
}

TEST(DescribeTopicsByPage, a_topic_that_changes_its_id_between_answers_is_gone) {
  auto other = topic("a", {1});
  other.topic_id = {3, 4};
  PagedWorld world({{.topics = {topic("a", {0})}, .next_cursor = TopicPartitionCursor{"a", 1}},
                    {.topics = {other}}});
  EXPECT_EQ(world.describe({"a"}).at("a").error().code(), ErrorCode::unknown_topic_or_partition);
}

TEST(DescribeTopicsByPage, does_not_follow_a_cursor_that_leads_nowhere) {
  for (const auto& next : {TopicPartitionCursor{"b", 1}, TopicPartitionCursor{"b", 0},
                           TopicPartitionCursor{"a", 5}, TopicPartitionCursor{"x", 0}}) {
    PagedWorld world({{.topics = {topic("a", {0})}, .next_cursor = TopicPartitionCursor{"b", 1}},
                      {.topics = {topic("b", {0})}, .next_cursor = next}});
    const auto described = world.wait(world.admin().describe_topics({"a", "b"}, {}));
    ASSERT_FALSE(described) << next.topic_name << next.partition_index;
    EXPECT_EQ(described.error().code(), ErrorCode::unknown_server_error);
    EXPECT_EQ(world.requests.size(), 2U);
  }
}

TEST(DescribeTopicsByPage, asks_older_brokers_by_metadata) {
  AdminWorld world(1);
  world.broker(1).on<MetadataRequest>([&](const MetadataRequest& request, std::int16_t) {
    auto response = world.metadata();
    if (request.topics->empty()) return response;
    auto& told = response.topics.emplace_back();
    told.name = "t";
    told.partitions.push_back({.partition_index = 0, .leader_id = BrokerId(1)});
    return response;
  });
  const auto described = world.wait(world.admin().describe_topics({"t"}, {})).value();
  EXPECT_EQ(described.at("t").value().partitions,
            (std::vector{PartitionInfo{.topic = "t", .partition = 0, .leader = 1}}));
}

}  // namespace
}  // namespace ottla::client
