#pragma once

#include <memory>
#include <vector>

#include "base/runtime.h"
#include "tests/simulation/sim_loop.h"
#include "tests/simulation/sim_transport.h"

namespace ottla::simulation {

struct RuntimeOptions {
  std::size_t loops = 1;
  WorkerOptions workers;
};

// The runtime of one process on a host. Nothing waits in it: callers are the loop.
class SimRuntime final : public base::Runtime {
 public:
  SimRuntime(SimScheduler& scheduler, SimNetwork& network, SimHost& host,
             const RuntimeOptions& options = {});
  ~SimRuntime() override;

  std::size_t loop_count() const override { return loops_.size(); }
  base::LoopWithTransport loop(std::size_t index) override;
  const base::Clock& clock() const override { return clock_; }
  std::uint64_t next_seed() override { return random_.next(); }
  void run_callback(Task callback) override { callbacks_->push(std::move(callback)); }
  bool on_callback_thread() const override { return callbacks_->running(); }
  bool may_block() const override { return false; }

  // Time on the host's wall, against the scheduler's.
  void set_wall_offset(base::WallMillis offset) { clock_.set_wall_offset(offset); }

  // As SIGSTOP and SIGCONT.
  void pause(bool paused);

  // As SIGKILL: nothing runs from now on. Tasks are destroyed with the runtime, or by `clear`.
  void kill();
  void clear();

 private:
  SimClock clock_;
  base::Random random_;
  SimWorkers workers_;
  std::shared_ptr<SimQueue> callbacks_;
  std::vector<std::unique_ptr<SimLoop>> loops_;
  std::vector<std::unique_ptr<SimTransport>> transports_;
};

}  // namespace ottla::simulation
