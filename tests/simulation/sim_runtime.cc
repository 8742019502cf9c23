#include "tests/simulation/sim_runtime.h"

#include "base/assert.h"

namespace ottla::simulation {

SimRuntime::SimRuntime(SimScheduler& scheduler, SimNetwork& network, SimHost& host,
                       const RuntimeOptions& options)
    : clock_(scheduler),
      random_(scheduler.random().next()),
      workers_(scheduler, options.workers),
      callbacks_(std::make_shared<SimQueue>(scheduler, SimContext::callback)) {
  for (std::size_t i = 0; i < options.loops; ++i) {
    loops_.push_back(std::make_unique<SimLoop>(scheduler, workers_, clock_));
    transports_.push_back(std::make_unique<SimTransport>(network, host, loops_.back()->queue()));
  }
}

SimRuntime::~SimRuntime() {
  kill();
  clear();
}

base::LoopWithTransport SimRuntime::loop(std::size_t index) {
  OTTLA_ASSERT(index < loops_.size(), "there is no such loop");
  return {loops_[index].get(), transports_[index].get()};
}

void SimRuntime::pause(bool paused) {
  for (auto& loop : loops_) loop->queue()->pause(paused);
  callbacks_->pause(paused);
  workers_.pause(paused);
}

void SimRuntime::kill() {
  for (auto& loop : loops_) loop->queue()->close();
  callbacks_->close();
  workers_.pause(true);
}

void SimRuntime::clear() {
  workers_.clear();
  for (auto& loop : loops_) loop->queue()->clear();
  callbacks_->clear();
}

}  // namespace ottla::simulation
