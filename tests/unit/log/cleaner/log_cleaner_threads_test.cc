#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "broker/log/cleaner/log_cleaner.h"
#include "tests/unit/log/cleaner/log_cleaner_fixture.h"

namespace ottla::broker {
namespace {

using LogCleanerThreads = LogCleanerTest;

TEST_F(LogCleanerThreads, compacts_as_many_logs_at_a_time_as_it_has_threads) {
  options.cleaner.max_bytes_per_second = 2000;  // so that each takes its time
  for (const std::size_t threads : {1, 2, 8}) {
    options.cleaner.threads = threads;
    restart();
    const auto at = [&](std::int32_t partition) {
      return TopicPartition{"many-" + std::to_string(threads), partition};
    };
    for (const auto partition : {0, 1, 2}) {
      log = manager->create_log(at(partition), kTopicId, config).value();
      for (int i = 0; i < 12; ++i) append("key", "value " + std::to_string(i));
    }
    std::size_t most = 0;
    for (int i = 0; i < 1200; ++i) {
      loop.advance(std::chrono::milliseconds(250));
      most = std::max(most, manager->cleaner().running());
    }
    EXPECT_EQ(most, std::min<std::size_t>(threads, 3)) << threads;
    EXPECT_EQ(manager->cleaner().running(), 0U) << threads;
    for (const auto partition : {0, 1, 2}) {
      log = manager->find(at(partition));
      const auto kept = values();
      EXPECT_LT(kept.size(), 6U) << partition;
      EXPECT_EQ(kept.back(), (Values::value_type{11, "value 11"})) << partition;
    }
  }
}

TEST_F(LogCleanerThreads, what_is_under_way_shares_the_bytes_per_second_of_fewer_threads) {
  options.cleaner.max_bytes_per_second = 500;
  std::map<std::size_t, int> took;  // by the threads that are left
  for (const std::size_t left : {3, 1, 0}) {
    options.cleaner.threads = 3;
    restart();
    for (const auto partition : {0, 1, 2}) {
      log = manager->create_log({"left-" + std::to_string(left), partition}, kTopicId, config)
                .value();
      for (int i = 0; i < 12; ++i) append("key", "value " + std::to_string(i));
    }
    for (int i = 0; i < 1000 && manager->cleaner().running() < 3; ++i) {
      loop.advance(std::chrono::milliseconds(100));
    }
    ASSERT_EQ(manager->cleaner().running(), 3U);
    manager->set_cleaner_threads(left);
    for (; took[left] < 1000 && cleanings() < 3; ++took[left]) {
      loop.advance(std::chrono::milliseconds(100));
    }
    ASSERT_EQ(cleanings(), 3U);
  }
  EXPECT_GT(took[3], 10);
  EXPECT_GE(took[1], took[3] - 1);
  EXPECT_GE(took[0], took[3] - 1);
}

TEST_F(LogCleanerThreads, a_log_too_large_for_its_share_is_compacted_when_that_grows) {
  options.cleaner.map_limits.memory = 24 * 16;
  options.cleaner.threads = 4;
  restart();
  std::vector<TestRecord> many(10);
  for (std::size_t i = 0; i < many.size(); ++i) many[i].key = "k" + std::to_string(i);
  append_batch(batch_of(many));
  push_out();
  wait();
  EXPECT_TRUE(lines.mention("log.cleaner.dedupe.buffer.size"));
  EXPECT_EQ(cleanings(), 0U);
  manager->set_cleaner_threads(1);
  wait();
  EXPECT_GT(cleanings(), 0U);
}

TEST_F(LogCleanerThreads, takes_another_number_of_threads_while_it_runs) {
  options.cleaner.threads = 0;
  options.cleaner.max_bytes_per_second = 500;  // so that each takes its time
  restart();
  for (const auto partition : {0, 1, 2}) {
    log = manager->create_log({"many", partition}, kTopicId, config).value();
    for (int i = 0; i < 12; ++i) append("key", "value " + std::to_string(i));
  }
  wait();
  EXPECT_EQ(manager->cleaner().running(), 0U);
  manager->set_cleaner_threads(1);
  loop.advance(std::chrono::milliseconds(1));
  EXPECT_EQ(manager->cleaner().running(), 1U);
  manager->set_cleaner_threads(3);
  loop.advance(std::chrono::milliseconds(1));
  EXPECT_EQ(manager->cleaner().running(), 1U) << "it has all of the memory";
  for (int i = 0; i < 1000 && cleanings() < 1; ++i) loop.advance(std::chrono::milliseconds(250));
  loop.advance(std::chrono::milliseconds(1));
  EXPECT_EQ(manager->cleaner().running(), 2U);
  manager->set_cleaner_threads(0);
  for (int i = 0; i < 100 && manager->cleaner().running() > 0; ++i) wait();
  EXPECT_EQ(manager->cleaner().running(), 0U);
  EXPECT_EQ(cleanings(), 3U) << "what was under way comes to its end";
  for (int i = 0; i < 12; ++i) append("key", "value " + std::to_string(i));
  wait();
  EXPECT_EQ(cleanings(), 3U);
  manager->set_cleaner_threads(2);
  for (int i = 0; i < 100 && cleanings() < 4; ++i) wait();
  EXPECT_EQ(cleanings(), 4U);
}

}  // namespace
}  // namespace ottla::broker
