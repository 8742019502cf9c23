#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/task.h"

namespace ottla::base {

// Threads that run tasks which may sleep, started in the order they were added. A thread is made
// when there is work and no idle one, up to a limit; idle ones wait without waking up. Any thread.
class WorkerPool {
 public:
  WorkerPool(std::string name, std::size_t max_threads);
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  ~WorkerPool();

  // After `stop` tasks are kept, and destroyed by `discard`.
  void add(Task task);

  // Whether the caller runs on one of the threads.
  bool on_thread() const;

  // Waits for the tasks that are running; no other is started. Not on one of the threads.
  void stop();

  // After `stop`: destroys the tasks that were left, and what is added later at once.
  void discard();

 private:
  void work();

  const std::string name_;
  const std::size_t max_threads_;

  mutable std::mutex mutex_;
  std::condition_variable work_or_end_;
  // Guarded by mutex_.
  std::deque<Task> tasks_;
  std::vector<std::thread> threads_;
  std::vector<std::thread::id> thread_ids_;
  std::size_t idle_ = 0;
  bool stopping_ = false;
  bool discarded_ = false;
};

}  // namespace ottla::base
