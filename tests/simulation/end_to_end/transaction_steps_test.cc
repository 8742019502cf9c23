#include <gtest/gtest.h>

#include <iostream>

#include "base/endian.h"
#include "tests/simulation/end_to_end/step_trial.h"
#include "tests/simulation/seeds.h"

// One thing goes wrong at one step of a transaction; at every step, one after the other. Nothing is
// lost, doubled or torn by it, and work goes on.
namespace ottla::simulation {
namespace {

using namespace std::chrono_literals;

using Fate = Passage::Fate;

constexpr std::uint64_t kWorlds = 2;  // in which each step is tried

class TransactionSteps : public ::testing::TestWithParam<bool> {
 protected:
  // `arm` prepares a trial for a step, and answers what tells whether it was come to.
  using Reached = std::shared_ptr<bool>;
  using Arm = std::function<void(StepTrial& trial, std::uint64_t step, const Reached& reached)>;

  void at_every_step(const Arm& arm, StepTrialOptions options = {}) {
    options.first_kind = GetParam();
    for_each_step(kWorlds, [&](std::uint64_t world, std::uint64_t step) {
      options.seed = world;
      StepTrial trial(options);
      const auto reached = std::make_shared<bool>(false);
      arm(trial, step, reached);
      const auto result = trial.run();
      EXPECT_TRUE(result.wrong.empty()) << "step " << step << ": " << result.report();
      if (*reached) ++steps_;
      return *reached;
    });
    EXPECT_GT(steps_, 0U);
  }
  void TearDown() override { std::cout << steps_ << " steps\n"; }

  // `act` at each request, or at each answer.
  using Act = std::function<Passage(StepTrial& trial, const PassingFrame& frame)>;
  void at_every_request(const Act& act, const StepTrialOptions& options = {}) {
    at_every_step(
        [&act](StepTrial& trial, std::uint64_t step, const Reached& reached) {
          trial.on_request = when(trial, step, reached, act);
        },
        options);
  }
  void at_every_answer(const Act& act, const StepTrialOptions& options = {}) {
    at_every_step(
        [&act](StepTrial& trial, std::uint64_t step, const Reached& reached) {
          trial.on_answer = when(trial, step, reached, act);
        },
        options);
  }

  std::uint64_t steps_ = 0;

 private:
  static std::function<Passage(std::uint64_t, const PassingFrame&)> when(StepTrial& trial,
                                                                         std::uint64_t step,
                                                                         const Reached& reached,
                                                                         const Act& act) {
    return [&trial, step, reached, &act](std::uint64_t at, const PassingFrame& frame) -> Passage {
      if (at != step) return {};
      *reached = true;
      return act(trial, frame);
    };
  }
};
INSTANTIATE_TEST_SUITE_P(Kinds, TransactionSteps, ::testing::Bool(),
                         [](const auto& param) { return param.param ? "first" : "second"; });

TEST_P(TransactionSteps, have_a_client_killed_before_any_request) {
  at_every_request([](StepTrial& trial, const PassingFrame&) -> Passage {
    trial.kill(trial.copier());
    return {Fate::never};
  });
}

TEST_P(TransactionSteps, have_a_client_killed_behind_any_request) {
  at_every_request([](StepTrial& trial, const PassingFrame&) -> Passage {
    trial.kill(trial.copier());
    return {};
  });
}

TEST_P(TransactionSteps, have_the_broker_killed_before_any_request) {
  at_every_request([](StepTrial& trial, const PassingFrame&) -> Passage {
    trial.crash_broker(Crash::process);
    return {Fate::never};
  });
}

TEST_P(TransactionSteps, have_the_broker_without_power_before_any_answer) {
  at_every_answer([](StepTrial& trial, const PassingFrame&) -> Passage {
    trial.crash_broker(Crash::power);
    return {Fate::never};
  });
}

TEST_P(TransactionSteps, have_any_request_lost) {
  at_every_request([](StepTrial&, const PassingFrame&) -> Passage { return {Fate::never}; });
}

TEST_P(TransactionSteps, have_any_answer_lost) {
  at_every_answer([](StepTrial&, const PassingFrame&) -> Passage { return {Fate::never}; });
}

TEST_P(TransactionSteps, have_any_request_doubled) {
  at_every_request([](StepTrial&, const PassingFrame&) -> Passage { return {Fate::twice}; });
}

TEST_P(TransactionSteps, have_any_answer_doubled) {
  at_every_answer([](StepTrial&, const PassingFrame&) -> Passage { return {Fate::twice}; });
}

// Its client has asked again meanwhile, and gone on.
TEST_P(TransactionSteps, have_any_request_come_late) {
  at_every_request([](StepTrial&, const PassingFrame&) -> Passage { return {Fate::pass, 700ms}; });
}

TEST_P(TransactionSteps, have_any_answer_come_late) {
  at_every_answer([](StepTrial&, const PassingFrame&) -> Passage { return {Fate::pass, 700ms}; });
}

// Nobody asked again, as if the network had made two of one: only what is new in KIP-890 tells the
// requests of one transaction from those of the next.
class TransactionStepsOfTheSecondKind : public TransactionSteps {};
INSTANTIATE_TEST_SUITE_P(Only, TransactionStepsOfTheSecondKind, ::testing::Values(false));

TEST_P(TransactionStepsOfTheSecondKind, have_any_request_come_again_in_the_next_transaction) {
  for (const auto after : {5ms, 12ms, 40ms}) {
    at_every_request([after](StepTrial&, const PassingFrame&) -> Passage {
      return {Fate::once_more, after};
    });
  }
}

// And where it is not there, that is found out: the commit of one transaction ends the next.
TEST(TransactionStepsOfTheFirstKind, are_torn_by_a_commit_that_comes_again_in_the_next_one) {
  StepTrialOptions options;
  options.first_kind = true;
  options.counts = [](const PassingFrame& frame) { return frame.api == ApiKey::end_txn; };
  const auto found = count_seeds(60, [&options](std::uint64_t seed) {
    options.seed = seed;
    StepTrial trial(options);
    const auto after = std::chrono::milliseconds(8 + seed % 12);
    trial.on_request = [after](std::uint64_t step, const PassingFrame&) -> Passage {
      return {step <= 2 ? Fate::once_more : Fate::pass, after};
    };
    return !trial.run().anomalies.empty();
  });
  EXPECT_GT(found, 10U);
}

TEST_P(TransactionSteps, have_their_id_hijacked_at_any_request) {
  at_every_request([](StepTrial& trial, const PassingFrame&) -> Passage {
    trial.start(trial.rival());
    return {Fate::pass, 2s};
  });
}

TEST_P(TransactionSteps, have_a_zombie_come_back_from_any_request) {
  at_every_request([](StepTrial& trial, const PassingFrame&) -> Passage {
    trial.stop_for(trial.copier(), 2s);
    trial.start(trial.rival());
    return {};
  });
}

TEST_P(TransactionSteps, have_a_coordinator_that_loads_at_any_request) {
  StepTrialOptions slow;
  slow.broker.runtime.workers = {.count = 2, .least = 20ms, .most = 60ms};
  slow.tune_producer = [](ProducerConfig& config) {
    config.transaction_timeout = 10s;
    config.max_block = 10s;
  };
  std::uint64_t loading = 0;
  at_every_step(
      [&loading](StepTrial& trial, std::uint64_t step, const Reached& reached) {
        trial.on_request = [&trial, step, reached](std::uint64_t at, const PassingFrame&) {
          if (at != step) return Passage{};
          *reached = true;
          trial.crash_broker(Crash::process);
          return Passage{Fate::never};
        };
        trial.on_answer = [&loading](std::uint64_t, const PassingFrame& frame) {
          // Behind size, correlation id, tags and throttle time.
          const bool tells = frame.api == ApiKey::init_producer_id || frame.api == ApiKey::end_txn;
          const auto code = static_cast<ErrorCode>(
              tells ? base::load_be<std::int16_t>(frame.bytes.data() + 13) : 0);
          if (code == ErrorCode::coordinator_load_in_progress) ++loading;
          return Passage{};
        };
      },
      slow);
  constexpr std::uint64_t all = 20;  // builds with sanitizers run a few of the steps
  if (steps_ > all) {
    EXPECT_GT(loading, 0U);
  }
}

TEST_P(TransactionSteps, have_a_rebalance_in_the_middle_of_send_offsets) {
  StepTrialOptions of_offsets;
  of_offsets.counts = [](const PassingFrame& frame) {
    return frame.api == ApiKey::add_offsets_to_txn || frame.api == ApiKey::txn_offset_commit;
  };
  const Act join = [](StepTrial& trial, const PassingFrame&) -> Passage {
    trial.start(trial.colleague());
    return {Fate::pass, 250ms};
  };
  at_every_request(join, of_offsets);
  at_every_answer(join, of_offsets);
}

// The commit comes to the coordinator before, while and after it aborts what took too long.
TEST_P(TransactionSteps, have_a_transaction_time_out_while_it_is_committed) {
  StepTrialOptions patient;
  patient.tune_producer = [](ProducerConfig& config) {
    config.transaction_timeout = 300ms;
    config.request_timeout = 5s;
    config.delivery_timeout = 10s;
  };
  patient.counts = [](const PassingFrame& frame) { return frame.api == ApiKey::end_txn; };
  for (const Duration held : {Duration(250ms), Duration(290ms), Duration(350ms), Duration(600ms)}) {
    const Act hold = [held](StepTrial&, const PassingFrame&) -> Passage {
      return {Fate::pass, held};
    };
    at_every_request(hold, patient);
    at_every_answer(hold, patient);
  }
}

void crash_at(StepTrial& trial, std::uint64_t change, Crash how, bool after,
              const std::shared_ptr<bool>& reached) {
  auto& broker = trial.world().broker();
  trial.on_begin = [&broker, change, after] { broker.disk().crash_at(change - 1, after); };
  trial.between_steps = [&trial, &broker, how, reached] {
    if (*reached || !broker.disk().crashed()) return;
    *reached = true;
    trial.crash_broker(how);
  };
}

TEST_P(TransactionSteps, have_the_broker_killed_at_any_change_of_its_disk) {
  for (const bool after : {false, true}) {
    at_every_step([after](StepTrial& trial, std::uint64_t step, const Reached& reached) {
      crash_at(trial, step, Crash::process, after, reached);
    });
  }
}

TEST_P(TransactionSteps, have_the_power_cut_at_any_change_of_the_disk) {
  for (const bool after : {false, true}) {
    at_every_step([after](StepTrial& trial, std::uint64_t step, const Reached& reached) {
      crash_at(trial, step, Crash::power, after, reached);
    });
  }
}

// At a marker, at what the coordinator says of it, and at everything else.
TEST_P(TransactionSteps, have_the_disk_full_at_any_change_of_it) {
  at_every_step([](StepTrial& trial, std::uint64_t step, const Reached& reached) {
    auto& disk = trial.world().broker().disk();
    auto full_at = std::make_shared<std::uint64_t>(0);
    trial.on_begin = [&disk, step, full_at] { *full_at = disk.changes() + step - 1; };
    trial.between_steps = [&trial, &disk, full_at, reached] {
      if (*reached || disk.changes() < *full_at) return;
      *reached = true;
      trial.fill_disk_for(400ms);
    };
  });
}

}  // namespace
}  // namespace ottla::simulation
