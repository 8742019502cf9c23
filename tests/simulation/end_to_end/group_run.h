#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/simulation/end_to_end/chaos.h"

namespace ottla::simulation {

struct GroupRunOptions {
  std::size_t most_members = 8;
  std::string assignor = "cooperative-sticky";
  bool static_members = false;
  ChaosOptions chaos;
  Duration chaos_lasts = std::chrono::milliseconds(1500);
  std::uint64_t records = 200;
};

struct GroupRunResult {
  std::vector<std::string> wrong;
  std::string story;
  std::uint64_t processed = 0;
  std::uint64_t joins = 0;  // of members, in all

  std::string report() const;
};

// A broker, a producer, and members of one group that come, work, leave, vanish and stand still;
// then peace: all records are processed, and every partition has one owner.
GroupRunResult run_group(std::uint64_t seed, const GroupRunOptions& options);

}  // namespace ottla::simulation
