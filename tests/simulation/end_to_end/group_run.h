#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/simulation/end_to_end/chaos.h"

namespace ottla::simulation {

struct GroupRunOptions {
  std::size_t most_members = 20;
  std::uint64_t most_partitions = 24;
  std::string assignor = "cooperative-sticky";
  bool static_members = false;
  bool commit_too_early = false;  // a planted bug
  bool lost_frames = true;        // single requests and answers do not arrive, or late
  ChaosOptions chaos;
  Duration chaos_lasts = std::chrono::milliseconds(1500);
  std::uint64_t records = 400;
};

struct GroupRunResult {
  std::vector<std::string> wrong;
  std::string story;
  std::uint64_t processed = 0;
  std::uint64_t joins = 0;  // of members, in all
  std::size_t most_at_once = 0;
  std::uint64_t lost = 0;  // requests and answers
  std::uint64_t late = 0;

  std::string report() const;
};

// A broker, a producer, and members of one group that come, work, leave, vanish and stand still;
// then peace: all records are processed, and every partition has one owner.
GroupRunResult run_group(std::uint64_t seed, const GroupRunOptions& options);

}  // namespace ottla::simulation
