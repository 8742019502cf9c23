#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/file_descriptor.h"
#include "base/loop.h"
#include "base/net/busy_poll.h"
#include "base/net/watched_socket.h"
#include "base/net/worker_pool.h"
#include "base/timer_heap.h"
#include "ottla/result.h"

namespace ottla::base {

// The real Loop: a thread that waits in Boost.Asio for sockets, posted tasks and the first timer,
// and at times looks a little longer before it sleeps (BusyPoll). A turn is one of: the tasks
// posted until it began, the timers due, one event of one socket.
// Asio appears in asio_loop.cc and nowhere else.
class AsioLoop final : public Loop {
 public:
  // `workers` must live as long.
  AsioLoop(std::string name, WorkerPool& workers, BusyPoll::Limits busy_poll);
  ~AsioLoop() override;

  // Begins to run; called once.
  void start();

  // Ends the thread after the task that is running and joins it. Not on the loop's thread. After
  // this the caller's thread counts as the loop's own.
  void stop();

  // After `stop`: destroys the tasks and timers that were left, and what is added later at once.
  void discard();

  TimePoint now() const override { return now_; }
  WallMillis wall_now() const override { return wall_now_; }
  void post(Task task) override;
  TimerId call_at(TimePoint when, Task task) override;
  void cancel(TimerId timer) override;
  void offload(Task work, Task done) override;
  bool on_loop_thread() const override;

  // Watches `socket`, which must not block. `events` lives as long as what is returned. On the
  // loop's thread.
  Result<std::unique_ptr<WatchedSocket>> watch(FileDescriptor socket, SocketEvents& events);

  // Time moves on. Called at the beginning of every turn.
  void begin_turn();

 private:
  class Reactor;

  void run();
  bool look();
  bool run_posted();
  bool take_posted();
  void run_timers();
  void arm_timer();

  const std::string name_;
  WorkerPool& workers_;
  const std::unique_ptr<Reactor> reactor_;
  std::thread thread_;
  std::atomic<std::thread::id> thread_id_;
  std::atomic<bool> stopping_{false};

  // Loop thread only.
  RealClock clock_;
  BusyPoll busy_poll_;
  TimePoint now_;
  WallMillis wall_now_;
  TimerHeap timers_;
  TimePoint armed_for_ = kNever;
  bool running_timers_ = false;
  std::vector<Task> batch_;

  std::mutex mutex_;
  // Guarded by mutex_.
  std::vector<Task> posted_;
  bool wake_pending_ = false;
  bool discarded_ = false;
};

}  // namespace ottla::base
