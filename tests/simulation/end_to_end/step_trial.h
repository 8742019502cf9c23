#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "tests/simulation/end_to_end/frame_proxy.h"
#include "tests/simulation/end_to_end/transaction_world.h"

namespace ottla::simulation {

struct StepTrialOptions {
  std::uint64_t seed = 1;
  bool first_kind = false;  // of transactions: before KIP-890
  NodeOptions broker{};
  std::function<void(ProducerConfig&)> tune_producer{};
  // Counts what it takes for a step of a transaction; those of a transaction's own APIs if empty.
  std::function<bool(const PassingFrame&)> counts{};
};

// A client that copies some records in a few transactions, exactly once each, behind a proxy that
// sees each of its requests: so that one thing can go wrong at one step. Whatever it was, the
// client, or who comes after it, must get on and be done.
class StepTrial {
 public:
  explicit StepTrial(const StepTrialOptions& options);

  // The faults; set before `run`, and called from when the copier begins. Steps count from 1, those
  // of requests apart from those of answers.
  std::function<Passage(std::uint64_t step, const PassingFrame& frame)> on_request;
  std::function<Passage(std::uint64_t step, const PassingFrame& frame)> on_answer;
  std::function<void()> on_begin;
  std::function<void()> between_steps;  // of the world

  TransactionRunResult run();

  TransactionWorld& world() { return world_; }
  TransactionWorld::Client& copier() { return copier_; }
  // Another process, on another machine, of the same transactional id.
  TransactionWorld::Client& rival() { return rival_; }
  // Another member of the group.
  TransactionWorld::Client& colleague() { return colleague_; }

  // All of these happen when what runs now is over.
  void start(TransactionWorld::Client& client);
  void kill(TransactionWorld::Client& client);
  void stop_for(TransactionWorld::Client& client, Duration time);
  // And its start, some time later.
  void crash_broker(Crash how);
  void fill_disk_for(Duration time);

 private:
  Passage on_frame(const PassingFrame& frame);
  bool prepare();
  bool work();

  const StepTrialOptions options_;
  TransactionWorld world_;
  SimNode& proxy_;
  SimNode& source_;
  TransactionWorld::Client& copier_;
  TransactionWorld::Client& rival_;
  TransactionWorld::Client& colleague_;
  bool begun_ = false;
  std::uint64_t requests_ = 0;
  std::uint64_t answers_ = 0;
};

}  // namespace ottla::simulation
