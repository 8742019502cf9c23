#include <gtest/gtest.h>

#include "protocol/record/control_record.h"
#include "tests/unit/log/log_fixture.h"

namespace ottla::broker {
namespace {

constexpr auto kOk = ErrorCode::none;
constexpr auto kOldEpoch = ErrorCode::invalid_producer_epoch;
constexpr auto kOldCoordinator = ErrorCode::transaction_coordinator_fenced;

class Transactions : public testing::Test {
 protected:
  Transactions() { f_.create(); }

  ErrorCode write(std::int64_t id, std::int16_t epoch, std::int32_t sequence) {
    auto done = f_.append(batch_of({{"v"}}, producer(id, epoch, sequence), true));
    return done ? kOk : done.error().code();
  }

  ErrorCode end(std::int64_t id, std::int16_t epoch, bool commit, std::int32_t coordinator = 0) {
    auto marker = protocol::end_transaction_batch({commit, coordinator}, ProducerId(id),
                                                  ProducerEpoch(epoch), 1'700'000'000'000);
    auto done = f_.append(std::move(marker), LeaderEpoch(1), AppendOrigin::coordinator);
    return done ? kOk : done.error().code();
  }

  ErrorCode check_end(std::int64_t id, std::int16_t epoch, std::int32_t coordinator,
                      std::int16_t version) {
    auto checked =
        f_.log->producers().check_end(ProducerId(id), ProducerEpoch(epoch), coordinator, version);
    return checked ? kOk : checked.error().code();
  }

  LogFixture f_;
};

TEST_F(Transactions, refuse_an_end_of_an_older_producer_or_an_older_coordinator) {
  ASSERT_EQ(write(9, 3, 0), kOk);
  EXPECT_EQ(end(9, 2, true, 5), kOldEpoch);
  EXPECT_EQ(end(9, 3, true, 5), kOk);
  EXPECT_EQ(end(9, 3, true, 4), kOldCoordinator);
  EXPECT_EQ(f_.log->log_end_offset(), Offset(2)) << "what is refused is not in the log";
  EXPECT_EQ(end(9, 4, true, 5), kOk);
  EXPECT_EQ(write(9, 3, 1), kOldEpoch) << "the marker has fenced the producer";
  EXPECT_EQ(write(9, 4, 0), kOk);
}

TEST_F(Transactions, want_a_raised_epoch_of_the_ends_of_version_2) {
  EXPECT_EQ(check_end(9, 0, 0, 2), kOk) << "nothing is known of the producer";
  ASSERT_EQ(write(9, 3, 0), kOk);
  EXPECT_EQ(check_end(9, 3, 0, 1), kOk);
  EXPECT_EQ(check_end(9, 3, 0, 2), kOldEpoch) << "it would end a later transaction";
  EXPECT_EQ(check_end(9, 4, 0, 2), kOk);
  ASSERT_EQ(end(9, 4, true), kOk);
  EXPECT_EQ(check_end(9, 4, 0, 2), kOk) << "written again, it does no harm";
  EXPECT_EQ(check_end(9, 3, 0, 2), kOldEpoch);
  ASSERT_EQ(write(9, 4, 0), kOk);
  EXPECT_EQ(check_end(9, 4, 0, 2), kOldEpoch) << "the next transaction has begun";
}

TEST_F(Transactions, an_end_without_records_is_written_and_moves_nothing) {
  EXPECT_EQ(end(9, 0, false), kOk);
  EXPECT_EQ(end(9, 0, false), kOk);
  EXPECT_EQ(f_.log->log_end_offset(), Offset(2));
  EXPECT_EQ(f_.log->producers().first_unstable_offset(Offset(0)), std::nullopt);
}

TEST_F(Transactions, the_coordinators_own_batches_are_fenced_but_have_no_sequences) {
  const auto commit_offsets = [&](std::int16_t epoch, bool transactional) {
    const protocol::ProducerState state{ProducerId(9), ProducerEpoch(epoch), kNoSequence};
    auto done = f_.append(batch_of({{"v"}}, state, transactional), LeaderEpoch(1),
                          AppendOrigin::coordinator);
    return done ? kOk : done.error().code();
  };
  EXPECT_EQ(commit_offsets(3, true), kOk);
  EXPECT_EQ(commit_offsets(3, true), kOk);
  EXPECT_EQ(commit_offsets(2, true), kOldEpoch);
  EXPECT_EQ(commit_offsets(3, false), ErrorCode::invalid_txn_state);
  EXPECT_EQ(f_.log->producers().first_unstable_offset(Offset(9)), Offset(0));
}

TEST_F(Transactions, that_were_deleted_hold_no_reader_back) {
  ASSERT_EQ(write(9, 3, 0), kOk);
  ASSERT_TRUE(f_.append(make_batch("later")));
  f_.log->flush_soon();
  f_.loop.run();
  EXPECT_EQ(f_.log->last_stable_offset(), Offset(0));
  ASSERT_TRUE(f_.log->advance_log_start_offset(Offset(1)));
  EXPECT_EQ(f_.log->last_stable_offset(), Offset(1));
}

}  // namespace
}  // namespace ottla::broker
