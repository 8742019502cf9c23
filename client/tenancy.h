#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "base/fork_generation.h"
#include "base/logger.h"
#include "base/net/asio_runtime.h"
#include "base/runtime.h"
#include "ottla/runtime.h"

namespace ottla::client {

// Opens a client with `open(config, runtime)` on the runtime that it was given; if none was, on one
// for it alone.
template <class Config, class Open>
auto open_on(const Runtime& given, const base::Logger& log, const Config& config, Open open)
    -> decltype(open(config, std::shared_ptr<base::Runtime>())) {
  auto runtime = given.get_or_start({.loops = 1, .workers = 1, .log = log});
  if (!runtime) return std::move(runtime).error();
  return open(config, std::move(*runtime));
}

// A client's core together with the runtime it is a tenant of: what the public classes hold. The
// core has `close_async(timeout)` and `executor()`.
template <class Core>
class Tenancy {
 public:
  Tenancy(std::shared_ptr<base::Runtime> runtime, std::shared_ptr<Core> core)
      : runtime_(std::move(runtime)), core_(std::move(core)) {}
  Tenancy(const Tenancy&) = delete;
  Tenancy& operator=(const Tenancy&) = delete;

  // The owner has closed the core, if that could be waited for. In a forked child nothing is ended:
  // the threads are the parent's, and so is what goes over the sockets.
  ~Tenancy() {
    if (forked()) {
      abandon();
      return;
    }
    core_->executor()->detach();
    // What belongs to the loop ends there.
    auto& loop = *runtime_->loop(0).loop;
    loop.post([core = std::move(core_)] {});
  }

  // This is a child of the process that opened it: nothing of the core may be touched.
  bool forked() const { return base::fork_generation() != generation_; }

  Core& core() const { return *core_; }
  bool on_callback_thread() const { return core_->executor()->on_callback_thread(); }

 private:
  // Keeps both for good.
  void abandon() {
    (void)new std::shared_ptr<base::Runtime>(std::move(runtime_));
    (void)new std::shared_ptr<Core>(std::move(core_));
  }

  const std::uint32_t generation_ = base::fork_generation();
  std::shared_ptr<base::Runtime> runtime_;
  std::shared_ptr<Core> core_;
};

}  // namespace ottla::client
