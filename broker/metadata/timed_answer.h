#pragma once

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "base/loop.h"
#include "base/task.h"
#include "ottla/result.h"

namespace ottla::broker {

// The answers to a request that waits for its commit, given once: when the commit is durable or has
// failed, or when the time is up. One loop.
template <class TopicResult>
class TimedAnswer : public std::enable_shared_from_this<TimedAnswer<TopicResult>> {
 public:
  using Done = base::UniqueFunction<void(std::vector<TopicResult>)>;

  // `settled`: the errors among the results rest on nothing that is still to become durable.
  TimedAnswer(base::Loop& loop, std::vector<TopicResult> results, bool settled, Done done)
      : loop_(loop), results_(std::move(results)), settled_(settled), done_(std::move(done)) {}

  // Answers request_timed_out after `timeout`; never if it is zero or less. Nothing happens if the
  // answer is given already.
  void limit(std::chrono::milliseconds timeout) {
    if (timeout.count() <= 0 || !done_) return;
    timer_ = loop_.call_at(loop_.now() + timeout, [weak = this->weak_from_this()] {
      const auto self = weak.lock();
      if (self) {
        self->finish(Error(ErrorCode::request_timed_out,
                           "the change was not durable in time; it may come to be"));
      }
    });
  }

  // Nothing was appended: the error takes the place of every success. What else there is to tell
  // still waits for `finish`.
  void refuse(const Error& error) {
    for (auto& result : results_) {
      if (result.result) result.result = error;
    }
  }

  // An error takes the place of every success, and of every error that is not settled.
  void finish(const Result<void>& committed) {
    if (!done_) return;
    loop_.cancel(timer_);
    if (!committed) {
      for (auto& result : results_) {
        if (result.result || !settled_) result.result = committed.error();
      }
    }
    auto done = std::exchange(done_, nullptr);
    done(std::move(results_));
  }

 private:
  base::Loop& loop_;
  std::vector<TopicResult> results_;
  const bool settled_;
  Done done_;
  base::TimerId timer_ = base::TimerId::none;
};

}  // namespace ottla::broker
