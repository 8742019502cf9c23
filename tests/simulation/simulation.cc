#include "tests/simulation/simulation.h"

#include <utility>

#include "base/assert.h"

namespace ottla::simulation {

SimNode::SimNode(Simulation& simulation, const std::string& name, const NodeOptions& options)
    : simulation_(simulation),
      options_(options),
      host_(simulation.network().add_host(name)),
      disk_(simulation.random().next(), options.disk, &simulation.scheduler()) {
  disk_.set_on_crash([this] { silence(false); });
}

SimNode::~SimNode() {
  if (running()) crash(Crash::process);
}

void SimNode::start(Application application) {
  make_ = std::move(application);
  start();
}

void SimNode::start() {
  OTTLA_ASSERT(!running(), "the node is running");
  simulation_.network().power_on(host_);
  runtime_ = std::make_unique<SimRuntime>(simulation_.scheduler(), simulation_.network(), host_,
                                          options_.runtime);
  runtime_->set_wall_offset(wall_offset_.count());
  if (make_) application_ = make_(*this);
}

SimRuntime& SimNode::runtime() {
  OTTLA_ASSERT(running(), "the node is not running");
  return *runtime_;
}

void SimNode::crash(Crash how) {
  OTTLA_ASSERT(running(), "the node is not running");
  // The order is that of a real end: first nothing runs or is heard, then memory goes.
  silence(how == Crash::power);
  how == Crash::power ? static_cast<void>(disk_.power_cut()) : disk_.process_crash();
  std::exchange(application_, nullptr).reset();
  runtime_.reset();
}

void SimNode::silence(bool power_cut) {
  if (!running()) return;
  runtime_->kill();
  simulation_.network().end_processes(host_, power_cut);
}

void SimNode::stop() {
  OTTLA_ASSERT(running(), "the node is not running");
  std::exchange(application_, nullptr).reset();
  runtime_->kill();
  simulation_.network().end_processes(host_, false);
  disk_.process_crash();
  runtime_.reset();
}

void SimNode::pause() {
  runtime().pause(true);
}

void SimNode::resume() {
  runtime().pause(false);
}

void SimNode::set_wall_offset(std::chrono::milliseconds offset) {
  wall_offset_ = offset;
  if (running()) runtime_->set_wall_offset(offset.count());
}

Simulation::Simulation(std::uint64_t seed, const SimulationOptions& options)
    : scheduler_(seed, options.scheduler),
      random_(scheduler_.random().next()),
      network_(scheduler_, options.network) {}

Simulation::~Simulation() = default;

SimNode& Simulation::add_node(const std::string& name, const NodeOptions& options) {
  nodes_.push_back(std::make_unique<SimNode>(*this, name, options));
  return *nodes_.back();
}

}  // namespace ottla::simulation
