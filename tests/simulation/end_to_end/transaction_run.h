#pragma once

#include <cstdint>

#include "tests/simulation/end_to_end/transaction_world.h"

namespace ottla::simulation {

struct TransactionRunOptions {
  ChaosOptions chaos;
  Duration chaos_lasts = std::chrono::milliseconds(1500);
  std::uint64_t bank_clients = 3;  // at most
  std::uint64_t copy_clients = 3;  // at most
  bool client_crashes = true;
  bool shared_ids = true;   // two processes may have one transactional id
  bool first_kind = false;  // of transactions: before KIP-890
  // read_uncommitted plants a bug: what was aborted is polled.
  IsolationLevel reads = IsolationLevel::read_committed;
};

// A broker, clients that move money in transactions, and clients that copy what is committed to
// another topic, exactly once each; all of them are killed and come back, and so is the broker.
// Then peace, and the history of everything is checked.
TransactionRunResult run_transactions(std::uint64_t seed, const TransactionRunOptions& options);

}  // namespace ottla::simulation
