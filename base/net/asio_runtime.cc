#include "base/net/asio_runtime.h"

#include <mutex>
#include <vector>

#include "base/assert.h"
#include "base/net/asio_loop.h"
#include "base/net/socket_transport.h"
#include "base/net/worker_pool.h"

namespace ottla::base {
namespace {

class AsioRuntime final : public Runtime {
 public:
  explicit AsioRuntime(const RuntimeOptions& options)
      : callbacks_on_loop_(options.callbacks_on_loop), workers_("ottla-worker", options.workers) {
    OTTLA_ASSERT(options.loops > 0, "a runtime has at least one loop");
    for (std::size_t i = 0; i < options.loops; ++i) {
      auto& tenant = loops_.emplace_back();
      tenant.loop = std::make_unique<AsioLoop>("ottla-loop-" + std::to_string(i), workers_,
                                               options.busy_poll);
      tenant.transport =
          std::make_unique<SocketTransport>(*tenant.loop, resolvers_, options.log.named("network"));
    }
    for (auto& each : loops_) each.loop->start();
  }

  // Callbacks may wait for workers and loops, workers only report to loops: so they end in this
  // order. What is left is destroyed when no thread runs any more.
  ~AsioRuntime() override {
    callbacks_.stop();
    workers_.stop();
    resolvers_.stop();
    for (auto& each : loops_) each.loop->stop();
    callbacks_.discard();
    workers_.discard();
    resolvers_.discard();
    for (auto& each : loops_) each.loop->discard();
    for (auto& each : loops_) each.transport.reset();
  }

  std::size_t loop_count() const override { return loops_.size(); }
  LoopWithTransport loop(std::size_t index) override {
    OTTLA_ASSERT(index < loops_.size(), "the runtime has no such loop");
    return {loops_[index].loop.get(), loops_[index].transport.get()};
  }

  const Clock& clock() const override { return clock_; }

  std::uint64_t next_seed() override {
    std::lock_guard guard(seeds_mutex_);
    return seeds_.next();
  }

  void run_callback(Task callback) override {
    if (callbacks_on_loop_) return loops_.front().loop->post(std::move(callback));
    callbacks_.add(std::move(callback));
  }
  bool on_callback_thread() const override {
    return callbacks_on_loop_ ? loops_.front().loop->on_loop_thread() : callbacks_.on_thread();
  }
  bool may_block() const override { return true; }

 private:
  struct LoopAndSockets {
    std::unique_ptr<AsioLoop> loop;
    std::unique_ptr<SocketTransport> transport;
  };

  const RealClock clock_;
  const bool callbacks_on_loop_;
  std::mutex seeds_mutex_;
  Random seeds_ = Random::from_system();  // guarded by seeds_mutex_
  WorkerPool callbacks_{"ottla-callback", 1};
  WorkerPool resolvers_{"ottla-resolve", 1};
  WorkerPool workers_;
  std::vector<LoopAndSockets> loops_;
};

}  // namespace

std::unique_ptr<Runtime> start_runtime(const RuntimeOptions& options) {
  return std::make_unique<AsioRuntime>(options);
}

}  // namespace ottla::base
