#include "client/producer/buffer_pool.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace ottla::client {

class BufferPoolState {
 public:
  BufferPoolState(std::size_t total, std::size_t usual_size)
      : total_(total), usual_size_(usual_size), available_(total) {}

  std::size_t total() const { return total_; }

  // Takes the bytes off the budget; in turn with those who wait.
  ErrorCode take(std::size_t size, std::optional<BufferPool::Clock::time_point> deadline,
                 base::Task& on_exhausted) {
    std::unique_lock lock(mutex_);
    if (closed_) return ErrorCode::closed;
    if (waiting_.empty() && available_ >= size) {
      available_ -= size;
      return ErrorCode::none;
    }
    if (!deadline) return ErrorCode::would_block;
    Waiter waiter{.size = size, .plenty = std::min(total_, size + total_ / kPlentyPart)};
    waiting_.push_back(&waiter);
    lock.unlock();
    on_exhausted();
    lock.lock();
    const bool mine = wait_for_turn(lock, waiter, *deadline);
    std::erase(waiting_, &waiter);
    if (mine && !closed_) available_ -= size;
    notify_first();
    if (closed_) return ErrorCode::closed;
    return mine ? ErrorCode::none : ErrorCode::buffer_exhausted;
  }

  std::unique_ptr<char[]> block(std::size_t size) {
    if (size == usual_size_) {
      const std::lock_guard lock(mutex_);
      if (!free_.empty()) {
        auto bytes = std::move(free_.back());
        free_.pop_back();
        return bytes;
      }
    }
    return std::unique_ptr<char[]>(new char[size]);
  }

  void give_back(std::unique_ptr<char[]> bytes, std::size_t size) {
    const std::lock_guard lock(mutex_);
    if (size == usual_size_ && !closed_) free_.push_back(std::move(bytes));
    available_ += size;
    notify_first();
  }

  bool exhausted() const {
    const std::lock_guard lock(mutex_);
    return !waiting_.empty();
  }

  std::size_t available() const {
    const std::lock_guard lock(mutex_);
    return available_;
  }

  std::size_t waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
  }

  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    free_.clear();
    for (auto* waiter : waiting_) waiter->turn.notify_one();
  }

 private:
  // A sender that waits. To be woken for each batch that becomes free would cost more than the
  // batch: it is woken when there is plenty, and looks for itself now and then.
  struct Waiter {
    std::size_t size;    // what it needs
    std::size_t plenty;  // what is worth being woken for
    std::condition_variable turn = {};
  };
  static constexpr std::size_t kPlentyPart = 8;
  static constexpr std::chrono::milliseconds kLookAgain{5};

  // False if the time is over first.
  bool wait_for_turn(std::unique_lock<std::mutex>& lock, Waiter& waiter,
                     BufferPool::Clock::time_point deadline) {
    const auto has = [&](std::size_t bytes) {
      return closed_ || (waiting_.front() == &waiter && available_ >= bytes);
    };
    for (;;) {
      const auto until = std::min(deadline, BufferPool::Clock::now() + kLookAgain);
      if (waiter.turn.wait_until(lock, until, [&] { return has(waiter.plenty); })) return true;
      if (has(waiter.size)) return true;
      if (until == deadline) return false;
    }
  }

  void notify_first() {
    if (waiting_.empty() || available_ < waiting_.front()->plenty) return;
    waiting_.front()->turn.notify_one();
  }

  const std::size_t total_;
  const std::size_t usual_size_;

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::size_t available_;
  bool closed_ = false;
  std::vector<std::unique_ptr<char[]>> free_;
  std::deque<Waiter*> waiting_;
};

BatchMemory::BatchMemory(std::shared_ptr<BufferPoolState> pool, std::unique_ptr<char[]> bytes,
                         std::size_t size)
    : pool_(std::move(pool)), bytes_(std::move(bytes)), size_(size) {}

BatchMemory::~BatchMemory() {
  if (pool_) pool_->give_back(std::move(bytes_), size_);
}

BufferPool::BufferPool(std::size_t total, std::size_t usual_size, base::Task on_exhausted)
    : state_(std::make_shared<BufferPoolState>(total, usual_size)),
      on_exhausted_(std::move(on_exhausted)) {}

Result<std::shared_ptr<BatchMemory>> BufferPool::allocate(
    std::size_t size, std::optional<Clock::time_point> deadline) {
  if (size > state_->total()) {
    return Error(ErrorCode::record_too_large, "the record needs " + std::to_string(size) +
                                                  " bytes, buffer_memory is " +
                                                  std::to_string(state_->total()));
  }
  switch (const auto code = state_->take(size, deadline, on_exhausted_)) {
    case ErrorCode::none:
      return std::make_shared<BatchMemory>(state_, state_->block(size), size);
    case ErrorCode::buffer_exhausted:
      return Error(code,
                   "no buffer_memory became free in the time given; records are sent faster "
                   "than the brokers take them");
    case ErrorCode::would_block:
      return Error(code, "no buffer_memory is free at the moment");
    default:
      return Error(code, "the producer was closed");
  }
}

bool BufferPool::exhausted() const {
  return state_->exhausted();
}
std::size_t BufferPool::waiting() const {
  return state_->waiting();
}

std::size_t BufferPool::available() const {
  return state_->available();
}
void BufferPool::close() {
  state_->close();
}

}  // namespace ottla::client
