#include "client/producer/buffer_pool.h"

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
    std::condition_variable turn;
    waiting_.push_back(&turn);
    lock.unlock();
    on_exhausted();
    lock.lock();
    const bool mine = turn.wait_until(lock, *deadline, [&] {
      return closed_ || (waiting_.front() == &turn && available_ >= size);
    });
    std::erase(waiting_, &turn);
    if (mine && !closed_) available_ -= size;
    if (!waiting_.empty()) waiting_.front()->notify_one();
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
    if (!waiting_.empty()) waiting_.front()->notify_one();
  }

  bool exhausted() const {
    const std::lock_guard lock(mutex_);
    return !waiting_.empty();
  }

  std::size_t available() const {
    const std::lock_guard lock(mutex_);
    return available_;
  }

  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    free_.clear();
    for (auto* waiting : waiting_) waiting->notify_one();
  }

 private:
  const std::size_t total_;
  const std::size_t usual_size_;

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::size_t available_;
  bool closed_ = false;
  std::vector<std::unique_ptr<char[]>> free_;
  std::deque<std::condition_variable*> waiting_;
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
std::size_t BufferPool::available() const {
  return state_->available();
}
void BufferPool::close() {
  state_->close();
}

}  // namespace ottla::client
