#include "broker/replica/purgatory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "tests/simulation/simulation.h"

namespace ottla::broker {
namespace {

using std::chrono::milliseconds;

// What happened to an operation; outlives it.
struct Story {
  bool ready = false;
  int tried = 0;
  int completed = 0;
  int expired = 0;
  std::function<void()> when_complete;
};

class Operation final : public DelayedOperation {
 public:
  explicit Operation(std::shared_ptr<Story> story) : story_(std::move(story)) {}
  bool try_complete() override {
    ++story_->tried;
    if (!story_->ready) return false;
    ++story_->completed;
    if (story_->when_complete) story_->when_complete();
    return true;
  }
  void expire() override { ++story_->expired; }

 private:
  std::shared_ptr<Story> story_;
};

class PurgatoryTest : public testing::Test {
 protected:
  PurgatoryTest() : node_(simulation_.add_node("broker")) {
    node_.start();
    purgatory_ = std::make_unique<Purgatory>(node_.loop());
  }

  std::shared_ptr<Story> watch(const std::vector<TopicPartition>& partitions,
                               milliseconds patience = milliseconds(100)) {
    auto story = std::make_shared<Story>();
    on_loop([&] {
      purgatory_->complete_or_watch(std::make_unique<Operation>(story), partitions,
                                    node_.loop().now() + patience);
    });
    return story;
  }

  void check(const TopicPartition& partition) {
    on_loop([&] { purgatory_->check(partition); });
  }

  void on_loop(const std::function<void()>& act) {
    bool done = false;
    node_.loop().post([&] {
      act();
      done = true;
    });
    ASSERT_TRUE(simulation_.run_until([&] { return done; }, milliseconds(1)));
  }

  simulation::Simulation simulation_{1};
  simulation::SimNode& node_;
  std::unique_ptr<Purgatory> purgatory_;
  const TopicPartition a_{"a", 0};
  const TopicPartition b_{"b", 0};
};

TEST_F(PurgatoryTest, completes_by_a_check_of_any_watched_partition) {
  const auto story = watch({a_, b_});
  check(b_);
  EXPECT_EQ(story->completed, 0);
  story->ready = true;
  check(b_);
  EXPECT_EQ(story->completed, 1);
  check(a_);
  EXPECT_EQ(story->completed, 1);
  EXPECT_EQ(purgatory_->waiting(), 0U);
}

TEST_F(PurgatoryTest, expires_at_the_deadline_once) {
  const auto story = watch({a_});
  simulation_.run_for(milliseconds(99));
  EXPECT_EQ(story->expired, 0);
  simulation_.run_for(milliseconds(2));
  EXPECT_EQ(story->expired, 1);
  story->ready = true;
  check(a_);
  EXPECT_EQ(story->completed, 0);
}

TEST_F(PurgatoryTest, a_deadline_in_the_past_does_not_wait) {
  const auto story = watch({a_}, milliseconds(0));
  EXPECT_EQ(story->expired, 1);
  EXPECT_EQ(purgatory_->waiting(), 0U);
}

TEST_F(PurgatoryTest, an_operation_is_not_tried_within_its_own_completion) {
  const auto story = watch({a_});
  story->when_complete = [&] { purgatory_->check(a_); };
  story->ready = true;
  check(a_);
  EXPECT_EQ(story->completed, 1);
}

TEST_F(PurgatoryTest, a_check_within_a_completion_waits_until_that_is_over) {
  std::vector<std::shared_ptr<Story>> stories;
  int depth = 0;
  int deepest = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto story = watch({a_, b_});
    story->when_complete = [&] {
      deepest = std::max(deepest, ++depth);
      purgatory_->check(b_);
      --depth;
    };
    stories.push_back(story);
  }
  for (const auto& story : stories) story->ready = true;
  check(a_);
  EXPECT_EQ(deepest, 1);
  for (const auto& story : stories) EXPECT_EQ(story->completed, 1);
}

TEST_F(PurgatoryTest, a_check_within_a_completion_completes_others) {
  const auto first = watch({a_});
  const auto second = watch({b_});
  first->ready = true;
  first->when_complete = [&] {
    second->ready = true;
    purgatory_->check(b_);
  };
  check(a_);
  EXPECT_EQ(second->completed, 1);
}

TEST_F(PurgatoryTest, a_partition_that_is_named_often_is_watched_once) {
  const auto story = watch(std::vector<TopicPartition>(1000, a_));
  check(a_);
  EXPECT_EQ(story->tried, 1 + 1);
}

TEST_F(PurgatoryTest, what_is_cancelled_neither_completes_nor_expires) {
  const auto story = std::make_shared<Story>();
  std::uint64_t id = 0;
  on_loop([&] {
    id = purgatory_->complete_or_watch(std::make_unique<Operation>(story), {a_},
                                       node_.loop().now() + milliseconds(100));
  });
  ASSERT_NE(id, 0U);
  on_loop([&] { purgatory_->cancel(id); });
  EXPECT_EQ(purgatory_->waiting(), 0U);
  EXPECT_EQ(story.use_count(), 1);
  story->ready = true;
  check(a_);
  simulation_.run_for(milliseconds(200));
  EXPECT_EQ(story->completed + story->expired, 0);
}

TEST_F(PurgatoryTest, a_completion_may_begin_to_watch_again) {
  const auto first = watch({a_});
  auto second = std::make_shared<Story>();
  first->when_complete = [&] {
    purgatory_->complete_or_watch(std::make_unique<Operation>(second), {a_}, base::kNever);
  };
  first->ready = true;
  check(a_);
  EXPECT_EQ(purgatory_->waiting(), 1U);
  second->ready = true;
  check(a_);
  EXPECT_EQ(second->completed, 1);
}

TEST_F(PurgatoryTest, expire_all_ends_everybody) {
  const auto first = watch({a_});
  const auto second = watch({b_});
  on_loop([&] { purgatory_->expire_all(); });
  EXPECT_EQ(first->expired, 1);
  EXPECT_EQ(second->expired, 1);
  EXPECT_EQ(purgatory_->waiting(), 0U);
}

}  // namespace
}  // namespace ottla::broker
