#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/sim_disk.h"
#include "tests/simulation/sim_runtime.h"

namespace ottla::simulation {

class Simulation;

struct NodeOptions {
  RuntimeOptions runtime;
  DiskOptions disk;
};

enum class Crash : std::uint8_t {
  process,  // kill -9: the machine goes on, peers hear of it, the disk loses nothing
  power,    // the machine falls silent; the disk loses what was not synced
};

// One machine: a host on the network, a disk, and while it is up a runtime and what runs on it.
// Made by a Simulation, which owns it.
class SimNode {
 public:
  // Makes what runs on the node; called at each start, outside all loops. What it returns is
  // destroyed at a crash: by then the disk and the network no longer hear it.
  using Application = std::function<std::shared_ptr<void>(SimNode&)>;

  SimNode(Simulation& simulation, const std::string& name, const NodeOptions& options);
  ~SimNode();
  SimNode(const SimNode&) = delete;
  SimNode& operator=(const SimNode&) = delete;

  const std::string& name() const { return host_.name; }
  const std::string& address() const { return host_.address; }
  SimHost& host() { return host_; }
  SimDisk& disk() { return disk_; }
  Simulation& simulation() { return simulation_; }

  // Starts a runtime, and the application in it.
  void start(Application application);
  void start();  // the application of the last start; or none

  bool running() const { return runtime_ != nullptr; }
  SimRuntime& runtime();
  base::Loop& loop(std::size_t index = 0) { return *runtime().loop(index).loop; }
  base::Transport& transport(std::size_t index = 0) { return *runtime().loop(index).transport; }

  // Ends everything that runs here, without a word. Not from a task of this node. Must follow when
  // a change of the disk has killed the process (SimDisk::crash_at): it is silent from then on.
  void crash(Crash how);

  // Ends what runs here as a process does that closed all it had before: the application is
  // destroyed while disk and network still listen, then the runtime.
  void stop();

  // As SIGSTOP and SIGCONT.
  void pause();
  void resume();

  // Sets the machine's wall clock, against the scheduler's; it stays so through crashes.
  void set_wall_offset(std::chrono::milliseconds offset);

 private:
  void silence(bool power_cut);

  Simulation& simulation_;
  NodeOptions options_;
  SimHost& host_;
  SimDisk disk_;
  Application make_;
  std::unique_ptr<SimRuntime> runtime_;
  std::shared_ptr<void> application_;
  std::chrono::milliseconds wall_offset_{};
};

struct SimulationOptions {
  SchedulerOptions scheduler;
  NetworkOptions network;
};

// A world of its own: time, network and machines, all from one seed.
class Simulation {
 public:
  explicit Simulation(std::uint64_t seed, const SimulationOptions& options = {});
  ~Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  SimScheduler& scheduler() { return scheduler_; }
  SimNetwork& network() { return network_; }
  base::Random& random() { return random_; }

  // The node lives as long as the simulation; it is not started.
  SimNode& add_node(const std::string& name, const NodeOptions& options = {});

  bool run_until(const std::function<bool()>& done, Duration limit) {
    return scheduler_.run_until(done, limit);
  }
  bool run_for(Duration time) { return scheduler_.run_for(time); }
  TimePoint now() const { return scheduler_.now(); }
  void after(Duration delay, Task task) { scheduler_.after(delay, std::move(task)); }

 private:
  SimScheduler scheduler_;
  base::Random random_;
  SimNetwork network_;
  std::vector<std::unique_ptr<SimNode>> nodes_;
};

}  // namespace ottla::simulation
