#pragma once

#include <cstdint>

#include "tests/simulation/end_to_end/frame_proxy.h"

namespace ottla::simulation {

// The machine at which clients reach a broker: of what passes it, single requests and answers do
// not arrive, and others come late, by the seed. Rates are those of the run; nothing happens to
// anything once it is shut.
class LossyDoor {
 public:
  struct Rates {
    std::uint64_t lost_one_in = 0;  // 0: none
    std::uint64_t late_one_in = 0;
    Duration latest = std::chrono::milliseconds(800);
  };
  LossyDoor(SimNode& node, SimNode& broker, const Rates& rates);

  void start();
  // From now on everything arrives, and at once.
  void shut() { rates_ = {}; }

  SimNode& node() { return node_; }
  std::uint64_t lost() const { return lost_; }
  std::uint64_t late() const { return late_; }

 private:
  Passage on_frame();

  SimNode& node_;
  SimNode& broker_;
  Rates rates_;
  base::Random random_;
  std::uint64_t lost_ = 0;
  std::uint64_t late_ = 0;
};

}  // namespace ottla::simulation
