#include "client/network/crank.h"

#include <utility>

namespace ottla::client {

void Crank::wake() {
  if (woken_.exchange(true)) return;
  loop_.post([self = shared_from_this()] { self->run(); });
}

void Crank::stop() {
  stopped_ = true;
  set_timer(base::kNever);
  turn_ = nullptr;
}

void Crank::run() {
  // Cleared first: what changes during the turn asks for another one.
  woken_.store(false);
  if (stopped_) return;
  set_timer(turn_(loop_.now()));
}

void Crank::set_timer(base::TimePoint when) {
  if (when == timer_at_) return;
  if (timer_ != base::TimerId::none) loop_.cancel(std::exchange(timer_, base::TimerId::none));
  timer_at_ = when;
  if (when == base::kNever) return;
  timer_ = loop_.call_at(when, [self = shared_from_this()] {
    self->timer_ = base::TimerId::none;
    self->timer_at_ = base::kNever;
    self->run();
  });
}

}  // namespace ottla::client
