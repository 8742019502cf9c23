#include "base/net/shared_runtime.h"

#include <thread>
#include <utility>

#include "base/fork_generation.h"
#include "base/net/thread.h"
#include "ottla/runtime.h"

namespace ottla::base {

std::shared_ptr<Runtime> start_shared_runtime(const RuntimeOptions& options) {
  const auto end = [started_in = fork_generation()](Runtime* runtime) {
    if (fork_generation() != started_in) return;
    if (on_started_thread()) {
      std::thread([runtime] { delete runtime; }).detach();
    } else {
      delete runtime;
    }
  };
  return {start_runtime(options).release(), end};
}

}  // namespace ottla::base

namespace ottla {

Result<Runtime> Runtime::start(RuntimeOptions options) {
  constexpr std::int32_t most = 64;
  if (options.workers < 1 || options.workers > most) {
    return Error(ErrorCode::invalid_argument,
                 "workers is " + std::to_string(options.workers) + "; it must be from 1 to 64");
  }
  constexpr std::chrono::microseconds longest = std::chrono::milliseconds(10);
  if (options.busy_poll.count() < 0 || options.busy_poll > longest) {
    return Error(ErrorCode::invalid_argument, "busy_poll is " +
                                                  std::to_string(options.busy_poll.count()) +
                                                  " us; it must be from 0 to 10,000");
  }
  const base::Logger log(options.log_sink ? options.log_sink : stderr_log_sink(), options.log_level,
                         "runtime");
  // Who asks for it pays for it.
  const auto busy_poll = options.busy_poll.count() == 0
                             ? base::BusyPoll::Limits{}
                             : base::BusyPoll::Limits{.look = options.busy_poll, .share = 1};
  return Runtime(
      base::start_shared_runtime({.loops = 1,
                                  .workers = static_cast<std::size_t>(options.workers),
                                  .log = log,
                                  .busy_poll = busy_poll,
                                  .callbacks_on_loop = options.callbacks_on_network_thread}));
}

Runtime::Runtime(std::shared_ptr<base::Runtime> impl)
    : impl_(std::move(impl)), started_in_(base::fork_generation()) {}

Result<std::shared_ptr<base::Runtime>> Runtime::get_or_start(
    const base::RuntimeOptions& own) const {
  if (impl_ == nullptr) return base::start_shared_runtime(own);
  if (base::fork_generation() != started_in_) {
    return Error(ErrorCode::closed,
                 "this process was forked from the one that started the runtime; start one here");
  }
  return impl_;
}

}  // namespace ottla
