#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ottla/consumer_config.h"
#include "ottla/producer_config.h"
#include "tests/simulation/end_to_end/broker_node.h"
#include "tests/simulation/end_to_end/chaos.h"
#include "tests/simulation/end_to_end/client_nodes.h"
#include "tests/simulation/end_to_end/history.h"

namespace ottla::simulation {

// What a run is like; the seed chooses the rest.
struct RunOptions {
  Acks acks = Acks::all;
  bool idempotent = true;
  std::string durability = "fsync";
  // From when the topic is made on, syncs of the broker's disk answer success and do nothing.
  bool disk_lies = false;
  ChaosOptions chaos;
  std::uint64_t records = 150;
  Duration chaos_lasts = std::chrono::milliseconds(600);
};

struct RunResult {
  std::vector<std::string> wrong;  // what cannot be, and what did not end
  std::string story;               // what was done to the broker and its clients
  std::string batches;             // what the broker's disk holds, if something is wrong
  std::uint64_t acknowledged = 0;
  std::uint64_t failed = 0;
  std::string first_failure;
  std::uint64_t resets = 0;
  std::uint64_t trace = 0;  // equal for equal runs

  // All that a test needs to say of a failure.
  std::string report() const;
};

// A broker, a producer and a consumer through trouble; afterwards another consumer reads the topic
// in peace, and the history is checked against what it finds.
RunResult run_produce_consume(std::uint64_t seed, const RunOptions& options);

}  // namespace ottla::simulation
