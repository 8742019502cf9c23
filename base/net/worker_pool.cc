#include "base/net/worker_pool.h"

#include <algorithm>

#include "base/assert.h"
#include "base/net/thread.h"

namespace ottla::base {

WorkerPool::WorkerPool(std::string name, std::size_t max_threads)
    : name_(std::move(name)), max_threads_(max_threads) {
  OTTLA_ASSERT(max_threads > 0, "a pool without threads runs nothing");
}

WorkerPool::~WorkerPool() {
  stop();
  discard();
}

void WorkerPool::add(Task task) {
  std::lock_guard guard(mutex_);
  if (discarded_) return;
  tasks_.push_back(std::move(task));
  if (stopping_) return;
  if (idle_ < tasks_.size() && threads_.size() < max_threads_) {
    threads_.push_back(start_thread(name_, [this] { work(); }));
    thread_ids_.push_back(threads_.back().get_id());
  } else {
    work_or_end_.notify_one();
  }
}

bool WorkerPool::on_thread() const {
  std::lock_guard guard(mutex_);
  const auto caller = std::this_thread::get_id();
  return std::find(thread_ids_.begin(), thread_ids_.end(), caller) != thread_ids_.end();
}

void WorkerPool::stop() {
  OTTLA_ASSERT(!on_thread(), "a pool cannot be stopped by one of its own threads");
  std::vector<std::thread> threads;
  {
    std::lock_guard guard(mutex_);
    stopping_ = true;
    threads.swap(threads_);
  }
  work_or_end_.notify_all();
  for (auto& thread : threads) thread.join();
}

void WorkerPool::discard() {
  std::deque<Task> left;
  do {
    left.clear();
    std::lock_guard guard(mutex_);
    left.swap(tasks_);
    discarded_ = left.empty();
  } while (!left.empty());
}

void WorkerPool::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    work_or_end_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
    --idle_;
    if (stopping_) return;
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    task = {};
    lock.lock();
  }
}

}  // namespace ottla::base
