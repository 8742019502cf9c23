#include "tests/simulation/end_to_end/history.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>

namespace ottla::simulation {
namespace {

// Three records of one partition, all acknowledged, stored and read as they should be; then each
// test bends one thing.
class HistoryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 3; ++i) values_.push_back(history_.send(0));
  }

  void acknowledge(std::uint64_t number, std::int64_t offset) {
    history_.outcome(number,
                     RecordMetadata(std::make_shared<const std::string>("t"), 0, offset, 0));
  }
  void acknowledge_all() {
    for (std::uint64_t number = 1; number <= 3; ++number) {
      acknowledge(number, static_cast<std::int64_t>(number) - 1);
    }
  }
  void read_all() {
    for (std::size_t i = 0; i < 3; ++i) {
      history_.read(0, static_cast<std::int64_t>(i), values_[i]);
    }
  }
  std::vector<std::string> check(History::Log log, const Guarantees& guarantees = {}) const {
    return history_.check({std::move(log)}, guarantees);
  }
  static void expect_one(const std::vector<std::string>& wrong, std::string_view beginning) {
    ASSERT_EQ(wrong.size(), 1U);
    EXPECT_TRUE(wrong[0].starts_with(beginning)) << wrong[0];
  }

  History history_{1};
  std::vector<std::string> values_;
};

TEST_F(HistoryTest, finds_nothing_wrong_with_what_is_right) {
  acknowledge_all();
  read_all();
  EXPECT_TRUE(check({{0, 1}, {1, 2}, {2, 3}}).empty());
  EXPECT_TRUE(history_.all_have_outcomes());
  EXPECT_EQ(history_.acknowledged(), 3U);
}

TEST_F(HistoryTest, finds_a_record_that_was_acknowledged_and_is_lost) {
  acknowledge_all();
  history_.read(0, 0, values_[0]);
  history_.read(0, 1, values_[1]);
  expect_one(check({{0, 1}, {1, 2}}), "lost though acknowledged: record 3 at 0@2");
  EXPECT_TRUE(check({{0, 1}, {1, 2}}, {.acknowledged_survive = false}).empty());
}

TEST_F(HistoryTest, finds_a_record_at_another_offset_than_told) {
  acknowledge(1, 1);
  acknowledge(2, 1);
  acknowledge(3, 2);
  read_all();
  expect_one(check({{0, 1}, {1, 2}, {2, 3}}), "not where the acknowledgement said: record 1");
}

TEST_F(HistoryTest, finds_a_record_that_is_there_twice) {
  acknowledge_all();
  read_all();
  history_.read(0, 3, values_[2]);
  const History::Log log = {{0, 1}, {1, 2}, {2, 3}, {3, 3}};
  expect_one(check(log), "duplicated: record 3 at 0@3");
  EXPECT_TRUE(check(log, {.no_duplicates = false}).empty());
}

TEST_F(HistoryTest, finds_records_out_of_order) {
  acknowledge(1, 0);
  acknowledge(2, 2);
  acknowledge(3, 1);
  history_.read(0, 0, values_[0]);
  history_.read(0, 1, values_[2]);
  history_.read(0, 2, values_[1]);
  expect_one(check({{0, 1}, {1, 3}, {2, 2}}), "out of order, after 3: record 2");
}

TEST_F(HistoryTest, finds_what_nobody_sent) {
  acknowledge_all();
  const auto bent = history_.identify(0, 3, values_[0] + "x");
  EXPECT_EQ(bent.number, 0U);
  read_all();
  history_.read(0, 3, values_[0] + "x");
  expect_one(check({{0, 1}, {1, 2}, {2, 3}, bent}), "invented: record 0 at 0@3");
}

TEST_F(HistoryTest, finds_a_gap_of_offsets) {
  acknowledge(1, 0);
  acknowledge(2, 1);
  acknowledge(3, 3);
  history_.read(0, 0, values_[0]);
  history_.read(0, 1, values_[1]);
  history_.read(0, 3, values_[2]);
  expect_one(check({{0, 1}, {1, 2}, {3, 3}}), "a gap before record 3");
}

TEST_F(HistoryTest, finds_a_consumer_that_skips_and_one_that_reads_what_is_not_there) {
  acknowledge_all();
  history_.read(0, 0, values_[0]);
  const History::Log log = {{0, 1}, {1, 2}, {2, 3}};
  expect_one(check(log), "the consumer did not read record 2");
  history_.read(0, 2, values_[2]);
  expect_one(check(log), "the consumer read what is not there: record 3");
}

TEST_F(HistoryTest, finds_two_outcomes_of_one_record_and_another_partition_than_asked) {
  acknowledge_all();
  acknowledge(2, 1);
  read_all();
  expect_one(check({{0, 1}, {1, 2}, {2, 3}}), "record 2 has two outcomes");
}

TEST_F(HistoryTest, takes_a_failed_record_that_is_stored_all_the_same) {
  acknowledge(1, 0);
  history_.outcome(2, Error(ErrorCode::timed_out, "late"));
  acknowledge(3, 2);
  read_all();
  EXPECT_TRUE(check({{0, 1}, {1, 2}, {2, 3}}).empty());
  EXPECT_EQ(history_.failed(), 1U);
}

}  // namespace
}  // namespace ottla::simulation
