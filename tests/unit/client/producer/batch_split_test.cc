#include "client/producer/batch_split.h"

#include <gtest/gtest.h>

#include "tests/unit/client/producer/sender_world.h"

// What becomes of batches that brokers find too large.
namespace ottla::client {
namespace {

// A batch of the records "a", "b" and so on, sealed, with a callback for every other one.
class SplitBatchTest : public ::testing::Test {
 protected:
  std::unique_ptr<ProducerBatch> batch_of(const std::string& letters, std::size_t size,
                                          Compression codec = Compression::none) {
    auto memory =
        std::make_shared<BatchMemory>(nullptr, std::make_unique<char[]>(1 << 16), 1 << 16);
    auto result =
        std::make_shared<BatchResult>(world_.executor, std::make_shared<const std::string>("t"), 0);
    auto batch = std::make_unique<ProducerBatch>(std::move(memory), std::move(result),
                                                 base::TimePoint(), 0, 0);
    for (const auto letter : letters) {
      const std::string value(size, letter);
      RecordToAppend record{.key = "k", .value = value, .headers = {}, .timestamp = 7};
      DeliveryCallback callback = [](const auto&) {};
      if (batch->record_count() % 2 == 0) record.callback = &callback;
      EXPECT_TRUE(batch->append(record));
    }
    batch->seal(codec, protocol_level(codec));
    batch->state = ProducerBatch::State::sealed;
    return batch;
  }
  static int protocol_level(Compression codec) { return codec == Compression::zstd ? 3 : 1; }

  static std::string letters_of(ProducerBatch& part) {
    part.seal(Compression::none, 0);
    part.stamp({});
    std::string letters;
    for (const auto& value : AccumulatorWorld::values(part.slice().bytes)) letters += value.front();
    return letters;
  }

  AccumulatorWorld world_;
};

TEST_F(SplitBatchTest, every_record_is_in_one_part_and_in_order) {
  auto batch = batch_of("abcdefgh", 100);
  auto parts = split_batch(*batch, 400, world_.executor);
  ASSERT_GE(parts.size(), 3U);
  std::string all;
  std::size_t callbacks = 0;
  std::uint32_t first = 0;
  for (auto& part : parts) {
    EXPECT_EQ(part->sending.order.record, first);
    first += static_cast<std::uint32_t>(part->record_count());
    EXPECT_LE(part->size_in_bytes(), 400U);
    for (auto left = part->take_deliveries(); !left.empty(); left.pop_front()) {
      EXPECT_LT(left.front_key().index, static_cast<std::uint32_t>(part->record_count()));
      ++callbacks;
    }
    all += letters_of(*part);
  }
  EXPECT_EQ(all, "abcdefgh");
  EXPECT_EQ(callbacks, 4U);
}

TEST_F(SplitBatchTest, a_batch_that_is_smaller_than_asked_for_is_halved) {
  auto batch = batch_of("ab", 10);
  EXPECT_EQ(split_batch(*batch, 1 << 20, world_.executor).size(), 2U);
}

TEST_F(SplitBatchTest, a_record_alone_cannot_be_split) {
  auto batch = batch_of("a", 100);
  EXPECT_TRUE(split_batch(*batch, 10, world_.executor).empty());
}

TEST_F(SplitBatchTest, records_larger_than_a_part_go_alone) {
  auto batch = batch_of("abc", 5000);
  auto parts = split_batch(*batch, 100, world_.executor);
  ASSERT_EQ(parts.size(), 3U);
  EXPECT_EQ(letters_of(*parts[1]), "b");
}

TEST_F(SplitBatchTest, compressed_batches_are_cut_by_what_they_hold) {
  for (const auto codec :
       {Compression::gzip, Compression::snappy, Compression::lz4, Compression::zstd}) {
    auto batch = batch_of("abcd", 1000, codec);
    ASSERT_LT(batch->size_in_bytes(), 1000U);
    auto parts = split_batch(*batch, 2500, world_.executor);
    ASSERT_EQ(parts.size(), 4U);
    EXPECT_EQ(letters_of(*parts[3]), "d");
  }
}

// Futures point to the whole batch, and find their part.
TEST_F(SplitBatchTest, a_future_of_the_whole_is_ready_when_all_parts_are) {
  auto batch = batch_of("abcd", 100);
  Future<RecordMetadata> second(batch->result(), {.index = 1, .stamp = 7});
  Future<RecordMetadata> last(batch->result(), {.index = 3, .stamp = 7});
  auto parts = split_batch(*batch, 150, world_.executor);
  ASSERT_EQ(parts.size(), 4U);
  for (std::size_t i = 0; i < 3; ++i) {
    parts[i]->result()->complete(10 * static_cast<std::int64_t>(i), -1);
    EXPECT_FALSE(last.ready());
  }
  parts[3]->result()->fail(Error(ErrorCode::timed_out, "late"));
  ASSERT_TRUE(second.ready());
  EXPECT_EQ(second.get().value().offset(), 10);
  EXPECT_EQ(last.get().error().code(), ErrorCode::timed_out);
}

TEST_F(SplitBatchTest, a_part_can_be_split_again) {
  auto batch = batch_of("abcdef", 400);
  Future<RecordMetadata> second(batch->result(), {.index = 1, .stamp = 7});
  auto parts = split_batch(*batch, 1 << 20, world_.executor);
  ASSERT_EQ(parts.size(), 3U);
  auto& first = *parts[0];
  ASSERT_EQ(first.record_count(), 2);
  first.seal(Compression::none, 0);
  first.stamp({});
  auto again = split_batch(first, 1 << 20, world_.executor);
  ASSERT_EQ(again.size(), 2U);
  EXPECT_EQ(again[1]->sending.order.record, 1U);
  again[0]->result()->complete(5, -1);
  parts[1]->result()->complete(9, -1);
  parts[2]->result()->complete(11, -1);
  EXPECT_FALSE(second.ready());
  again[1]->result()->complete(8, -1);
  ASSERT_TRUE(second.ready());
  EXPECT_EQ(second.get().value().offset(), 8);
}

SenderConfig at_once() {
  SenderConfig config;
  config.linger = std::chrono::milliseconds(0);
  return config;
}

// A first batch that the broker has taken, so that others may follow each other, and then three
// records in one batch.
ProduceDraft abc_on_its_way(SenderWorld& world) {
  world.add('0');
  auto first = world.draft();
  world.answer(first, 0);
  for (const auto letter : {'a', 'b', 'c'}) world.add(letter, 0, 10);
  return world.draft();
}

TEST(SenderSplit, parts_keep_the_sequences_and_the_order_of_the_whole) {
  SenderWorld world(at_once());
  auto whole = abc_on_its_way(world);
  ASSERT_EQ(SenderWorld::letters(whole), "a");
  const auto sequence = SenderWorld::state(whole).base_sequence;
  world.refuse(whole, ErrorCode::message_too_large);
  EXPECT_EQ(world.told(), Strings{"00"}) << "nothing is told of the whole";
  std::int32_t offset = 1;
  for (const auto* letter : {"a", "b", "c"}) {
    auto part = world.draft();
    EXPECT_EQ(SenderWorld::letters(part), letter);
    EXPECT_EQ(SenderWorld::state(part).base_sequence, sequence + (offset - 1));
    EXPECT_TRUE(world.poll().empty()) << "one at a time";
    world.answer(part, offset++);
  }
  EXPECT_EQ(world.told(), (Strings{"00", "a1", "b2", "c3"}));
}

TEST(SenderSplit, what_was_behind_the_whole_follows_the_parts) {
  SenderWorld world(at_once());
  auto whole = abc_on_its_way(world);
  world.add('d');
  auto behind = world.draft();
  world.refuse(whole, ErrorCode::record_list_too_large);
  world.refuse(behind, ErrorCode::out_of_order_sequence_number);
  world.advance(std::chrono::seconds(1));
  std::string sent;
  for (int i = 0; i < 4; ++i) {
    auto part = world.draft();
    sent += SenderWorld::letters(part);
    EXPECT_EQ(SenderWorld::state(part).epoch, protocol::ProducerEpoch(0));
    world.answer(part, i + 1);
  }
  EXPECT_EQ(sent, "abcd");
}

TEST(SenderSplit, a_part_whose_answer_is_lost_is_sent_again_before_the_next) {
  SenderWorld world(at_once());
  auto whole = abc_on_its_way(world);
  world.refuse(whole, ErrorCode::message_too_large);
  auto part = world.draft();
  const auto state = SenderWorld::state(part);
  world.lose(part);
  world.advance(std::chrono::seconds(1));
  auto again = world.draft();
  EXPECT_EQ(SenderWorld::letters(again), "a");
  EXPECT_EQ(SenderWorld::state(again), state);
  world.answer(again, 1);
  EXPECT_EQ(SenderWorld::letters(world.draft()), "b");
}

TEST(SenderSplit, a_record_that_alone_is_too_large_fails_and_the_others_go_on) {
  SenderWorld world(at_once());
  auto whole = abc_on_its_way(world);
  world.refuse(whole, ErrorCode::message_too_large);
  auto a = world.draft();
  world.refuse(a, ErrorCode::message_too_large);
  EXPECT_EQ(world.told(), (Strings{"00", "a!"}));
  auto b = world.draft();
  EXPECT_EQ(SenderWorld::letters(b), "b");
  world.refuse(b, ErrorCode::out_of_order_sequence_number);
  world.advance(std::chrono::seconds(1));
  b = world.draft();
  EXPECT_EQ(SenderWorld::letters(b), "b");
  EXPECT_EQ(SenderWorld::state(b).epoch, protocol::ProducerEpoch(1)) << "behind a gap";
  world.answer(b, 1);
  auto c = world.draft();
  world.answer(c, 2);
  EXPECT_EQ(world.told(), (Strings{"00", "a!", "b1", "c2"}));
}

TEST(SenderSplit, a_split_is_no_retry) {
  auto config = at_once();
  config.retries = 1;
  SenderWorld world(config);
  auto whole = abc_on_its_way(world);
  world.refuse(whole, ErrorCode::message_too_large);
  auto a = world.draft();
  world.lose(a);
  EXPECT_EQ(world.told(), Strings{"00"}) << "one retry is left";
  world.advance(std::chrono::seconds(1));
  a = world.draft();
  world.lose(a);
  EXPECT_EQ(world.told(), (Strings{"00", "a!"}));
}

TEST(SenderSplit, without_idempotence_parts_keep_their_order) {
  auto config = at_once();
  config.idempotent = false;
  SenderWorld world(config);
  auto whole = abc_on_its_way(world);
  world.refuse(whole, ErrorCode::message_too_large);
  auto a = world.draft();
  world.lose(a);
  world.advance(std::chrono::seconds(1));
  std::string sent;
  for (int i = 0; i < 3; ++i) {
    auto part = world.draft();
    sent += SenderWorld::letters(part);
    world.answer(part, i + 1);
  }
  EXPECT_EQ(sent, "abc");
}

// The answer to an earlier attempt was lost, and the whole may be in the log: its parts are then
// refused by their sequences, and must not get new ones.
TEST(SenderSplit, parts_of_a_batch_that_may_be_stored_are_not_stored_again) {
  SenderWorld world(at_once());
  auto whole = abc_on_its_way(world);
  world.lose(whole);
  world.advance(std::chrono::seconds(1));
  whole = world.draft();
  world.refuse(whole, ErrorCode::message_too_large);
  auto a = world.draft();
  world.refuse(a, ErrorCode::out_of_order_sequence_number);
  ASSERT_EQ(world.told(), (Strings{"00", "a!"}));
  EXPECT_NE(world.outcomes[1].second.error().message().find("may have stored it"),
            std::string::npos);
}

TEST(SenderSplit, a_flush_waits_for_every_part) {
  SenderWorld world(at_once());
  auto whole = abc_on_its_way(world);
  auto flushed = world.world.accumulator->flushes().flush();
  world.refuse(whole, ErrorCode::message_too_large);
  for (int i = 1; i <= 3; ++i) {
    EXPECT_FALSE(flushed.ready());
    auto part = world.draft();
    world.answer(part, i);
  }
  EXPECT_TRUE(flushed.ready());
  EXPECT_TRUE(flushed.get());
}

TEST(SenderSplit, an_expired_batch_is_not_split) {
  auto config = at_once();
  config.delivery_timeout = std::chrono::seconds(1);
  SenderWorld world(config);
  auto whole = abc_on_its_way(world);
  world.advance(std::chrono::seconds(1));
  world.refuse(whole, ErrorCode::message_too_large);
  EXPECT_EQ(world.told(), (Strings{"00", "a!", "b!", "c!"}));
  EXPECT_TRUE(world.poll().empty());
}

}  // namespace
}  // namespace ottla::client
