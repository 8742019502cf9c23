#include "client/consumer/fetch_session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

namespace ottla::client {
namespace {

using protocol::Offset;
using protocol::Uuid;

constexpr Uuid kTopic{1, 1};

FetchDraft wants(const std::vector<std::pair<std::int32_t, std::int64_t>>& offsets,
                 const Uuid& topic_id = kTopic) {
  FetchDraft draft;
  for (const auto& [partition, offset] : offsets) {
    draft.entries.push_back({.id = {"t", partition},
                             .topic_id = topic_id,
                             .offset = Offset(offset),
                             .leader_epoch = protocol::LeaderEpoch(4),
                             .last_fetched_epoch = protocol::LeaderEpoch(4)});
  }
  return draft;
}

std::vector<std::int32_t> named(const FetchDraft& draft) {
  std::vector<std::int32_t> partitions;
  for (const auto& entry : draft.entries) {
    if (entry.named) partitions.push_back(entry.id.partition);
  }
  return partitions;
}

std::vector<std::int32_t> forgotten(const FetchDraft& draft) {
  std::vector<std::int32_t> partitions;
  for (const auto& [id, topic_id] : draft.forgotten) partitions.push_back(id.partition);
  return partitions;
}

using Partitions = std::vector<std::int32_t>;

class FetchSessionTest : public testing::Test {
 protected:
  FetchDraft prepare(FetchDraft draft) {
    session_.prepare(draft);
    return draft;
  }
  // A session of that id that knows partitions 0 to 2, at offset 10.
  void open(std::int32_t id) {
    session_.on_answered(prepare(wants({{0, 10}, {1, 10}, {2, 10}})), id);
  }

  FetchSession session_;
};

TEST_F(FetchSessionTest, tells_all_at_first_and_what_is_new_from_then_on) {
  auto draft = prepare(wants({{0, 10}, {1, 10}}));
  EXPECT_EQ(draft.session_id, 0);
  EXPECT_EQ(draft.session_epoch, 0);
  EXPECT_FALSE(draft.incremental());
  EXPECT_EQ(named(draft), (Partitions{0, 1}));
  session_.on_answered(draft, 77);

  draft = prepare(wants({{0, 10}, {1, 15}, {2, 0}}));
  EXPECT_EQ(draft.session_id, 77);
  EXPECT_EQ(draft.session_epoch, 1);
  EXPECT_TRUE(draft.incremental());
  EXPECT_EQ(named(draft), (Partitions{1, 2}));
  EXPECT_TRUE(draft.forgotten.empty());
  session_.on_answered(draft, 77);

  draft = prepare(wants({{0, 10}, {1, 15}, {2, 0}}));
  EXPECT_EQ(draft.session_epoch, 2);
  EXPECT_TRUE(named(draft).empty());
}

TEST_F(FetchSessionTest, forgets_what_is_not_wanted_now_and_names_it_again_later) {
  open(5);
  auto draft = prepare(wants({{1, 10}}));
  EXPECT_TRUE(named(draft).empty());
  auto gone = forgotten(draft);
  std::sort(gone.begin(), gone.end());
  EXPECT_EQ(gone, (Partitions{0, 2}));
  session_.on_answered(draft, 5);
  draft = prepare(wants({{0, 10}, {1, 10}}));
  EXPECT_EQ(named(draft), (Partitions{0}));
  EXPECT_TRUE(draft.forgotten.empty());
}

TEST_F(FetchSessionTest, names_what_has_a_new_leader_epoch) {
  open(5);
  auto draft = wants({{0, 10}, {1, 10}, {2, 10}});
  draft.entries[0].leader_epoch = protocol::LeaderEpoch(5);
  draft.entries[2].last_fetched_epoch = protocol::LeaderEpoch(3);
  EXPECT_EQ(named(prepare(draft)), (Partitions{0, 2}));
}

TEST_F(FetchSessionTest, takes_a_topic_that_was_made_anew_for_another_one) {
  open(5);
  auto draft = wants({{0, 10}, {1, 10}, {2, 10}});
  draft.entries[1].topic_id = Uuid{2, 2};
  draft = prepare(draft);
  EXPECT_EQ(named(draft), (Partitions{1}));
  ASSERT_EQ(forgotten(draft), (Partitions{1}));
  EXPECT_EQ(draft.forgotten[0].topic_id, kTopic);
}

TEST_F(FetchSessionTest, tells_all_to_a_broker_that_keeps_no_sessions) {
  open(0);
  for (int i = 0; i < 2; ++i) {
    const auto draft = prepare(wants({{0, 10}, {1, 10}}));
    EXPECT_EQ(draft.session_id, 0);
    EXPECT_EQ(draft.session_epoch, 0);
    EXPECT_EQ(named(draft), (Partitions{0, 1}));
    EXPECT_TRUE(draft.forgotten.empty());
    session_.on_answered(draft, 0);
  }
}

TEST_F(FetchSessionTest, tells_all_when_a_request_was_lost_and_gives_up_the_session_with_it) {
  open(5);
  prepare(wants({{0, 11}}));
  session_.on_lost();
  const auto draft = prepare(wants({{0, 11}, {1, 10}}));
  EXPECT_EQ(draft.session_id, 5);
  EXPECT_EQ(draft.session_epoch, 0);
  EXPECT_EQ(named(draft), (Partitions{0, 1}));
  session_.on_answered(draft, 6);
  EXPECT_EQ(prepare(wants({{0, 11}})).session_id, 6);
}

TEST_F(FetchSessionTest, begins_anew_at_once_when_it_is_refused_and_not_twice_in_a_row) {
  open(5);
  prepare(wants({{0, 11}}));
  EXPECT_TRUE(session_.on_refused(ErrorCode::fetch_session_id_not_found));
  auto draft = prepare(wants({{0, 11}}));
  EXPECT_EQ(draft.session_id, 0);
  EXPECT_EQ(draft.session_epoch, 0);
  EXPECT_FALSE(session_.on_refused(ErrorCode::invalid_fetch_session_epoch));
  draft = prepare(wants({{0, 11}}));
  session_.on_answered(draft, 8);
  prepare(wants({{0, 12}}));
  EXPECT_TRUE(session_.on_refused(ErrorCode::invalid_fetch_session_epoch));
  EXPECT_EQ(prepare(wants({{0, 12}})).session_id, 8);
}

TEST_F(FetchSessionTest, does_not_believe_an_answer_from_another_session) {
  open(5);
  session_.on_answered(prepare(wants({{0, 11}})), 9);
  const auto draft = prepare(wants({{0, 12}}));
  EXPECT_EQ(draft.session_id, 0);
  EXPECT_FALSE(draft.incremental());
}

TEST_F(FetchSessionTest, begins_anew_where_topics_get_or_lose_their_ids) {
  open(5);
  const auto draft = prepare(wants({{0, 11}, {1, 10}}, {}));
  EXPECT_EQ(draft.session_id, 5);
  EXPECT_EQ(draft.session_epoch, 0);
  EXPECT_EQ(named(draft), (Partitions{0, 1}));
}

TEST_F(FetchSessionTest, counts_epochs_around_to_one) {
  open(5);
  FetchDraft last;
  last.session_id = 5;
  last.session_epoch = std::numeric_limits<std::int32_t>::max();
  session_.on_answered(last, 5);
  EXPECT_EQ(prepare(wants({{0, 11}})).session_epoch, 1);
}

}  // namespace
}  // namespace ottla::client
