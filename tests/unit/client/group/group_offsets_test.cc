#include "client/group/group_offsets.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace ottla::client {
namespace {

using namespace std::chrono_literals;
using protocol::Offset;

const TopicPartition kFirst{"t", 0};

// Offsets of the group g, committed by its member m in generation 3; the coordinator is played.
class GroupOffsetsWorld {
 public:
  GroupOffsets::Poll poll() {
    return offsets.poll(now, has_coordinator,
                        {.member = {.group_id = "g",
                                    .generation_id = generation,
                                    .member_id = "m",
                                    .group_instance_id = {}},
                         .subscribed = subscribed,
                         .waits = waits,
                         .owns = [this](const TopicPartition& id) { return id == owned; }});
  }
  void commit(std::int64_t offset) {
    offsets.commit({{kFirst, {.offset = offset, .leader_epoch = -1, .metadata = {}}}}, 3, now + 60s,
                   [this](Result<void> outcome) { outcomes.push_back(std::move(outcome)); });
  }
  GroupOffsets::Outcome answer(const GroupOffsets::CommitDraft& draft, ErrorCode code) {
    protocol::OffsetCommitResponse response;
    response.topics.push_back({"t", {}, {{0, code}}});
    return offsets.on_commit(draft, response, now);
  }
  void fetch() {
    offsets.fetch({kFirst}, now + 60s,
                  [this](Result<CommittedOffsets> found) { fetched = std::move(found); });
  }
  GroupOffsets::Outcome answer(const GroupOffsets::FetchDraft& draft, std::int64_t offset,
                               ErrorCode code, ErrorCode group_code = ErrorCode::none) {
    protocol::OffsetFetchResponse response;
    response.error_code = group_code;
    auto& topic = response.topics.emplace_back();
    topic.name = "t";
    auto& partition = topic.partitions.emplace_back();
    partition.committed_offset = Offset(offset);
    partition.error_code = code;
    return offsets.on_fetch(draft, response, now);
  }

  base::TimePoint now = base::TimePoint(1s);
  bool has_coordinator = true;
  bool subscribed = true;
  bool waits = false;
  std::int32_t generation = 3;
  TopicPartition owned = kFirst;
  GroupOffsets offsets{{100ms, 1000ms}, 1};
  std::vector<Result<void>> outcomes;
  std::optional<Result<CommittedOffsets>> fetched;
};

TEST(GroupOffsets, sends_commits_one_after_the_other) {
  GroupOffsetsWorld world;
  world.commit(1);
  world.commit(2);
  const auto first = world.poll().commit;
  ASSERT_TRUE(first);
  EXPECT_EQ(first->offsets.at(kFirst).offset, 1);
  EXPECT_EQ(first->member.generation_id, 3);
  EXPECT_FALSE(world.poll().commit);
  world.answer(*first, ErrorCode::none);
  EXPECT_EQ(world.poll().commit->offsets.at(kFirst).offset, 2);
  ASSERT_EQ(world.outcomes.size(), 1U);
  EXPECT_TRUE(world.outcomes[0]);
}

TEST(GroupOffsets, a_commit_is_over_at_its_deadline_though_no_answer_has_come) {
  GroupOffsetsWorld world;
  world.commit(1);
  const auto first = world.poll();
  ASSERT_TRUE(first.commit);
  EXPECT_EQ(world.poll().next, world.now + 60s);
  world.now += 60s;
  world.commit(2);
  EXPECT_FALSE(world.poll().commit) << "the one before may still arrive";
  ASSERT_EQ(world.outcomes.size(), 1U);
  EXPECT_EQ(world.outcomes[0].error().code(), ErrorCode::timed_out);
  world.answer(*first.commit, ErrorCode::none);
  EXPECT_EQ(world.outcomes.size(), 1U);
  EXPECT_EQ(world.poll().commit->offsets.at(kFirst).offset, 2);
}

TEST(GroupOffsets, a_commit_that_is_tried_again_is_not_overtaken) {
  GroupOffsetsWorld world;
  world.commit(1);
  world.commit(2);
  world.answer(*world.poll().commit, ErrorCode::coordinator_load_in_progress);
  EXPECT_FALSE(world.poll().commit);
  world.now += 2s;
  EXPECT_EQ(world.poll().commit->offsets.at(kFirst).offset, 1);
  EXPECT_TRUE(world.outcomes.empty());
}

TEST(GroupOffsets, a_coordinator_that_moved_is_looked_for) {
  for (const auto code : {ErrorCode::not_coordinator, ErrorCode::coordinator_not_available,
                          ErrorCode::request_timed_out}) {
    GroupOffsetsWorld world;
    world.commit(1);
    EXPECT_TRUE(world.answer(*world.poll().commit, code).forget_coordinator);
    EXPECT_TRUE(world.outcomes.empty());
  }
}

TEST(GroupOffsets, a_commit_of_a_member_that_fell_out_fails_and_says_so) {
  for (const auto code : {ErrorCode::unknown_member_id, ErrorCode::illegal_generation,
                          ErrorCode::fenced_instance_id}) {
    GroupOffsetsWorld world;
    world.commit(1);
    EXPECT_EQ(world.answer(*world.poll().commit, code).member_error, code);
    ASSERT_EQ(world.outcomes.size(), 1U);
    EXPECT_EQ(world.outcomes[0].error().code(), code);
  }
}

TEST(GroupOffsets, what_cannot_be_committed_fails_and_names_the_partition) {
  GroupOffsetsWorld world;
  world.commit(1);
  world.answer(*world.poll().commit, ErrorCode::offset_metadata_too_large);
  ASSERT_EQ(world.outcomes.size(), 1U);
  EXPECT_EQ(world.outcomes[0].error().context().topic, "t");
}

TEST(GroupOffsets, commits_wait_while_the_group_rebalances_and_go_on_if_the_partition_stayed) {
  GroupOffsetsWorld world;
  world.commit(1);
  world.waits = true;
  EXPECT_FALSE(world.poll().commit);
  world.waits = false;
  world.generation = 4;
  EXPECT_EQ(world.poll().commit->member.generation_id, 4);
}

TEST(GroupOffsets, commits_for_what_a_rebalance_took_away_are_not_sent) {
  GroupOffsetsWorld world;
  world.commit(1);
  world.generation = 4;
  world.owned = {"t", 1};
  EXPECT_FALSE(world.poll().commit);
  ASSERT_EQ(world.outcomes.size(), 1U);
  EXPECT_EQ(world.outcomes[0].error().code(), ErrorCode::illegal_generation);
}

TEST(GroupOffsets, without_a_membership_commits_are_nobodys) {
  GroupOffsetsWorld world;
  world.subscribed = false;
  world.commit(1);
  const auto draft = world.poll().commit;
  EXPECT_EQ(draft->member.generation_id, -1);
  EXPECT_EQ(draft->member.member_id, "");
}

TEST(GroupOffsets, time_out_with_the_last_reason) {
  GroupOffsetsWorld world;
  world.commit(1);
  world.fetch();
  world.has_coordinator = false;
  EXPECT_EQ(world.poll().next, world.now + 60s);
  world.now += 60s;
  (void)world.poll();
  ASSERT_EQ(world.outcomes.size(), 1U);
  EXPECT_EQ(world.outcomes[0].error().code(), ErrorCode::timed_out);
  ASSERT_TRUE(world.fetched);
  EXPECT_EQ(world.fetched->error().code(), ErrorCode::timed_out);
}

TEST(GroupOffsets, looks_up_what_is_committed_and_leaves_out_what_is_not) {
  GroupOffsetsWorld world;
  world.fetch();
  world.answer(world.poll().fetches.at(0), 7, ErrorCode::none);
  EXPECT_EQ(world.fetched->value().at(kFirst).offset, 7);
  world.fetch();
  world.answer(world.poll().fetches.at(0), -1, ErrorCode::none);
  EXPECT_TRUE(world.fetched->value().empty());
}

TEST(GroupOffsets, waits_for_transactions_that_are_not_settled) {
  GroupOffsetsWorld world;
  world.fetch();
  world.answer(world.poll().fetches.at(0), -1, ErrorCode::unstable_offset_commit);
  EXPECT_FALSE(world.fetched);
  world.now += 2s;
  world.answer(world.poll().fetches.at(0), 7, ErrorCode::none);
  EXPECT_TRUE(world.fetched->has_value());
}

TEST(GroupOffsets, an_answer_that_leaves_out_what_was_asked_is_asked_again) {
  GroupOffsetsWorld world;
  world.fetch();
  world.offsets.on_fetch(world.poll().fetches.at(0), {}, world.now);
  world.commit(1);
  world.offsets.on_commit(*world.poll().commit, {}, world.now);
  EXPECT_FALSE(world.fetched);
  EXPECT_TRUE(world.outcomes.empty());
  world.now += 2s;
  const auto again = world.poll();
  EXPECT_TRUE(again.commit);
  EXPECT_EQ(again.fetches.size(), 1U);
}

}  // namespace
}  // namespace ottla::client
