#include "client/admin/elect_leaders.h"

#include <gtest/gtest.h>

#include "tests/unit/client/admin/admin_world.h"

namespace ottla::client {
namespace {

using protocol::ElectLeadersRequest;
using protocol::ElectLeadersResponse;

const Error kNotNeeded(ErrorCode::election_not_needed, "it leads already",
                       {.topic = "t", .partition = 1});

// What was asked for, and answers in turn, the last one for ever.
struct ElectionWorld : AdminWorld {
  explicit ElectionWorld(std::vector<ElectLeadersResponse> answers,
                         std::int16_t newest = ElectLeadersRequest::api.max)
      : AdminWorld(1) {
    broker(1).on<ElectLeadersRequest>(
        [this, answers](const ElectLeadersRequest& request, std::int16_t) {
          type = request.election_type;
          all = !request.topic_partitions;
          asked.clear();
          if (!all) {
            for (const auto& topic : *request.topic_partitions) {
              for (const auto number : topic.partitions) {
                asked.push_back(std::string(topic.topic) + "-" + std::to_string(number));
              }
            }
          }
          return answers[std::min<std::size_t>(count++, answers.size() - 1)];
        },
        newest);
  }
  protocol::ElectionType type{};
  bool all = false;
  std::vector<std::string> asked;
  std::size_t count = 0;
};

ElectLeadersResponse answer() {
  ElectLeadersResponse response;
  auto& topic = response.replica_election_results.emplace_back();
  topic.topic = "t";
  topic.partition_result = {{0, ErrorCode::none, std::nullopt},
                            {1, ErrorCode::election_not_needed, "it leads already"}};
  return response;
}

TEST(ElectLeaders, tells_what_became_of_each_partition) {
  ElectionWorld world({answer()});
  const auto outcomes =
      world
          .wait(world.admin().elect_leaders(
              ElectionType::preferred,
              std::vector<TopicPartition>{{"t", 1}, {"t", 0}, {"u", 0}, {"", 0}}, {}))
          .value();
  EXPECT_EQ(world.type, protocol::ElectionType::preferred);
  EXPECT_EQ(world.asked, (std::vector<std::string>{"t-0", "t-1", "u-0"}));
  ASSERT_EQ(outcomes.size(), 4U);
  EXPECT_EQ(outcomes.at({"t", 0}), std::nullopt);
  EXPECT_EQ(outcomes.at({"t", 1}), kNotNeeded);
  EXPECT_EQ(outcomes.at({"u", 0})->code(), ErrorCode::unknown_server_error) << "left out";
  EXPECT_EQ(outcomes.at({"", 0})->code(), ErrorCode::invalid_topic_exception);
}

TEST(ElectLeaders, without_a_list_tells_of_those_that_were_held) {
  ElectionWorld world({answer()});
  const auto outcomes =
      world.wait(world.admin().elect_leaders(ElectionType::unclean, std::nullopt, {})).value();
  EXPECT_TRUE(world.all);
  EXPECT_EQ(world.type, protocol::ElectionType::unclean);
  EXPECT_EQ(outcomes, (PartitionOutcomes{{{"t", 0}, std::nullopt}, {{"t", 1}, kNotNeeded}}));
}

TEST(ElectLeaders, an_empty_list_asks_nobody) {
  ElectionWorld world({answer()});
  const auto outcomes = world.wait(
      world.admin().elect_leaders(ElectionType::unclean, std::vector<TopicPartition>(), {}));
  EXPECT_TRUE(outcomes.value().empty());
  EXPECT_EQ(world.count, 0U);
}

TEST(ElectLeaders, asks_the_controller_again_when_it_has_moved) {
  ElectLeadersResponse moved;
  moved.error_code = ErrorCode::not_controller;
  ElectionWorld world({moved, answer()});
  const auto outcomes = world.wait(world.admin().elect_leaders(
      ElectionType::preferred, std::vector<TopicPartition>{{"t", 0}}, {}));
  EXPECT_EQ(outcomes.value(), (PartitionOutcomes{{{"t", 0}, std::nullopt}}));
  EXPECT_EQ(world.count, 2U);
}

TEST(ElectLeaders, an_error_for_all_fails_the_call) {
  ElectLeadersResponse refused;
  refused.error_code = ErrorCode::cluster_authorization_failed;
  ElectionWorld world({refused});
  EXPECT_EQ(world.wait(world.admin().elect_leaders(ElectionType::preferred, std::nullopt, {}))
                .error()
                .code(),
            ErrorCode::cluster_authorization_failed);
}

TEST(ElectLeaders, asks_no_broker_that_knows_preferred_elections_alone_for_another) {
  ElectionWorld world({answer()}, 0);
  EXPECT_EQ(world.wait(world.admin().elect_leaders(ElectionType::unclean, std::nullopt, {}))
                .error()
                .code(),
            ErrorCode::unsupported_version);
  EXPECT_EQ(world.count, 0U);
  EXPECT_TRUE(world.wait(world.admin().elect_leaders(ElectionType::preferred, std::nullopt, {})));
}

}  // namespace
}  // namespace ottla::client
