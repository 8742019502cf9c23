#include "broker/handlers/fetch_session.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>

namespace ottla::broker {
namespace {

using protocol::FetchRequest;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::int16_t kByName = 12;
constexpr std::int16_t kById = 13;

FetchRequest request(std::int32_t session, std::int32_t epoch,
                     const std::vector<std::int32_t>& partitions = {},
                     const std::vector<std::int32_t>& forgotten = {}) {
  FetchRequest request;
  request.session_id = session;
  request.session_epoch = epoch;
  auto& topic = request.topics.emplace_back();
  topic.topic = "t";
  topic.topic_id = Uuid{1, 1};
  for (const auto partition : partitions) topic.partitions.emplace_back().partition = partition;
  if (!forgotten.empty()) {
    request.forgotten_topics_data.push_back({"t", Uuid{1, 1}, forgotten});
  }
  return request;
}

FoundPartition found(std::int64_t high_watermark, std::size_t bytes = 0) {
  return {ErrorCode::none, Offset(high_watermark), Offset(0), bytes};
}
FoundPartition failed(ErrorCode error) {
  return {error, protocol::kNoOffset, protocol::kNoOffset, 0};
}

class FetchSessions : public testing::Test {
 protected:
  // Opens a session, whose partitions are all found at high watermark 10; its id, or 0.
  std::int32_t open(const std::vector<std::int32_t>& partitions, std::int16_t version = kByName) {
    auto context = cache_.begin(request(0, 0, partitions), version, now_);
    EXPECT_TRUE(context);
    const std::vector<FoundPartition> all(context->wanted.size(), found(10));
    return cache_.end(*context, all, now_).session_id;
  }

  // The numbers of the partitions that an incremental fetch wants, in order.
  std::vector<std::int32_t> numbers(const FetchContext& context) {
    std::vector<std::int32_t> all;
    for (const auto& wanted : context.wanted) all.push_back(wanted.partition);
    return all;
  }

  // Goes on with a session; the numbers of the partitions that the client is told of.
  std::vector<std::int32_t> go_on(std::int32_t session, std::int32_t epoch,
                                  const std::vector<FoundPartition>& results) {
    const auto context = cache_.begin(request(session, epoch), kByName, now_);
    EXPECT_TRUE(context) << context.error();
    const auto answer = cache_.end(*context, results, now_);
    EXPECT_EQ(answer.error, ErrorCode::none);
    EXPECT_EQ(answer.session_id, session);
    std::vector<std::int32_t> told;
    for (std::size_t i = 0; i < answer.told.size(); ++i) {
      if (answer.told[i]) told.push_back(context->wanted[i].partition);
    }
    return told;
  }

  ErrorCode error_of(const FetchRequest& asked, std::int16_t version = kByName) {
    const auto context = cache_.begin(asked, version, now_);
    return context ? ErrorCode::none : context.error().code();
  }

  FetchSessionCache cache_{3, base::Random(5)};
  base::TimePoint now_{};
  using Numbers = std::vector<std::int32_t>;
};

TEST_F(FetchSessions, without_a_wish_for_one_there_is_none) {
  const auto context = cache_.begin(request(0, -1, {0, 1}), kByName, now_);
  ASSERT_TRUE(context);
  const auto answer = cache_.end(*context, {found(1), found(2)}, now_);
  EXPECT_EQ(answer.session_id, 0);
  EXPECT_EQ(answer.told, std::vector<bool>({true, true}));
  EXPECT_EQ(cache_.sessions(), 0U);
}

TEST_F(FetchSessions, a_whole_fetch_opens_one_and_tells_everything) {
  const auto context = cache_.begin(request(0, 0, {0, 1}), kByName, now_);
  const auto answer = cache_.end(*context, {found(1), found(2)}, now_);
  EXPECT_GT(answer.session_id, 0);
  EXPECT_EQ(answer.told, std::vector<bool>({true, true}));
  EXPECT_EQ(cache_.sessions(), 1U);
}

TEST_F(FetchSessions, partitions_without_news_are_left_out) {
  const auto id = open({0, 1, 2});
  EXPECT_EQ(go_on(id, 1, {found(10), found(10), found(10)}), Numbers());
  EXPECT_EQ(go_on(id, 2, {found(10), found(11), found(10)}), Numbers{1});
  EXPECT_EQ(go_on(id, 3, {found(10), found(11), found(10, 7)}), Numbers{2});
  FoundPartition trimmed = found(10);
  trimmed.log_start_offset = Offset(3);
  EXPECT_EQ(go_on(id, 4, {trimmed, found(11), found(10)}), Numbers{0});
}

TEST_F(FetchSessions, an_error_is_told_each_time_and_so_is_its_end) {
  const auto id = open({0});
  const auto error = failed(ErrorCode::not_leader_or_follower);
  EXPECT_EQ(go_on(id, 1, {error}), Numbers{0});
  EXPECT_EQ(go_on(id, 2, {error}), Numbers{0});
  EXPECT_EQ(go_on(id, 3, {found(10)}), Numbers{0});
  EXPECT_EQ(go_on(id, 4, {found(10)}), Numbers());
}

TEST_F(FetchSessions, partitions_with_records_go_behind_the_others) {
  const auto id = open({0, 1, 2});
  EXPECT_EQ(go_on(id, 1, {found(10, 5), found(10), found(10, 5)}), (Numbers{0, 2}));
  const auto context = cache_.begin(request(id, 2), kByName, now_);
  EXPECT_EQ(numbers(*context), (Numbers{1, 0, 2}));
}

TEST_F(FetchSessions, partitions_are_added_changed_and_forgotten) {
  const auto id = open({0, 1});
  auto asked = request(id, 1, {1, 5}, {0, 9});
  asked.topics[0].partitions[0].fetch_offset = Offset(77);
  asked.topics[0].partitions[0].partition_max_bytes = 4;
  const auto context = cache_.begin(asked, kByName, now_);
  ASSERT_TRUE(context);
  EXPECT_EQ(numbers(*context), (Numbers{1, 5}));
  EXPECT_EQ(context->wanted[0].fetch_offset, Offset(77));
  EXPECT_EQ(context->wanted[0].max_bytes, 4);
  // The new one is told though nothing is there.
  EXPECT_EQ(cache_.end(*context, {found(10), found(0)}, now_).told,
            std::vector<bool>({false, true}));
}

TEST_F(FetchSessions, one_that_is_told_to_forget_everything_ends) {
  const auto id = open({0, 1});
  const auto context = cache_.begin(request(id, 1, {}, {0, 1}), kByName, now_);
  ASSERT_TRUE(context);
  EXPECT_TRUE(context->wanted.empty());
  EXPECT_EQ(cache_.end(*context, {}, now_).session_id, 0);
  EXPECT_EQ(error_of(request(id, 2)), ErrorCode::fetch_session_id_not_found);
  EXPECT_EQ(cache_.bytes(), 0U);
}

TEST_F(FetchSessions, every_error_is_Kafkas) {
  const auto id = open({0});
  EXPECT_EQ(error_of(request(id + 1, 1)), ErrorCode::fetch_session_id_not_found);
  EXPECT_EQ(error_of(request(0, 1)), ErrorCode::fetch_session_id_not_found);
  EXPECT_EQ(error_of(request(-1, 1)), ErrorCode::fetch_session_id_not_found);
  EXPECT_EQ(error_of(request(id, 2)), ErrorCode::invalid_fetch_session_epoch);
  EXPECT_EQ(error_of(request(id, -2)), ErrorCode::invalid_fetch_session_epoch);
  EXPECT_EQ(error_of(request(id, 1), kById), ErrorCode::fetch_session_topic_id_error);
  const auto with_ids = open({0}, kById);
  EXPECT_EQ(error_of(request(with_ids, 1), kByName), ErrorCode::fetch_session_topic_id_error);
  // None of them has changed anything.
  EXPECT_EQ(error_of(request(id, 1)), ErrorCode::none);
  EXPECT_EQ(error_of(request(with_ids, 1), kById), ErrorCode::none);
  EXPECT_EQ(error_of(request(id, 1)), ErrorCode::invalid_fetch_session_epoch);
}

TEST_F(FetchSessions, one_that_went_on_meanwhile_answers_no_older_request) {
  const auto id = open({0});
  const auto slow = cache_.begin(request(id, 1), kByName, now_);
  const auto fast = cache_.begin(request(id, 2), kByName, now_);
  ASSERT_TRUE(slow && fast);
  EXPECT_EQ(cache_.end(*slow, {found(11, 5)}, now_).error, ErrorCode::invalid_fetch_session_epoch);
  EXPECT_EQ(cache_.end(*fast, {found(11, 5)}, now_).told, std::vector<bool>{true});
}

TEST_F(FetchSessions, one_that_ends_while_a_request_waits_still_answers_it) {
  const auto id = open({0});
  const auto waiting = cache_.begin(request(id, 1), kByName, now_);
  EXPECT_EQ(error_of(request(id, -1)), ErrorCode::none);
  EXPECT_EQ(cache_.sessions(), 0U);
  const auto answer = cache_.end(*waiting, {found(10, 5)}, now_);
  EXPECT_EQ(answer.told, std::vector<bool>{true});
  EXPECT_EQ(error_of(request(id, 2)), ErrorCode::fetch_session_id_not_found);
}

TEST_F(FetchSessions, a_whole_fetch_ends_the_one_it_names) {
  const auto id = open({0});
  const auto context = cache_.begin(request(id, 0, {0}), kByName, now_);
  EXPECT_EQ(cache_.sessions(), 0U);
  const auto next = cache_.end(*context, {found(10)}, now_).session_id;
  EXPECT_NE(next, 0);
  EXPECT_NE(next, id);
  EXPECT_EQ(cache_.sessions(), 1U);
}

TEST_F(FetchSessions, topics_by_id_are_remembered_by_id) {
  const auto id = open({0}, kById);
  const auto context = cache_.begin(request(id, 1), kById, now_);
  ASSERT_EQ(context->wanted.size(), 1U);
  EXPECT_EQ(context->wanted[0].topic_id, (Uuid{1, 1}));
  EXPECT_EQ(context->wanted[0].topic, "");
  const auto emptied = cache_.begin(request(id, 2, {}, {0}), kById, now_);
  EXPECT_TRUE(emptied->wanted.empty());
}

TEST_F(FetchSessions, a_partition_that_stands_twice_is_one) {
  const auto id = open({4, 4});
  const auto context = cache_.begin(request(id, 1, {4, 4}), kByName, now_);
  EXPECT_EQ(numbers(*context), Numbers{4});
}

TEST_F(FetchSessions, a_partition_that_stands_twice_outside_any_is_one_in_the_order_of_the_last) {
  const auto context = cache_.begin(request(0, -1, {4, 2, 4, 9, 2, 4}), kByName, now_);
  EXPECT_EQ(numbers(*context), (Numbers{9, 2, 4}));
}

TEST_F(FetchSessions, when_all_slots_are_taken_the_newcomer_goes_without) {
  std::set<std::int32_t> ids{open({0}), open({0}), open({0})};
  EXPECT_EQ(ids.size(), 3U);
  EXPECT_EQ(ids.count(0), 0U);
  EXPECT_EQ(open({0, 1, 2, 3}), 0);
  EXPECT_EQ(cache_.sessions(), 3U);
  for (const auto id : ids) EXPECT_EQ(error_of(request(id, 1)), ErrorCode::none);
}

TEST_F(FetchSessions, one_unused_for_two_minutes_gives_way_the_oldest_first) {
  const auto first = open({0});
  now_ += seconds(1);
  const auto second = open({0});
  const auto third = open({0});
  now_ += minutes(2);
  EXPECT_NE(open({0}), 0);
  EXPECT_EQ(error_of(request(first, 1)), ErrorCode::fetch_session_id_not_found);
  EXPECT_EQ(open({0}), 0);
  EXPECT_EQ(error_of(request(second, 1)), ErrorCode::none);
  EXPECT_EQ(error_of(request(third, 1)), ErrorCode::none);
}

TEST_F(FetchSessions, one_of_some_age_gives_way_to_a_larger) {
  const auto large = open({0, 1, 2});
  const auto small = open({0});
  const auto middle = open({0, 1});
  now_ += minutes(1);
  for (const auto id : {large, small, middle}) EXPECT_EQ(error_of(request(id, 1)), ErrorCode::none);
  EXPECT_EQ(open({0, 1}), 0);  // too young, all of them
  now_ += minutes(1) + seconds(1);
  for (const auto id : {large, small, middle}) EXPECT_EQ(error_of(request(id, 2)), ErrorCode::none);
  EXPECT_EQ(open({0}), 0);  // not larger
  EXPECT_NE(open({0, 1}), 0);
  EXPECT_EQ(error_of(request(small, 3)), ErrorCode::fetch_session_id_not_found);
  EXPECT_EQ(error_of(request(middle, 3)), ErrorCode::none);
  EXPECT_EQ(error_of(request(large, 3)), ErrorCode::none);
}

TEST_F(FetchSessions, without_slots_there_are_none) {
  FetchSessionCache none(0, base::Random(1));
  const auto context = none.begin(request(0, 0, {0}), kByName, now_);
  EXPECT_EQ(none.end(*context, {found(1)}, now_).session_id, 0);
}

TEST_F(FetchSessions, memory_is_bounded_and_given_back) {
  FetchSessionCache small(1'000, base::Random(1), 20'000);
  Numbers many(1'000);
  for (std::size_t i = 0; i < many.size(); ++i) many[i] = static_cast<std::int32_t>(i);
  const auto open_in = [&](const Numbers& partitions) {
    const auto context = small.begin(request(0, 0, partitions), kByName, now_);
    const std::vector<FoundPartition> all(partitions.size(), found(1));
    return small.end(*context, all, now_).session_id;
  };
  EXPECT_EQ(open_in(many), 0);
  EXPECT_EQ(small.bytes(), 0U);
  const auto id = open_in({0});
  EXPECT_NE(id, 0);
  const auto one = small.bytes();
  EXPECT_GT(one, sizeof(WantedPartition));
  const auto too_many = small.begin(request(id, 1, many), kByName, now_);
  ASSERT_FALSE(too_many);
  EXPECT_EQ(too_many.error().code(), ErrorCode::fetch_session_id_not_found);
  EXPECT_EQ(small.sessions(), 0U);
  EXPECT_EQ(small.bytes(), 0U);
  while (open_in({0}) != 0) EXPECT_LE(small.bytes(), 20'000U);
  EXPECT_EQ(small.sessions(), 20'000 / one);
}

TEST(FetchSession, epochs_begin_again_at_one) {
  EXPECT_EQ(FetchSession::next_epoch(1), 2);
  EXPECT_EQ(FetchSession::next_epoch(std::numeric_limits<std::int32_t>::max()), 1);
}

}  // namespace
}  // namespace ottla::broker
