#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/simulation/simulation.h"

namespace ottla::simulation {

struct ChaosOptions {
  bool resets = true;           // connections break
  bool partitions = true;       // hosts do not hear each other for a while
  bool process_crashes = true;  // kill -9 of the broker, and a start some time later
  bool power_cuts = true;       // the same for its machine
  bool pauses = true;           // a process stands still for a while
  bool full_disks = true;       // the broker's disk has no room for a while
  bool clock_jumps = true;      // somebody sets a machine's wall clock, by minutes or hours
  Duration least_pause = std::chrono::milliseconds(5);  // between two of these
  Duration most_pause = std::chrono::milliseconds(120);
};

// How often something was done, by its kind.
using Tally = std::map<std::string, std::uint64_t>;

inline constexpr ChaosOptions kCalm{false, false, false, false, false, false, false};

// Disturbs a broker and its clients for some time, by the seed.
class Chaos {
 public:
  // `ready` tells whether the broker has started. Clients reach it at `door`, the broker itself if
  // null.
  Chaos(Simulation& simulation, SimNode& broker, std::vector<SimNode*> clients,
        const ChaosOptions& options, std::function<bool()> ready, SimNode* door = nullptr);

  // From now on; afterwards all is healed and the broker is up.
  void start(Duration lasts);
  bool over() const { return over_; }

  const Tally& faults() const { return faults_; }

  // What happened, for a failure's report.
  const std::string& story() const { return story_; }

 private:
  void next();
  void disturb();
  void crash(Crash how);
  void cut_off();
  void stand_still();
  void fill_disk();
  void set_clock();
  void end();
  void count(const std::string& kind, const std::string& which = {});
  void tell(const std::string& what);
  Duration between(Duration least, Duration most);

  Simulation& simulation_;
  SimNode& broker_;
  SimNode& door_;
  std::vector<SimNode*> clients_;
  ChaosOptions options_;
  std::function<bool()> ready_;
  base::Random random_;
  TimePoint until_{};
  bool over_ = false;
  Tally faults_;
  std::string story_;
};

}  // namespace ottla::simulation
