#include "client/callback_executor.h"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/simulation/simulation.h"

namespace ottla::client {
namespace {

class CallbackExecutorTest : public testing::Test {
 protected:
  CallbackExecutorTest() {
    auto& node = sim_.add_node("client");
    node.start();
    executor_ = std::make_shared<CallbackExecutor>(node.runtime(), base::Logger());
  }
  ~CallbackExecutorTest() override { executor_->detach(); }

  void run_callbacks() { sim_.run_for(std::chrono::milliseconds(1)); }

  simulation::Simulation sim_{1};
  std::shared_ptr<CallbackExecutor> executor_;
};

TEST_F(CallbackExecutorTest, completes_at_once_when_no_callback_is_queued) {
  const Promise<int> promise(executor_);
  executor_->complete<int>(promise, 7);
  auto future = promise.future();
  ASSERT_TRUE(future.ready());
  EXPECT_EQ(future.get().value(), 7);
}

TEST_F(CallbackExecutorTest, completes_behind_the_callbacks_that_were_queued_before) {
  std::vector<std::string> told;
  executor_->run(base::Task([&] { told.push_back("record"); }));
  const Promise<int> promise(executor_);
  executor_->complete<int>(promise, 7);
  auto future = promise.future();
  EXPECT_FALSE(future.ready());
  future.then([&](const Result<int>&) { told.push_back("flush"); });
  EXPECT_TRUE(told.empty());
  run_callbacks();
  EXPECT_EQ(told, (std::vector<std::string>{"record", "flush"}));
  const Promise<int> next(executor_);
  executor_->complete<int>(next, 8);
  EXPECT_TRUE(next.future().ready()) << "they have run";
}

TEST_F(CallbackExecutorTest, a_callback_that_completes_is_not_yet_over) {
  bool ready = true;
  const Promise<int> promise(executor_);
  executor_->run(base::Task([&] {
    executor_->complete<int>(promise, 7);
    ready = promise.future().ready();
  }));
  run_callbacks();
  EXPECT_FALSE(ready);
  EXPECT_TRUE(promise.future().ready());
}

TEST_F(CallbackExecutorTest, what_waits_is_called_on_the_callback_thread_and_never_from_within) {
  bool called = false;
  const Promise<int> promise(executor_);
  promise.future().then([&](const Result<int>&) { called = executor_->on_callback_thread(); });
  executor_->complete<int>(promise, 7);
  EXPECT_FALSE(called);
  run_callbacks();
  EXPECT_TRUE(called);
}

TEST_F(CallbackExecutorTest, a_promise_that_nobody_can_keep_any_more_is_closed) {
  ErrorCode told = ErrorCode::none;
  {
    const Promise<int> promise(executor_);
    promise.future().then([&](const Result<int>& outcome) { told = outcome.error().code(); });
  }
  run_callbacks();
  EXPECT_EQ(told, ErrorCode::closed);
}

TEST_F(CallbackExecutorTest, what_waits_for_a_promise_goes_with_it_though_nothing_runs_any_more) {
  auto& node = sim_.add_node("killed");
  node.start();
  auto executor = std::make_shared<CallbackExecutor>(node.runtime(), base::Logger());
  const auto held = std::make_shared<int>(0);
  auto promise = std::make_unique<Promise<int>>(executor);
  promise->future().then([held](const Result<int>&) {});
  node.runtime().kill();
  promise.reset();
  EXPECT_EQ(held.use_count(), 1);
  executor->detach();
}

TEST_F(CallbackExecutorTest, a_callback_that_throws_is_over_all_the_same) {
  executor_->run(base::Task([] { throw std::runtime_error("of the application"); }));
  run_callbacks();
  const Promise<int> promise(executor_);
  executor_->complete<int>(promise, 7);
  EXPECT_TRUE(promise.future().ready());
}

}  // namespace
}  // namespace ottla::client
