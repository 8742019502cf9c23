#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "base/fork_generation.h"
#include "base/logger.h"
#include "base/runtime.h"

namespace ottla::client {

// A runtime for one client alone: one loop, its threads started.
std::shared_ptr<base::Runtime> start_own_runtime(const base::Logger& log);

// Lets go of a runtime, which may end it; on one of its own threads by way of another thread, since
// a runtime cannot wait for the thread it is ended on.
void release_runtime(std::shared_ptr<base::Runtime> runtime);

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
    release_runtime(std::move(runtime_));
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
