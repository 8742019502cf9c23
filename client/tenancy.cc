#include "client/tenancy.h"

#include <thread>

#include "base/net/asio_runtime.h"

namespace ottla::client {

std::shared_ptr<base::Runtime> start_own_runtime(const base::Logger& log) {
  return base::start_runtime({.loops = 1, .workers = 1, .log = log});
}

void release_runtime(std::shared_ptr<base::Runtime> runtime) {
  if (!runtime->on_callback_thread() && !runtime->loop(0).loop->on_loop_thread()) return;
  if (!runtime->may_block()) return;
  std::thread([runtime = std::move(runtime)]() mutable { runtime.reset(); }).detach();
}

}  // namespace ottla::client
