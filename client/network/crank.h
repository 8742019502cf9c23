#pragma once

#include <atomic>
#include <memory>

#include "base/loop.h"
#include "base/task.h"

namespace ottla::client {

// Turns a client: calls `turn(now)`, which asks every manager what it wants and says when to be
// called next, whenever somebody has woken it or that time has come. Wakes between two turns are
// one. Once stopped it never turns again.
class Crank : public std::enable_shared_from_this<Crank> {
 public:
  using Turn = base::UniqueFunction<base::TimePoint(base::TimePoint now)>;

  Crank(base::Loop& loop, Turn turn) : loop_(loop), turn_(std::move(turn)) {}

  // Any thread.
  void wake();

  // On the loop's thread; not from within a turn.
  void stop();

 private:
  void run();
  void set_timer(base::TimePoint when);

  base::Loop& loop_;
  std::atomic<bool> woken_{false};
  // Loop thread only.
  Turn turn_;
  bool stopped_ = false;
  base::TimerId timer_ = base::TimerId::none;
  base::TimePoint timer_at_ = base::kNever;
};

}  // namespace ottla::client
