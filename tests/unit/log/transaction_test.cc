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

  // The producers and first offsets of what was aborted among `from` to `bound`, as readers are
  // told.
  using Told = std::vector<std::pair<std::int64_t, std::int64_t>>;
  Told aborted(std::int64_t from, std::int64_t bound = 1 << 20, std::size_t max_bytes = 1 << 20) {
    const auto read = f_.read(Offset(from), Offset(bound), max_bytes);
    EXPECT_TRUE(read) << read.error();
    Told told;
    for (const auto& each : read->aborted) {
      told.emplace_back(each.producer_id.value, each.first_offset.value);
    }
    return told;
  }

  std::vector<AbortedTransaction> entries() {
    std::vector<AbortedTransaction> all;
    for (auto segment : f_.log->segments()) {
      const auto of_segment = segment.transaction_index().all().value();
      all.insert(all.end(), of_segment.begin(), of_segment.end());
    }
    return all;
  }

  void open(bool clean, std::int64_t recovery_point = 0) {
    const auto opened = f_.open(clean, Offset(recovery_point));
    ASSERT_TRUE(opened) << opened.error();
  }

  static constexpr auto kIndex = "00000000000000000000.txnindex";

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

// 1 and 2 overlap, 3 comes behind them: offsets 0 to 8.
class AbortedTransactionsTest : public Transactions {
 protected:
  using Entries = std::vector<AbortedTransaction>;
  const Entries kAll = {{ProducerId(2), Offset(1), Offset(4), Offset(0)},
                        {ProducerId(1), Offset(0), Offset(5), Offset(6)},
                        {ProducerId(3), Offset(6), Offset(8), Offset(9)}};

  void write_all() {
    ASSERT_EQ(write(1, 0, 0), kOk);
    ASSERT_EQ(write(2, 0, 0), kOk);
    ASSERT_EQ(write(4, 0, 0), kOk);
    ASSERT_EQ(write(1, 0, 1), kOk);
    ASSERT_EQ(end(2, 0, false), kOk);
    ASSERT_EQ(end(1, 0, false), kOk);
    ASSERT_EQ(write(3, 0, 0), kOk);
    ASSERT_EQ(end(4, 0, true), kOk);
    ASSERT_EQ(end(3, 0, false), kOk);
  }
};

TEST_F(AbortedTransactionsTest, are_told_to_whoever_reads_among_their_records) {
  write_all();
  EXPECT_EQ(aborted(0), (Told{{2, 1}, {1, 0}, {3, 6}}));
  EXPECT_EQ(aborted(0, 1), (Told{{1, 0}}));
  EXPECT_EQ(aborted(0, 6), (Told{{2, 1}, {1, 0}}));
  EXPECT_EQ(aborted(4), (Told{{2, 1}, {1, 0}, {3, 6}}));
  EXPECT_EQ(aborted(5), (Told{{1, 0}, {3, 6}})) << "2 has ended before";
  EXPECT_EQ(aborted(6), (Told{{3, 6}}));
  EXPECT_EQ(aborted(8), (Told{{3, 6}}));
  EXPECT_EQ(aborted(0, 1 << 20, 1), (Told{{1, 0}})) << "of one batch";
  EXPECT_TRUE(f_.log->read({.from = Offset(0), .max_bytes = 1 << 20})->aborted.empty())
      << "nobody asked";
}

// The last stable offset of an entry is that of other transactions, once the marker counts.
TEST_F(AbortedTransactionsTest, are_written_down_with_the_last_stable_offset) {
  write_all();
  auto expected = kAll;
  expected[1].last_stable_offset = Offset(2);  // 4 is open
  expected[2].last_stable_offset = Offset(9);
  EXPECT_EQ(entries(), expected);
  ASSERT_TRUE(f_.close());
  const auto bytes = f_.partition_directory()->read_file(kIndex).value();
  EXPECT_EQ(parse_transaction_index(bytes).value(), expected);
}

TEST_F(AbortedTransactionsTest, are_made_anew_after_a_crash) {
  write_all();
  const auto before = entries();
  f_.crash();
  EXPECT_FALSE(f_.partition_directory()->exists(kIndex)) << "they were in memory";
  open(false);
  EXPECT_EQ(entries(), before);
  EXPECT_EQ(aborted(5), (Told{{1, 0}, {3, 6}}));
  f_.crash();
  open(false);
  EXPECT_EQ(entries(), before);
}

TEST_F(AbortedTransactionsTest, below_the_recovery_point_are_kept_and_the_rest_is_made_anew) {
  write_all();
  const auto before = entries();
  f_.log->advance_recovery_point();
  f_.loop.run();
  ASSERT_EQ(f_.log->recovery_point(), Offset(9));
  ASSERT_EQ(write(5, 0, 0), kOk);
  ASSERT_EQ(end(5, 0, false), kOk);
  f_.crash();
  open(false, 9);
  ASSERT_EQ(entries().size(), 4u);
  EXPECT_EQ(entries().back(),
            (AbortedTransaction{ProducerId(5), Offset(9), Offset(10), Offset(11)}));
  f_.crash();
  // As if the checkpoint had been written while 1 was open.
  open(false, 4);
  EXPECT_EQ(entries()[1], before[1]);
  EXPECT_EQ(entries().size(), 4u);
}

TEST_F(AbortedTransactionsTest, of_batches_that_were_lost_are_lost) {
  write_all();
  ASSERT_TRUE(f_.close());
  auto directory = f_.partition_directory();
  auto log = directory->open("00000000000000000000.log", base::OpenMode::read_write).value();
  ASSERT_TRUE(log->truncate(log->size().value() - 1));
  f_.crash();
  open(false);
  EXPECT_EQ(f_.log->log_end_offset(), Offset(8));
  EXPECT_EQ(entries().size(), 2u);
  EXPECT_EQ(f_.log->producers().first_unstable_offset(Offset(8)), Offset(6));
}

TEST_F(AbortedTransactionsTest, of_a_damaged_index_are_made_anew) {
  write_all();
  const auto before = entries();
  ASSERT_TRUE(f_.close());
  const auto whole = f_.partition_directory()->read_file(kIndex).value();
  const auto beyond = transaction_index_bytes({{ProducerId(7), Offset(3), Offset(90), Offset(3)}});
  for (const auto& damage : {whole.substr(0, 40), std::string("x") + whole.substr(1), beyond}) {
    f_.crash();
    ASSERT_TRUE(f_.partition_directory()->replace_file(kIndex, damage));
    open(true);
    EXPECT_EQ(entries(), before);
    EXPECT_EQ(f_.partition_directory()->read_file(kIndex).value(), whole);
    EXPECT_TRUE(f_.lines.mention("does not fit its segment"));
  }
}

TEST_F(AbortedTransactionsTest, are_found_over_segments) {
  f_.config.segment_bytes = 300;
  f_.config.durability = Durability::os;
  f_.create();
  write_all();
  ASSERT_GT(f_.log->segment_count(), 2u);
  const auto before = entries();
  ASSERT_EQ(before.size(), 3u);
  EXPECT_EQ(aborted(0, 2), (Told{{2, 1}, {1, 0}}));
  EXPECT_EQ(aborted(6), (Told{{3, 6}}));
  f_.loop.run();
  f_.crash();
  open(false);
  EXPECT_EQ(entries(), before);
  ASSERT_TRUE(f_.close());
  f_.crash();
  open(true, 9);
  EXPECT_EQ(entries(), before);
  EXPECT_EQ(aborted(0, 2), (Told{{2, 1}, {1, 0}}));
}

}  // namespace
}  // namespace ottla::broker
