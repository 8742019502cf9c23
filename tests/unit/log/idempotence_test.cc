#include <gtest/gtest.h>

#include <functional>

#include "base/crc32c.h"
#include "base/endian.h"
#include "broker/log/producer_state_manager.h"
#include "protocol/record/control_record.h"
#include "tests/unit/log/log_fixture.h"

namespace ottla::broker {
namespace {

using namespace std::chrono_literals;

constexpr std::int32_t kMax = 0x7fffffff;

// What the log answers to a batch of `count` records.
struct Step {
  std::int16_t epoch;
  std::int32_t sequence;
  int count;
  ErrorCode expected;      // none: appended
  std::int64_t duplicate;  // the offset it was appended at before; -1: it is new
};

void play(const std::vector<Step>& steps) {
  LogFixture f;
  f.create();
  std::int64_t next = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    SCOPED_TRACE("step " + std::to_string(i));
    const auto& step = steps[i];
    const std::vector<TestRecord> records(static_cast<std::size_t>(step.count), {"v"});
    auto done = f.append(batch_of(records, producer(9, step.epoch, step.sequence)));
    if (step.expected != ErrorCode::none) {
      ASSERT_FALSE(done);
      EXPECT_EQ(done.error().code(), step.expected) << done.error();
      continue;
    }
    ASSERT_TRUE(done) << done.error();
    EXPECT_EQ(done->duplicate, step.duplicate >= 0);
    EXPECT_EQ(done->first_offset.value, step.duplicate >= 0 ? step.duplicate : next);
    EXPECT_EQ(done->last_offset.value, done->first_offset.value + step.count - 1);
    if (step.duplicate < 0) next += step.count;
    EXPECT_EQ(f.log->log_end_offset().value, next);
  }
}

constexpr auto kOk = ErrorCode::none;
constexpr auto kGap = ErrorCode::out_of_order_sequence_number;
constexpr auto kFenced = ErrorCode::invalid_producer_epoch;

TEST(Idempotence, takes_sequences_in_order_and_refuses_gaps) {
  play({{0, 0, 2, kOk, -1}, {0, 2, 1, kOk, -1}, {0, 4, 1, kGap, -1}, {0, 3, 1, kOk, -1}});
}

TEST(Idempotence, answers_a_duplicate_with_its_first_offsets) {
  play({{0, 0, 2, kOk, -1}, {0, 2, 3, kOk, -1}, {0, 0, 2, kOk, 0}, {0, 2, 3, kOk, 2}});
}

TEST(Idempotence, remembers_five_batches) {
  play({{0, 0, 1, kOk, -1},
        {0, 1, 1, kOk, -1},
        {0, 2, 1, kOk, -1},
        {0, 3, 1, kOk, -1},
        {0, 4, 1, kOk, -1},
        {0, 0, 1, kOk, 0},
        {0, 5, 1, kOk, -1},
        {0, 0, 1, kGap, -1},
        {0, 1, 1, kOk, 1}});
}

TEST(Idempotence, refuses_what_overlaps_without_being_the_same) {
  play({{0, 0, 3, kOk, -1}, {0, 0, 2, kGap, -1}, {0, 1, 2, kGap, -1}, {0, 2, 2, kGap, -1}});
}

TEST(Idempotence, begins_a_new_epoch_at_sequence_zero) {
  play({{0, 0, 1, kOk, -1}, {1, 1, 1, kGap, -1}, {1, 0, 1, kOk, -1}, {1, 1, 1, kOk, -1}});
}

TEST(Idempotence, forgets_the_batches_of_an_earlier_epoch) {
  play({{0, 0, 1, kOk, -1}, {1, 0, 1, kOk, -1}, {1, 0, 1, kOk, 1}});
}

TEST(Idempotence, fences_an_earlier_epoch) {
  play({{3, 0, 1, kOk, -1}, {2, 1, 1, kFenced, -1}, {2, 0, 1, kFenced, -1}});
}

TEST(Idempotence, takes_any_first_sequence_of_a_producer_it_does_not_know) {
  play({{4, 17, 2, kOk, -1}, {4, 19, 1, kOk, -1}, {4, 17, 2, kOk, 0}});
}

TEST(Idempotence, goes_on_at_zero_after_the_greatest_sequence) {
  play({{0, kMax - 1, 2, kOk, -1}, {0, 1, 1, kGap, -1}, {0, 0, 1, kOk, -1}});
}

TEST(Idempotence, wraps_within_a_batch) {
  play({{0, kMax - 1, 4, kOk, -1},  // kMax - 1, kMax, 0, 1
        {0, 2, 1, kOk, -1},
        {0, kMax - 1, 4, kOk, 0}});
}

TEST(Idempotence, refuses_records_outside_of_an_open_transaction) {
  LogFixture f;
  f.create();
  ASSERT_TRUE(f.append(batch_of({{"a"}}, producer(9, 0, 0), true)));
  EXPECT_EQ(f.append(batch_of({{"b"}}, producer(9, 0, 1))).error().code(),
            ErrorCode::invalid_txn_state);
  f.loop.advance(std::chrono::seconds(1));
  EXPECT_EQ(f.log->high_watermark(), Offset(1));
  EXPECT_EQ(f.log->last_stable_offset(), Offset(0));
  auto marker = protocol::end_transaction_batch({true, 3}, ProducerId(9), ProducerEpoch(0), 5);
  ASSERT_TRUE(f.append(marker, LeaderEpoch(1), AppendOrigin::coordinator));
  f.loop.advance(std::chrono::seconds(1));
  EXPECT_EQ(f.log->last_stable_offset(), Offset(2));
  EXPECT_TRUE(f.append(batch_of({{"b"}}, producer(9, 0, 1))));
}

TEST(Idempotence, a_transaction_has_not_ended_before_its_end_is_durable) {
  LogFixture f;
  f.create();
  ASSERT_TRUE(f.append(batch_of({{"a"}}, producer(4, 0, 0), true)));
  f.log->flush_soon();
  f.loop.run();
  EXPECT_EQ(f.log->high_watermark(), Offset(1));
  ASSERT_TRUE(f.append(protocol::end_transaction_batch({true, 1}, ProducerId(4), ProducerEpoch(0),
                                                       f.loop.wall_now()),
                       LeaderEpoch(1), AppendOrigin::coordinator));
  EXPECT_EQ(f.log->last_stable_offset(), Offset(0));
  f.log->flush_soon();
  f.loop.run();
  EXPECT_EQ(f.log->last_stable_offset(), Offset(2));
}

TEST(Idempotence, forgets_idle_producers) {
  LogFixture f;
  f.create();
  ASSERT_TRUE(f.append(batch_of({{"a", f.loop.wall_now()}}, producer(9, 0, 0))));
  f.loop.advance(24h);
  ASSERT_TRUE(f.append(batch_of({{"a", f.loop.wall_now()}}, producer(10, 0, 0))));
  f.log->expire_producers(24h - 1ms);
  EXPECT_EQ(f.log->producer_count(), 1u);
}

TEST(Idempotence, remembers_a_producer_that_writes_though_its_records_are_old) {
  LogFixture f;
  f.create();
  const auto long_ago = f.loop.wall_now() - 7 * 86'400'000LL;
  ASSERT_TRUE(f.append(batch_of({{"a", long_ago}}, producer(9, 0, 0))));
  f.log->expire_producers(24h);
  const auto again = f.append(batch_of({{"a", long_ago}}, producer(9, 0, 0)));
  ASSERT_TRUE(again) << again.error();
  EXPECT_EQ(again->first_offset, Offset(0));
  f.loop.run();
  ASSERT_TRUE(f.close());
  f.crash();
  ASSERT_TRUE(f.open(true));
  f.log->expire_producers(24h);
  EXPECT_EQ(f.log->producer_count(), 1u) << "it may go on writing";
}

TEST(Idempotence, remembers_producers_when_the_clock_is_set_forward_by_years) {
  LogFixture f;
  f.create();
  ASSERT_TRUE(f.append(batch_of({{"a"}}, producer(9, 0, 0))));
  f.loop.step_wall_clock(std::chrono::hours(24 * 365 * 50));
  f.log->expire_producers(24h);
  const auto again = f.append(batch_of({{"a"}}, producer(9, 0, 0)));
  ASSERT_TRUE(again) << again.error();
  EXPECT_TRUE(again->duplicate);
}

TEST(Idempotence, remembers_a_bounded_number_of_producers_those_of_late_and_of_transactions) {
  constexpr auto most = static_cast<std::int64_t>(ProducerStateManager::kMostProducers);
  ProducerStateManager producers;
  for (std::int64_t id = 0; id <= most; ++id) {
    BatchHeader batch;
    batch.base_offset = batch.last_offset = Offset(id);
    batch.producer_id = ProducerId(id);
    batch.producer_epoch = ProducerEpoch(0);
    batch.base_sequence = Sequence(0);
    batch.transactional = id == 0;
    producers.update(batch, {}, base::TimePoint(id * 1ms));
    ASSERT_LE(producers.size(), ProducerStateManager::kMostProducers);
  }
  EXPECT_NE(producers.find(ProducerId(0)), nullptr) << "its transaction is open";
  EXPECT_EQ(producers.find(ProducerId(1)), nullptr);
  EXPECT_NE(producers.find(ProducerId(most / 2)), nullptr);
  EXPECT_NE(producers.find(ProducerId(most)), nullptr);
}

TEST(ProducerSnapshot, of_any_size_that_cannot_be_used_is_made_anew_from_the_batches) {
  LogFixture f;
  f.create();
  ASSERT_TRUE(f.append(batch_of({{"a"}}, producer(9, 0, 0))));
  f.loop.run();
  ASSERT_TRUE(f.close());
  f.crash();
  auto file = f.partition_directory()->open("00000000000000000001.snapshot",
                                            base::OpenMode::create_truncate);
  ASSERT_TRUE((*file)->truncate(65 << 20));
  ASSERT_TRUE(f.open(true, Offset(1)));
  EXPECT_EQ(f.log->producer_count(), 1u);
}

TEST(ProducerSnapshot, keeps_the_last_batch_of_each_producer) {
  ProducerStateManager producers;
  BatchHeader batch;
  batch.base_offset = Offset(100);
  batch.last_offset = Offset(104);
  batch.max_timestamp = 1234;
  batch.producer_id = ProducerId(7);
  batch.producer_epoch = ProducerEpoch(2);
  batch.base_sequence = Sequence(40);
  producers.update(batch);
  const auto bytes = producers.to_snapshot();
  // version 1, crc, one entry: id 7, epoch 2, last sequence 44, last offset 104, delta 4,
  // timestamp 1234, coordinator epoch -1, no transaction.
  ASSERT_EQ(bytes.size(), 10u + 46u);
  EXPECT_EQ(bytes.substr(0, 2), std::string("\0\1", 2));
  EXPECT_EQ(bytes.substr(6, 4), std::string("\0\0\0\1", 4));
  EXPECT_EQ(bytes.substr(10), std::string("\0\0\0\0\0\0\0\7"
                                          "\0\2"
                                          "\0\0\0\x2c"
                                          "\0\0\0\0\0\0\0\x68"
                                          "\0\0\0\4"
                                          "\0\0\0\0\0\0\x04\xd2"
                                          "\xff\xff\xff\xff"
                                          "\xff\xff\xff\xff\xff\xff\xff\xff",
                                          46));
  auto back = ProducerStateManager::from_snapshot(bytes);
  ASSERT_TRUE(back) << back.error();
  ASSERT_NE(back->find(ProducerId(7)), nullptr);
  EXPECT_EQ(*back->find(ProducerId(7)), *producers.find(ProducerId(7)));
}

// Seven batches of one record in three segments, then the log is opened again by `reopen`.
void expect_window_after(const std::function<void(LogFixture&)>& reopen) {
  LogFixture f;
  f.create();
  const auto sequenced = [](std::int32_t sequence) {
    return batch_of({{"v"}}, producer(9, 0, sequence));
  };
  for (std::int32_t i = 0; i < 7; ++i) {
    f.config.segment_bytes = i == 3 || i == 6 ? 100 : 1 << 20;
    f.log->update_config(f.config);
    ASSERT_TRUE(f.append(sequenced(i)));
    f.loop.run();
    f.loop.advance(std::chrono::seconds(1));
  }
  ASSERT_EQ(f.log->segment_count(), 3u);
  reopen(f);
  ASSERT_EQ(f.log->log_end_offset(), Offset(7));
  EXPECT_EQ(f.append(sequenced(1)).error().code(), kGap);
  for (std::int32_t i = 2; i < 7; ++i) {
    auto again = f.append(sequenced(i));
    ASSERT_TRUE(again) << i << ": " << again.error();
    EXPECT_TRUE(again->duplicate);
    EXPECT_EQ(again->first_offset, Offset(i));
  }
  EXPECT_TRUE(f.append(sequenced(7)));
}

TEST(Idempotence, remembers_five_batches_over_a_crash_after_a_roll) {
  expect_window_after([](LogFixture& f) {
    f.crash();
    ASSERT_TRUE(f.open(false));
  });
}

TEST(Idempotence, remembers_five_batches_over_a_clean_stop) {
  expect_window_after([](LogFixture& f) {
    ASSERT_TRUE(f.close());
    ASSERT_TRUE(f.open(true, Offset(7)));
  });
}

TEST(ProducerSnapshot, keeps_each_producer_with_its_window) {
  ProducerStateManager producers;
  for (std::int32_t i = 0; i < 12; ++i) {
    BatchHeader batch;
    batch.base_offset = batch.last_offset = Offset(i);
    batch.max_timestamp = 1000 + i;
    batch.producer_id = ProducerId(i % 2);
    batch.producer_epoch = ProducerEpoch(i < 6 ? 0 : 1);
    batch.base_sequence = Sequence(i);
    batch.transactional = i == 11;
    producers.update(batch);
  }
  auto back = ProducerStateManager::from_snapshot(producers.to_snapshot());
  ASSERT_TRUE(back) << back.error();
  for (const auto id : {ProducerId(0), ProducerId(1)}) {
    ASSERT_NE(back->find(id), nullptr);
    EXPECT_EQ(*back->find(id), *producers.find(id));
  }
  EXPECT_EQ(back->first_unstable_offset(kNoBound), Offset(11));
  BatchHeader marker;
  marker.producer_id = ProducerId(1);
  marker.producer_epoch = ProducerEpoch(1);
  marker.control = true;
  back->update(marker, protocol::EndTransactionMarker{true, 0});
  EXPECT_EQ(back->first_unstable_offset(kNoBound), std::nullopt);
}

// Of several entries of a producer with different epochs only the last counts, as for Apache Kafka.
TEST(ProducerSnapshot, keeps_batches_of_the_last_epoch_only) {
  std::string bytes;
  for (std::int16_t epoch = 0; epoch < 2; ++epoch) {
    ProducerStateManager one;
    BatchHeader batch;
    batch.base_offset = batch.last_offset = Offset(epoch);
    batch.producer_id = ProducerId(7);
    batch.producer_epoch = ProducerEpoch(epoch);
    batch.base_sequence = Sequence(0);
    one.update(batch);
    const auto snapshot = one.to_snapshot();
    bytes = bytes.empty() ? snapshot : bytes + snapshot.substr(10);
  }
  bytes[9] = 2;
  base::store_be(bytes.data() + 2, base::crc32c(BytesView(bytes).substr(6)));
  auto back = ProducerStateManager::from_snapshot(bytes);
  ASSERT_TRUE(back) << back.error();
  ASSERT_NE(back->find(ProducerId(7)), nullptr);
  EXPECT_EQ(back->find(ProducerId(7))->producer_epoch, ProducerEpoch(1));
  EXPECT_EQ(back->find(ProducerId(7))->batch_count, 1);
}

TEST(ProducerSnapshot, finds_every_flipped_bit_and_every_missing_byte) {
  ProducerStateManager producers;
  BatchHeader batch;
  batch.producer_id = ProducerId(7);
  batch.producer_epoch = ProducerEpoch(0);
  batch.base_sequence = Sequence(0);
  producers.update(batch);
  const auto bytes = producers.to_snapshot();
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    auto flipped = bytes;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << (at % 8)));
    EXPECT_FALSE(ProducerStateManager::from_snapshot(flipped)) << at;
    EXPECT_FALSE(ProducerStateManager::from_snapshot(BytesView(bytes).substr(0, at))) << at;
  }
}

}  // namespace
}  // namespace ottla::broker
