#include "tests/unit/client/transaction/transaction_world.h"

// What goes wrong on the way, at every step: everything is committed once, or not at all.
namespace ottla::client {
namespace {

constexpr int kTransactions = 6;

struct Fault {
  ApiKey api;
  Trick trick;
  ErrorCode error = ErrorCode::none;
};

class Copier {
 public:
  Copier(TransactionWorld& world, std::shared_ptr<ProducerCore> producer)
      : world_(world), producer_(std::move(producer)) {}

  // One transaction, until it is committed: two records, and the offset behind them.
  void run(int number, bool commit) {
    while (!try_once(number, commit)) {
      ASSERT_LT(++attempts_, 100);
    }
  }

 private:
  bool try_once(int number, bool commit) {
    EXPECT_TRUE(producer_->begin_transaction());
    const auto value = std::to_string(number);
    for (int partition = 0; partition < 2; ++partition) {
      if (!world_.send(*producer_, value, partition)) return !abort();
    }
    const auto offsets = until_known([&] {
      return producer_->send_offsets_to_transaction({{{"t", 0}, {.offset = number + 1}}},
                                                    {.group_id = "g"});
    });
    if (!commit) {
      EXPECT_TRUE(abort());
      return true;
    }
    const auto committed = until_known([&] { return producer_->commit_transaction(); });
    if (committed) {
      EXPECT_TRUE(offsets) << offsets.error();
      return true;
    }
    EXPECT_TRUE(committed.error().abortable()) << committed.error();
    return !abort();
  }

  bool abort() {
    const auto aborted = until_known([&] { return producer_->abort_transaction(); });
    EXPECT_TRUE(aborted) << aborted.error();
    return aborted.has_value();
  }

  template <class F>
  Result<void> until_known(F call) {
    for (;;) {
      auto outcome = world_.await(call());
      if (outcome || outcome.error().code() != ErrorCode::timed_out) return outcome;
    }
  }

  TransactionWorld& world_;
  std::shared_ptr<ProducerCore> producer_;
  int attempts_ = 0;
};

void run(bool v2, const Fault& fault, std::uint64_t after) {
  SCOPED_TRACE(::testing::Message()
               << (v2 ? "second kind" : "first kind") << ", api " << static_cast<int>(fault.api)
               << ", trick " << static_cast<int>(fault.trick) << ", error "
               << static_cast<int>(fault.error) << ", after " << after);
  TransactionWorld world(v2);
  world.cluster.play(
      {.trick = fault.trick, .api = fault.api, .after = after, .delay = 3s, .error = fault.error});
  const auto producer = world.open();
  Copier copier(world, producer);
  Values expected;
  std::int64_t offset = 0;
  for (int i = 0; i < kTransactions; ++i) {
    const bool commit = i % 3 != 1;
    copier.run(i, commit);
    if (!commit) continue;
    expected.push_back(std::to_string(i));
    offset = i + 1;
  }
  EXPECT_EQ(world.committed(0), expected);
  EXPECT_EQ(world.committed(1), expected);
  EXPECT_EQ((world.cluster.group().offsets[{"t", 0}]), offset);
  world.close(producer);
  EXPECT_EQ(world.cluster.bad_requests(), 0U);
}

class TransactionFaults : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Kinds, TransactionFaults, ::testing::Bool(),
                         [](const auto& param) { return param.param ? "second" : "first"; });

constexpr ApiKey kApis[] = {ApiKey::find_coordinator,
                            ApiKey::init_producer_id,
                            ApiKey::add_partitions_to_txn,
                            ApiKey::add_offsets_to_txn,
                            ApiKey::txn_offset_commit,
                            ApiKey::produce,
                            ApiKey::end_txn};

TEST_P(TransactionFaults, lost_late_and_doubled_answers_at_every_step) {
  for (const auto api : kApis) {
    for (const auto trick : {Trick::close_before, Trick::close_after, Trick::delay, Trick::twice,
                             Trick::garbage, Trick::stall}) {
      for (std::uint64_t after = 0; after < 4; ++after) run(GetParam(), {api, trick}, after);
    }
  }
}

TEST_P(TransactionFaults, a_coordinator_that_moves_loads_or_is_busy_at_every_step) {
  for (const auto api : kApis) {
    if (api == ApiKey::produce) continue;
    for (const auto error :
         {ErrorCode::not_coordinator, ErrorCode::coordinator_not_available,
          ErrorCode::coordinator_load_in_progress, ErrorCode::concurrent_transactions}) {
      if (api == ApiKey::find_coordinator && error != ErrorCode::coordinator_not_available)
        continue;
      for (std::uint64_t after = 0; after < 3; ++after) {
        run(GetParam(), {api, Trick::error, error}, after);
      }
    }
  }
}

TEST_P(TransactionFaults, what_can_be_aborted_at_every_step) {
  for (const auto api : {ApiKey::add_partitions_to_txn, ApiKey::add_offsets_to_txn,
                         ApiKey::txn_offset_commit, ApiKey::produce}) {
    for (const auto error : {ErrorCode::transaction_abortable, ErrorCode::unknown_producer_id,
                             ErrorCode::invalid_producer_id_mapping}) {
      // The scripted coordinator knows the id all the same.
      if (GetParam() && error == ErrorCode::invalid_producer_id_mapping) continue;
      for (std::uint64_t after = 0; after < 3; ++after) {
        run(GetParam(), {api, Trick::error, error}, after);
      }
    }
  }
}

TEST_P(TransactionFaults, answers_that_leave_out_or_invent_partitions) {
  for (const auto api :
       {ApiKey::add_partitions_to_txn, ApiKey::txn_offset_commit, ApiKey::produce}) {
    for (const auto trick :
         {Trick::missing_partition, Trick::foreign_partition, Trick::doubled_partition}) {
      for (std::uint64_t after = 0; after < 3; ++after) run(GetParam(), {api, trick}, after);
    }
  }
}

}  // namespace
}  // namespace ottla::client
