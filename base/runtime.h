#pragma once

#include <cstddef>
#include <memory>

#include "base/loop.h"
#include "base/random.h"
#include "base/transport.h"
#include "ottla/result.h"

namespace ottla::base {

// One loop with the sockets that belong to it.
struct LoopWithTransport {
  Loop* loop = nullptr;
  Transport* transport = nullptr;
};

// The threads that brokers and clients run on: loops, workers, and one thread for the callbacks of
// users. Brokers and clients are tenants: they must be closed before it is destroyed. The real one
// is made by `start_runtime` (base/net/asio_runtime.h); the simulator has its own.
class Runtime {
 public:
  virtual ~Runtime() = default;

  virtual std::size_t loop_count() const = 0;
  virtual LoopWithTransport loop(std::size_t index) = 0;

  virtual const Clock& clock() const = 0;

  // A seed for a tenant's own Random. Any thread.
  virtual std::uint64_t next_seed() = 0;

  // Runs user callbacks, in the order of the calls. Any thread.
  virtual void run_callback(Task callback) = 0;
  virtual bool on_callback_thread() const = 0;

  // True in the real runtime, where a caller may wait for a loop; false in the simulator, where
  // the caller is the loop.
  virtual bool may_block() const = 0;
};

}  // namespace ottla::base
