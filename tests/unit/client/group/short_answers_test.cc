#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "client/group/group_offsets.h"

namespace ottla::client {
namespace {

using namespace std::chrono_literals;

const CommittedOffsets kTwo{{{"t", 0}, {.offset = 5}}, {{"t", 1}, {.offset = 6}}};

// Offsets of two partitions of the group g; the coordinator is played.
class ShortAnswers : public testing::Test {
 protected:
  GroupOffsets::Poll poll() {
    return offsets.poll(now, true,
                        {.member = {.group_id = "g"}, .owns = [](const auto&) { return true; }});
  }
  GroupOffsets::CommitDraft commit() {
    offsets.commit(kTwo, -1, now + 60s, [this](Result<void> done) { outcomes.push_back(done); });
    return poll().commit.value();
  }
  GroupOffsets::FetchDraft fetch() {
    offsets.fetch({{"t", 0}, {"t", 1}}, now + 60s,
                  [this](Result<CommittedOffsets> found) { fetched = std::move(found); });
    return poll().fetches.at(0);
  }
  static protocol::OffsetFetchResponse::Topic told(std::vector<std::int32_t> partitions) {
    protocol::OffsetFetchResponse::Topic topic;
    topic.name = "t";
    for (const auto number : partitions) {
      auto& partition = topic.partitions.emplace_back();
      partition.partition_index = number;
      partition.committed_offset = protocol::Offset(7);
    }
    return topic;
  }

  base::TimePoint now = base::TimePoint(1s);
  GroupOffsets offsets{{100ms, 1000ms}, 1};
  std::vector<Result<void>> outcomes;
  std::optional<Result<CommittedOffsets>> fetched;
};

TEST_F(ShortAnswers,
       a_commit_of_which_a_partition_is_answered_twice_and_another_not_is_tried_again) {
  const auto draft = commit();
  protocol::OffsetCommitResponse response;
  response.topics.push_back({"t", {}, {{0, ErrorCode::none}, {0, ErrorCode::none}}});
  offsets.on_commit(draft, response, now);
  EXPECT_TRUE(outcomes.empty());
  now += 2s;
  const auto again = poll().commit;
  ASSERT_TRUE(again);
  EXPECT_EQ(again->offsets, kTwo);
}

TEST_F(ShortAnswers,
       a_fetch_of_which_a_partition_is_answered_twice_and_another_not_is_tried_again) {
  protocol::OffsetFetchResponse response;
  response.topics.push_back(told({0, 0}));
  offsets.on_fetch(fetch(), response, now);
  EXPECT_FALSE(fetched);
}

TEST_F(ShortAnswers, what_another_group_has_committed_counts_for_nothing) {
  protocol::OffsetFetchResponse response;
  response.groups.resize(1);
  response.groups[0].group_id = "other";
  response.groups[0].topics.push_back(told({0, 1}));
  const auto draft = fetch();
  offsets.on_fetch(draft, response, now);
  EXPECT_FALSE(fetched);
  response.groups.resize(2);
  response.groups[1].group_id = "g";
  response.groups[1].topics.push_back(told({0, 1}));
  offsets.on_fetch(draft, response, now);
  ASSERT_TRUE(fetched);
  EXPECT_EQ(fetched->value().size(), 2U);
}

TEST_F(ShortAnswers, the_answer_to_a_commit_that_was_given_up_is_not_that_of_the_next_one) {
  const auto given_up = commit();
  offsets.fail_commits(Error(ErrorCode::timed_out, "test"));
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_FALSE(outcomes[0]);
  offsets.commit(kTwo, -1, now + 60s, [this](Result<void> done) { outcomes.push_back(done); });
  EXPECT_FALSE(poll().commit);
  protocol::OffsetCommitResponse response;
  response.topics.push_back({"t", {}, {{0, ErrorCode::none}, {1, ErrorCode::none}}});
  offsets.on_commit(given_up, response, now);
  EXPECT_EQ(outcomes.size(), 1U);
  EXPECT_TRUE(poll().commit);
}

}  // namespace
}  // namespace ottla::client
