#include "ottla/future.h"

#include <gtest/gtest.h>

#include <coroutine>
#include <deque>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

namespace ottla {
namespace {

using namespace std::chrono_literals;

static_assert(!std::is_copy_constructible_v<Future<int>>);
static_assert(std::is_nothrow_move_constructible_v<Future<int>>);

// Runs waiters when the test says so, as a callback thread would.
class HandExecutor final : public detail::Executor {
 public:
  void run(std::unique_ptr<detail::Waiter> waiter) override { queue_.push_back(std::move(waiter)); }
  bool may_block() const override { return may_block_; }
  void run_all() {
    while (!queue_.empty()) {
      auto waiter = std::move(queue_.front());
      queue_.pop_front();
      waiter->run();
    }
  }
  std::size_t waiting() const { return queue_.size(); }
  bool may_block_ = true;

 private:
  std::deque<std::unique_ptr<detail::Waiter>> queue_;
};

using Source = detail::ValueSource<std::string>;

TEST(Future, gives_its_outcome_once) {
  auto source = std::make_shared<Source>(nullptr);
  Future<std::string> future(source);
  EXPECT_TRUE(future.valid());
  EXPECT_FALSE(future.ready());
  EXPECT_TRUE(source->set(std::string("outcome")));
  EXPECT_FALSE(source->set(std::string("another"))) << "the first one counts";
  EXPECT_TRUE(future.ready());
  EXPECT_EQ(future.get().value(), "outcome");
  EXPECT_FALSE(future.valid());
  EXPECT_FALSE(future.ready());
  EXPECT_EQ(future.get().error().code(), ErrorCode::invalid_argument);
  EXPECT_EQ(future.get(1ms).error().code(), ErrorCode::invalid_argument);
}

TEST(Future, one_that_was_never_given_an_outcome_says_so) {
  Future<std::string> none;
  EXPECT_FALSE(none.valid());
  EXPECT_EQ(none.get().error().code(), ErrorCode::invalid_argument);
  bool called = false;
  none.then([&](const auto&) { called = true; });
  EXPECT_FALSE(called);
  none.forget();
}

TEST(Future, can_be_asked_again_after_a_wait_that_was_too_short) {
  auto source = std::make_shared<Source>(nullptr);
  Future<std::string> future(source);
  EXPECT_EQ(future.get(0ms).error().code(), ErrorCode::timed_out);
  EXPECT_EQ(future.get(-5h).error().code(), ErrorCode::timed_out) << "no time is no time";
  ASSERT_TRUE(future.valid());
  source->set(std::string("late"));
  EXPECT_EQ(future.get(std::chrono::hours::max()).value(), "late");
}

TEST(Future, wakes_the_thread_that_waits) {
  auto source = std::make_shared<Source>(nullptr);
  Future<std::string> future(source);
  std::thread other([&] { source->set(std::string("from elsewhere")); });
  EXPECT_EQ(future.get().value(), "from elsewhere");
  other.join();
}

TEST(Future, does_not_wait_where_that_would_keep_the_outcome_from_coming) {
  const auto executor = std::make_shared<HandExecutor>();
  executor->may_block_ = false;
  auto source = std::make_shared<Source>(executor);
  Future<std::string> future(source);
  EXPECT_EQ(future.get().error().code(), ErrorCode::would_block);
  EXPECT_TRUE(future.valid()) << "the outcome is still to be had";
  source->set(std::string("there"));
  EXPECT_EQ(future.get().value(), "there");
}

TEST(Future, calls_back_on_the_executor_and_never_from_within) {
  const auto executor = std::make_shared<HandExecutor>();
  std::vector<std::string> told;
  const auto tell = [&](const Result<std::string>& result) { told.push_back(*result); };
  auto early = std::make_shared<Source>(executor);
  auto late = std::make_shared<Source>(executor);
  late->set(std::string("was there"));
  Future<std::string>(early).then(tell);
  Future<std::string>(late).then(tell);
  EXPECT_TRUE(told.empty());
  early->set(std::string("came"));
  EXPECT_TRUE(told.empty());
  executor->run_all();
  EXPECT_EQ(told, (std::vector<std::string>{"was there", "came"}));
}

TEST(Future, calls_back_with_errors_too) {
  std::optional<Error> told;
  auto source = std::make_shared<Source>(nullptr);
  Future<std::string>(source).then([&](const auto& result) { told = result.error(); });
  source->set(Error(ErrorCode::closed, "gone"));
  ASSERT_TRUE(told);
  EXPECT_EQ(*told, Error(ErrorCode::closed, "gone"));
}

TEST(Future, holds_nothing_once_it_was_given_up) {
  auto source = std::make_shared<Source>(nullptr);
  const std::weak_ptr<Source> alive = source;
  Future<std::string> forgotten(source);
  source.reset();
  EXPECT_FALSE(alive.expired());
  forgotten.forget();
  EXPECT_TRUE(alive.expired());
  EXPECT_FALSE(forgotten.valid());
}

TEST(Future, a_callback_that_is_never_called_is_destroyed_with_its_outcome) {
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> alive = held;
  const auto executor = std::make_shared<HandExecutor>();
  auto source = std::make_shared<Source>(executor);
  Future<std::string>(source).then([held = std::move(held)](const auto&) {});
  source->set(std::string("done"));
  EXPECT_EQ(executor->waiting(), 1U);
  executor->run_all();
  EXPECT_TRUE(alive.expired());
}

TEST(Future, is_born_ready_without_a_source) {
  auto future = Future<int>::ready_with(7);
  EXPECT_TRUE(future.ready());
  EXPECT_EQ(future.get().value(), 7);
  EXPECT_EQ(Future<void>::ready_with({}).get(), Result<void>());
}

// The smallest coroutine type that can await.
struct Routine {
  struct promise_type {
    Routine get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { FAIL(); }
  };
};

Routine await_into(Future<std::string> future, std::vector<std::string>& told) {
  auto result = co_await std::move(future);
  told.push_back(result ? *result : result.error().to_string());
}

TEST(Future, resumes_a_coroutine_with_its_outcome) {
  const auto executor = std::make_shared<HandExecutor>();
  std::vector<std::string> told;
  auto source = std::make_shared<Source>(executor);
  await_into(Future<std::string>(source), told);
  EXPECT_TRUE(told.empty());
  source->set(std::string("awaited"));
  EXPECT_TRUE(told.empty()) << "not on the thread that completes it";
  executor->run_all();
  EXPECT_EQ(told, std::vector<std::string>{"awaited"});
  await_into(Future<std::string>::ready_with(std::string("at once")), told);
  EXPECT_EQ(told.back(), "at once");
  await_into(Future<std::string>(), told);
  EXPECT_NE(told.back().find("already taken"), std::string::npos);
}

// Under a sanitizer this also shows that setting and attaching may meet.
TEST(Future, loses_no_callback_when_it_completes_at_the_same_time) {
  for (int round = 0; round < 500; ++round) {
    auto source = std::make_shared<Source>(nullptr);
    std::atomic<int> called = 0;
    std::thread other([&] { source->set(std::string("x")); });
    Future<std::string>(source).then([&](const auto& result) { called += result ? 1 : 0; });
    other.join();
    ASSERT_EQ(called, 1);
  }
}

}  // namespace
}  // namespace ottla
