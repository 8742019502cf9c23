#include "broker/group/group_coordinator.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/unit/group/coordinator_world.h"

namespace ottla::broker {
namespace {

using protocol::Offset;
using Coordinator = CoordinatorWorld;

TEST_F(Coordinator, a_commit_counts_once_it_is_durable) {
  log_->held = true;
  const auto answer = commit("g", 5);
  EXPECT_FALSE(*answer);
  EXPECT_EQ(committed("g"), -1);
  log_->finish();
  turn();
  EXPECT_EQ(*answer, ErrorCode::none);
  EXPECT_EQ(committed("g"), 5);
}

TEST_F(Coordinator, after_an_append_of_which_nobody_knows_the_log_is_read_anew) {
  ASSERT_EQ(*commit("g", 5), ErrorCode::none);
  const auto joining = join("members");
  log_->held = true;
  const auto answer = commit("g", 6);
  const auto next = commit("g", 7);
  log_->finish({.error = ErrorCode::request_timed_out});
  turn();
  EXPECT_EQ(*answer, ErrorCode::request_timed_out);
  EXPECT_EQ(log_->loads, 2);
  EXPECT_EQ(committed("g"), 5);
  // It reaches the log when the groups have been let go of.
  log_->finish();
  turn();
  EXPECT_EQ(*next, ErrorCode::not_coordinator);
  EXPECT_TRUE(*joining);
}

TEST_F(Coordinator, an_append_that_was_refused_changes_nothing) {
  ASSERT_EQ(*commit("g", 5), ErrorCode::none);
  log_->held = true;
  const auto answer = commit("g", 6);
  log_->finish({.error = ErrorCode::kafka_storage_error, .refused = true});
  turn();
  EXPECT_EQ(*answer, ErrorCode::kafka_storage_error);
  EXPECT_EQ(log_->loads, 1);
  EXPECT_EQ(committed("g"), 5);
}

TEST_F(Coordinator, a_deletion_waits_for_the_commits_before_it_and_leaves_nothing_in_the_log) {
  ASSERT_EQ(*commit("g", 5), ErrorCode::none);
  log_->held = true;
  const auto late = commit("g", 6, "u");
  const auto deleted = remove("g");
  EXPECT_EQ(log_->waiting(), 1U);
  log_->finish();
  turn();
  EXPECT_EQ(*late, ErrorCode::none);
  EXPECT_FALSE(*deleted);
  // Meanwhile the group takes nothing more.
  EXPECT_EQ(*commit("g", 7), ErrorCode::coordinator_not_available);
  EXPECT_EQ((*join("g"))->error, ErrorCode::coordinator_not_available);
  EXPECT_EQ(*remove("g"), ErrorCode::group_id_not_found);
  log_->finish();
  turn();
  EXPECT_EQ(*deleted, ErrorCode::none);
  EXPECT_EQ(coordinator_->find("g")->group, nullptr);
  EXPECT_TRUE(log_->replay(0).groups.empty());
  log_->held = false;
  EXPECT_EQ(*commit("g", 8), ErrorCode::none);
  EXPECT_EQ(committed("g"), 8);
}

TEST_F(Coordinator, a_group_whose_deletion_was_refused_lives_on) {
  ASSERT_EQ(*commit("g", 5), ErrorCode::none);
  log_->held = true;
  const auto deleted = remove("g");
  log_->finish({.error = ErrorCode::kafka_storage_error, .refused = true});
  turn();
  EXPECT_EQ(*deleted, ErrorCode::kafka_storage_error);
  EXPECT_EQ(committed("g"), 5);
  log_->held = false;
  EXPECT_EQ(*commit("g", 6), ErrorCode::none);
}

// As many offsets as no batch holds by default.
TEST_F(Coordinator, a_group_with_many_offsets_can_be_deleted) {
  constexpr std::int32_t count = 30'000;
  for (std::int32_t first = 0; first < count; first += 10'000) {
    std::vector<OffsetToCommit> offsets;
    for (std::int32_t p = 0; p < 10'000; ++p) offsets.push_back({"t", first + p, {}});
    coordinator_->commit("g", {}, std::move(offsets), [](ErrorCode) {});
  }
  turn();
  log_->held = true;
  const auto deleted = remove("g");
  EXPECT_GT(log_->waiting(), 5U);
  while (log_->waiting() > 0) {
    EXPECT_FALSE(*deleted);
    EXPECT_LT(log_->next().size(), 100'000U);
    log_->finish();
    turn();
  }
  EXPECT_EQ(*deleted, ErrorCode::none);
  EXPECT_EQ(coordinator_->find("g")->group, nullptr);
  EXPECT_TRUE(log_->replay(0).groups.empty());
}

// Commits never stop, and the topic comes again under its name.
TEST_F(Coordinator, offsets_of_a_deleted_topic_go_and_those_of_the_next_one_stay) {
  ASSERT_EQ(*commit("g", 5), ErrorCode::none);
  log_->held = true;
  const auto on_its_way = commit("g", 6);
  auto topic = std::make_shared<TopicImage>();
  topic->name = "t";
  topic->partitions[0] = {};
  delete_topic(topic);
  const auto of_the_next = commit("g", 1);
  for (int i = 0; i < 3; ++i) log_->finish();
  turn();
  EXPECT_EQ(*on_its_way, ErrorCode::none);
  EXPECT_EQ(*of_the_next, ErrorCode::none);
  EXPECT_EQ(committed("g"), 1);
  delete_topic(topic);
  log_->finish();
  turn();
  EXPECT_EQ(committed("g"), -1);
}

TEST_F(Coordinator, a_partition_that_cannot_be_read_is_read_again) {
  log_->failed = true;
  make();
  EXPECT_NE(find("g"), ErrorCode::none);
  log_->failed = false;
  simulation_.run_for(std::chrono::seconds(6));
  EXPECT_EQ(find("g"), ErrorCode::none);
}

TEST_F(Coordinator, a_name_that_no_record_can_hold_makes_no_group) {
  const std::string longest(40'000, 'g');
  EXPECT_EQ(*commit(longest, 1), ErrorCode::invalid_group_id);
  ErrorCode answer = ErrorCode::unknown_server_error;
  coordinator_->commit(longest, {}, {}, [&](ErrorCode error) { answer = error; });
  EXPECT_EQ(answer, ErrorCode::invalid_group_id);
  coordinator_->commit("nothing to keep", {}, {}, [&](ErrorCode error) { answer = error; });
  EXPECT_EQ(answer, ErrorCode::none);
  EXPECT_TRUE(coordinator_->groups()->empty());
  EXPECT_EQ(*remove(longest), ErrorCode::group_id_not_found);
}

TEST_F(Coordinator, a_commit_without_end_is_refused) {
  std::vector<OffsetToCommit> offsets(400'000, {"topic", 0, {.metadata = "more or less"}});
  std::optional<ErrorCode> answer;
  coordinator_->commit("g", {}, std::move(offsets), [&](ErrorCode error) { answer = error; });
  EXPECT_EQ(answer, ErrorCode::message_too_large);
}

TEST_F(Coordinator, batches_are_compressed_if_the_broker_wants_it) {
  config_.offsets_topic_compression_codec = 4;
  log_->held = true;
  std::vector<OffsetToCommit> offsets;
  for (std::int32_t p = 0; p < 100; ++p) offsets.push_back({"topic", p, {.metadata = "the same"}});
  coordinator_->commit("g", {}, std::move(offsets), [](ErrorCode) {});
  const auto batch = protocol::RecordBatchView::parse(log_->next());
  ASSERT_TRUE(batch) << batch.error();
  EXPECT_EQ(batch->compression(), Compression::zstd);
  log_->finish();
  turn();
  EXPECT_EQ(log_->replay(0).groups.at("g").offsets.topics().at("topic").size(), 100U);
}

TEST_F(Coordinator, while_it_loads_heartbeats_are_taken_and_the_rest_must_wait) {
  log_->loads_held = true;
  show_topic(LeaderEpoch(9));
  EXPECT_EQ(find("g"), ErrorCode::coordinator_load_in_progress);
  EXPECT_EQ(coordinator_->heartbeat("g", {"m", {}}, GenerationId(1)), ErrorCode::none);
  EXPECT_EQ(*commit("g", 1), ErrorCode::coordinator_load_in_progress);
  EXPECT_EQ((*join("g"))->error, ErrorCode::coordinator_load_in_progress);
  EXPECT_EQ(*remove("g"), ErrorCode::coordinator_load_in_progress);
  EXPECT_EQ(coordinator_->groups().error().code(), ErrorCode::coordinator_load_in_progress);
  log_->held_loads.back()();
  EXPECT_EQ(find("g"), ErrorCode::none);
  EXPECT_TRUE(coordinator_->groups());
}

TEST_F(Coordinator, a_load_that_was_overtaken_is_forgotten) {
  log_->loads_held = true;
  show_topic(LeaderEpoch(8));
  show_topic(LeaderEpoch(9));
  log_->held_loads.front()();
  EXPECT_EQ(find("g"), ErrorCode::coordinator_load_in_progress);
  log_->held_loads.back()();
  EXPECT_EQ(find("g"), ErrorCode::none);
}

TEST_F(Coordinator, what_cannot_be_read_is_not_coordinated) {
  log_->failed = true;
  show_topic(LeaderEpoch(9));
  EXPECT_EQ(find("g"), ErrorCode::not_coordinator);
}

TEST_F(Coordinator, whoever_waits_when_the_leader_changes_is_sent_away) {
  const auto first = join("g");
  ASSERT_EQ((*first)->error, ErrorCode::none);
  const auto waiting = join("g");
  EXPECT_FALSE(*waiting);
  show_topic(LeaderEpoch(9), BrokerId(2));
  EXPECT_EQ((*waiting)->error, ErrorCode::not_coordinator);
  EXPECT_EQ(find("g"), ErrorCode::not_coordinator);
  EXPECT_EQ(coordinator_->memory(), 0U);
}

TEST_F(Coordinator, after_its_stop_nobody_is_served) {
  const auto first = join("g");
  const auto waiting = join("g");
  log_->held = true;
  const auto late = commit("h", 1);
  coordinator_->stop();
  EXPECT_EQ((*waiting)->error, ErrorCode::not_coordinator);
  log_->finish({.error = ErrorCode::request_timed_out});
  turn();
  EXPECT_TRUE(*late);
  EXPECT_EQ(log_->loads, 1);
  EXPECT_EQ(find("g"), ErrorCode::not_coordinator);
}

TEST_F(Coordinator, memory_is_bounded_for_members_that_come_back_with_an_id_or_with_more) {
  make(100'000);
  const std::string large(150'000, 'x');
  const auto asked = [this](std::string_view member, const std::string& metadata) {
    return *join("g", metadata, member, true);
  };
  const auto pending = asked("", "m")->member_id;
  EXPECT_EQ(asked(pending, large)->error, ErrorCode::group_max_size_reached);
  EXPECT_LT(coordinator_->memory(), 10'000U);
  EXPECT_EQ(asked("nobody", large)->error, ErrorCode::unknown_member_id);
  // The refusal took nothing from it.
  ASSERT_EQ(asked(pending, "m")->error, ErrorCode::none);
  EXPECT_EQ(asked(pending, large)->error, ErrorCode::group_max_size_reached);
  EXPECT_LT(coordinator_->memory(), 10'000U);
  EXPECT_EQ(asked(pending, std::string(50'000, 'y'))->error, ErrorCode::none);
  EXPECT_EQ(asked(pending, std::string(50'000, 'z'))->error, ErrorCode::none);
  EXPECT_GT(coordinator_->memory(), 50'000U);
}

TEST_F(Coordinator, memory_is_bounded_and_what_is_known_can_still_be_committed) {
  make(100'000);
  ASSERT_EQ(*commit("known", 1), ErrorCode::none);
  int joined = 0;
  for (int i = 0; i < 100; ++i) {
    const auto answer = join("g" + std::to_string(i), std::string(10'000, 'x'));
    ASSERT_TRUE(*answer);
    if ((*answer)->error == ErrorCode::none) ++joined;
    if ((*answer)->error != ErrorCode::none) {
      EXPECT_EQ((*answer)->error, ErrorCode::group_max_size_reached);
    }
  }
  EXPECT_GT(joined, 3);
  EXPECT_LT(joined, 12);
  EXPECT_LE(coordinator_->memory(), 100'000U);
  // Who is a member may join again.
  const auto* group = coordinator_->find("g0")->group;
  ASSERT_NE(group, nullptr);
  const auto again = join("g0", std::string(10'000, 'y'), group->members().begin()->first);
  ASSERT_TRUE(*again);
  EXPECT_EQ((*again)->error, ErrorCode::none);
  for (int i = 0; coordinator_->memory() < 100'000; ++i) {
    ASSERT_EQ(*commit("more " + std::to_string(i), 1), ErrorCode::none);
  }
  EXPECT_EQ(*commit("known", 2), ErrorCode::none);
  EXPECT_EQ(*commit("unknown", 1), ErrorCode::policy_violation);
  EXPECT_EQ(*commit("known", 1, "u"), ErrorCode::policy_violation);
  EXPECT_EQ(committed("known"), 2);
}

TEST_F(Coordinator, memory_is_bounded_for_the_assignments_of_a_leader) {
  make(100'000);
  const auto leader = (*join("g"))->member_id;
  const auto asked = [&](std::int32_t generation, const std::string& bytes) {
    auto answer = std::make_shared<std::optional<SyncAnswer>>();
    coordinator_->sync("g",
                       {.member = {leader, std::nullopt},
                        .generation = GenerationId(generation),
                        .assignments = {{leader, bytes}, {"nobody", std::string_view(bytes)}}},
                       [answer](const SyncAnswer& got) { *answer = got; });
    turn();
    return answer;
  };
  EXPECT_EQ((*asked(1, std::string(150'000, 'x')))->error, ErrorCode::coordinator_not_available);
  EXPECT_EQ((*asked(7, std::string(150'000, 'x')))->error, ErrorCode::illegal_generation);
  EXPECT_LT(coordinator_->memory(), 10'000U);
  // What is on its way to the log counts, and does not count twice when it is there.
  log_->held = true;
  const auto first = asked(1, std::string(60'000, 'y'));
  EXPECT_GT(coordinator_->memory(), 60'000U);
  EXPECT_EQ((*asked(1, std::string(60'000, 'z')))->error, ErrorCode::coordinator_not_available);
  log_->held = false;
  log_->finish();
  turn();
  EXPECT_EQ((*first)->assignment, std::string(60'000, 'y'));
  EXPECT_GT(coordinator_->memory(), 60'000U);
  EXPECT_LT(coordinator_->memory(), 70'000U);
  // The next generation's stand in place of them.
  ASSERT_EQ((*join("g", "m", leader))->generation, GenerationId(2));
  EXPECT_EQ((*asked(2, std::string(40'000, 'z')))->error, ErrorCode::none);
  EXPECT_GT(coordinator_->memory(), 40'000U);
  EXPECT_LT(coordinator_->memory(), 50'000U);
  // Others may have taken all there is: a group that is there is assigned its partitions.
  for (int i = 0; coordinator_->memory() < 100'000; ++i) {
    ASSERT_EQ(*commit("more " + std::to_string(i), 1), ErrorCode::none);
  }
  ASSERT_EQ((*join("g", "m", leader))->generation, GenerationId(3));
  EXPECT_EQ((*asked(3, std::string(2'000, 'a')))->error, ErrorCode::none);
}

TEST_F(Coordinator, memory_is_bounded_for_metadata_that_grow) {
  make(10'000);
  const auto asked = [&](std::int32_t partition, const std::string& metadata) {
    auto answer = std::make_shared<std::optional<ErrorCode>>();
    coordinator_->commit("g", {}, {{"t", partition, {.offset = Offset(1), .metadata = metadata}}},
                         [answer](ErrorCode error) { *answer = error; });
    turn();
    return *answer;
  };
  ASSERT_EQ(asked(0, "short"), ErrorCode::none);
  ASSERT_EQ(asked(1, std::string(10'000, 'x')), ErrorCode::none);
  EXPECT_EQ(asked(0, "longer"), ErrorCode::policy_violation);
  EXPECT_EQ(asked(0, "equal"), ErrorCode::none);
  EXPECT_EQ(asked(1, "shorter"), ErrorCode::none);
  EXPECT_EQ(asked(0, "longer"), ErrorCode::none);
}

}  // namespace
}  // namespace ottla::broker
