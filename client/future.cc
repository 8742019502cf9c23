#include "ottla/future.h"

namespace ottla::detail {

FutureCore::~FutureCore() = default;

bool FutureCore::wait() {
  if (ready()) return true;
  if (executor_ && !executor_->may_block()) return false;
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return ready(); });
  return true;
}

bool FutureCore::wait_for(std::chrono::nanoseconds timeout) {
  if (ready()) return true;
  if (executor_ && !executor_->may_block()) return false;
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout, [this] { return ready(); });
}

void FutureCore::attach(std::unique_ptr<Waiter> waiter) {
  {
    const std::lock_guard lock(mutex_);
    if (!ready()) {
      waiters_.push_back(std::move(waiter));
      return;
    }
  }
  start(std::move(waiter));
}

void FutureCore::mark_ready() {
  std::vector<std::unique_ptr<Waiter>> waiters;
  {
    const std::lock_guard lock(mutex_);
    ready_.store(true, std::memory_order_release);
    waiters.swap(waiters_);
  }
  // Not under the lock, on which the thread that wakes up would wait at once.
  changed_.notify_all();
  for (auto& waiter : waiters) start(std::move(waiter));
}

// A waiter that runs here may own this object: nothing of it is touched afterwards.
void FutureCore::start(std::unique_ptr<Waiter> waiter) {
  const auto executor = executor_;
  if (executor) {
    executor->run(std::move(waiter));
  } else {
    waiter->run();
  }
}

}  // namespace ottla::detail
