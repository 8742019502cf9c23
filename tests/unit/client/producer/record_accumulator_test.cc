#include "client/producer/record_accumulator.h"

#include <gtest/gtest.h>

#include <thread>

#include "protocol/compression/compression.h"
#include "tests/unit/client/producer/accumulator_world.h"

namespace ottla::client {
namespace {

using Strings = std::vector<std::string>;

TEST(RecordAccumulator, fills_batches_in_order_and_tells_each_record_its_place) {
  AccumulatorWorld world;
  auto& topic = world.topic();
  auto& queue = world.queue(topic);
  std::vector<PlacedRecord> places;
  for (int i = 0; i < 12; ++i) {
    places.push_back(
        world.append(topic, "value-" + std::to_string(100 + i) + "-0123456789").value());
  }
  ASSERT_GT(queue.batches.size(), 2U);
  Strings values;
  std::size_t record = 0;
  while (world.accumulator->head(queue)) {
    auto batch = world.accumulator->take_head(queue);
    batch->stamp({});
    EXPECT_LE(batch->size_in_bytes(), 200U);
    for (std::int32_t i = 0; i < batch->record_count(); ++i, ++record) {
      EXPECT_EQ(places[record].batch, batch->result());
      EXPECT_EQ(places[record].key.index, static_cast<std::uint32_t>(i));
    }
    for (auto& value : world.values(batch->slice().bytes)) values.push_back(std::move(value));
    world.accumulator->complete(*batch, 0, -1);
  }
  ASSERT_EQ(values.size(), 12U);
  EXPECT_TRUE(std::is_sorted(values.begin(), values.end()));
  EXPECT_EQ(world.accumulator->pool().available(), world.config.buffer_memory);
}

TEST(RecordAccumulator, wakes_the_sender_once_however_much_is_appended) {
  AccumulatorWorld world;
  auto& topic = world.topic("t", 2);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(world.append(topic, "v", 0));
  ASSERT_TRUE(world.append(topic, "v", 1));
  EXPECT_EQ(world.times_ready, 1);
  EXPECT_EQ(world.accumulator->take_enlisted().size(), 2U);
  EXPECT_TRUE(world.accumulator->take_enlisted().empty());
  ASSERT_TRUE(world.append(topic, "v", 0));
  EXPECT_EQ(world.times_ready, 1) << "the batch was open already and is not full";
}

TEST(RecordAccumulator, holds_back_who_finds_no_memory_and_says_where) {
  AccumulatorWorld world;
  auto& topic = world.topic();
  Result<PlacedRecord> appended = ErrorCode::none;
  int taken = 0;
  while ((appended = world.append(topic, std::string(100, 'x')))) ++taken;
  EXPECT_EQ(appended.error().code(), ErrorCode::would_block);
  EXPECT_EQ(appended.error().context().topic, "t");
  EXPECT_EQ(taken, 10) << "one record to a batch of 200 bytes, 2000 bytes in all";
  appended = world.append(topic, std::string(100, 'x'), 0, true);
  EXPECT_EQ(appended.error().code(), ErrorCode::buffer_exhausted) << "after max_block";
  auto& queue = world.queue(topic);
  world.accumulator->complete(*world.accumulator->take_head(queue), 0, -1);
  EXPECT_TRUE(world.append(topic, std::string(100, 'x')));
}

TEST(RecordAccumulator, goes_on_when_a_batch_gives_its_memory_back) {
  auto options = AccumulatorWorld::small();
  options.max_block = 1min;
  AccumulatorWorld world(options);
  auto& topic = world.topic();
  while (world.append(topic, std::string(100, 'x'))) {
  }
  std::thread sender([&] { EXPECT_TRUE(world.append(topic, std::string(100, 'y'), 0, true)); });
  while (!world.accumulator->pool().exhausted()) std::this_thread::yield();
  world.accumulator->complete(*world.accumulator->take_head(world.queue(topic)), 0, -1);
  sender.join();
}

TEST(RecordAccumulator, a_record_larger_than_a_batch_gets_one_of_its_own) {
  AccumulatorWorld world;
  auto& topic = world.topic();
  ASSERT_TRUE(world.append(topic, "small"));
  ASSERT_TRUE(world.append(topic, std::string(500, 'x')));
  ASSERT_TRUE(world.append(topic, std::string(100, 'y')));
  EXPECT_EQ(world.queue(topic).batches.size(), 3U);
  EXPECT_EQ(world.queue(topic).batches[1]->record_count(), 1);
  EXPECT_EQ(world.append(topic, std::string(3000, 'x')).error().code(),
            ErrorCode::record_too_large);
}

// What went wrong in CVE-2026-35554: the memory of a batch that was given up is not used for
// another one while the network still writes it.
TEST(RecordAccumulator, batches_that_compress_well_take_no_more_than_a_share_of_the_memory) {
  auto options = AccumulatorWorld::small();
  options.compression = Compression::lz4;
  options.compression_level = protocol::default_level(Compression::lz4);
  options.buffer_memory = 4000;
  AccumulatorWorld world(options);
  auto& topic = world.topic("t", 5);
  for (int i = 0; i < 1000; ++i) topic.observe_compression(100'000, 10);
  for (std::int32_t partition = 0; partition < 5; ++partition) {
    const auto appended = world.append(topic, "value", partition);
    EXPECT_TRUE(appended) << partition << ": " << appended.error();
  }
}

TEST(RecordAccumulator, memory_that_the_network_holds_is_given_to_nobody_else) {
  AccumulatorWorld world;
  auto& topic = world.topic();
  ASSERT_TRUE(world.append(topic, "first"));
  auto& queue = world.queue(topic);
  auto batch = world.accumulator->take_head(queue);
  batch->stamp({});
  auto on_the_way = batch->slice();
  const std::string before(on_the_way.bytes);
  world.accumulator->fail(*batch, Error(ErrorCode::timed_out));
  batch.reset();
  EXPECT_EQ(world.accumulator->pool().available(), world.config.buffer_memory - 200);
  while (world.append(topic, std::string(100, 'x'))) {
  }
  EXPECT_EQ(on_the_way.bytes, before);
  on_the_way = {};
  EXPECT_EQ(world.accumulator->pool().available(), 200U);
}

TEST(RecordAccumulator, a_batch_that_is_stamped_again_while_it_is_sent_goes_on_with_a_copy) {
  AccumulatorWorld world;
  auto& topic = world.topic();
  ASSERT_TRUE(world.append(topic, "first"));
  auto batch = world.accumulator->take_head(world.queue(topic));
  batch->stamp({protocol::ProducerId(1), protocol::ProducerEpoch(0), protocol::Sequence(0)});
  const auto on_the_way = batch->slice();
  const std::string before(on_the_way.bytes);
  batch->clear_stamp();
  batch->stamp({protocol::ProducerId(1), protocol::ProducerEpoch(1), protocol::Sequence(0)});
  EXPECT_EQ(on_the_way.bytes, before);
  const auto again = protocol::RecordBatchView::parse(batch->slice().bytes).value();
  EXPECT_EQ(again.producer_epoch(), protocol::ProducerEpoch(1));
  EXPECT_TRUE(again.verify_crc());
  EXPECT_EQ(world.values(batch->slice().bytes), Strings{"first"});
}

TEST(RecordAccumulator, what_comes_back_goes_to_its_place_before_what_was_never_sent) {
  AccumulatorWorld world;
  auto& topic = world.topic();
  auto& queue = world.queue(topic);
  for (int i = 0; i < 4; ++i)
    ASSERT_TRUE(world.append(topic, std::string(100, static_cast<char>('a' + i))));
  std::vector<std::unique_ptr<ProducerBatch>> sent;
  for (std::uint64_t order = 1; order <= 3; ++order) {
    sent.push_back(world.accumulator->take_head(queue));
    sent.back()->sending.order.number = order;
  }
  world.accumulator->put_back(queue, std::move(sent[1]));
  world.accumulator->put_back(queue, std::move(sent[2]));
  world.accumulator->put_back(queue, std::move(sent[0]));
  std::vector<std::uint64_t> orders;
  for (const auto& batch : queue.batches) orders.push_back(batch->sending.order.number);
  EXPECT_EQ(orders, (std::vector<std::uint64_t>{1, 2, 3, 0}));
}

TEST(RecordAccumulator, closing_fails_what_waits_and_what_comes) {
  AccumulatorWorld world;
  auto& topic = world.topic();
  std::vector<ErrorCode> told;
  const auto tell = [&](const Result<RecordMetadata>& result) {
    told.push_back(result.error().code());
  };
  ASSERT_TRUE(world.append(topic, std::string(100, 'x'), 0, false, tell));
  ASSERT_TRUE(world.append(topic, std::string(100, 'y'), 0, false, tell));
  world.accumulator->close(Error(ErrorCode::closed));
  EXPECT_EQ(told, (std::vector<ErrorCode>{ErrorCode::closed, ErrorCode::closed}));
  EXPECT_EQ(world.append(topic, "z").error().code(), ErrorCode::closed);
  EXPECT_EQ(world.accumulator->pool().available(), world.config.buffer_memory);
}

TEST(RecordAccumulator, single_records_that_a_broker_refused_have_their_own_error) {
  AccumulatorWorld world;
  auto& topic = world.topic();
  std::vector<std::string> told;
  const auto tell = [&](const Result<RecordMetadata>& result) {
    told.push_back(result.error().message());
  };
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(world.append(topic, "v", 0, false, tell));
  world.accumulator->fail(*world.accumulator->take_head(world.queue(topic)),
                          Error(ErrorCode::invalid_record, "another of the batch"),
                          {{1, Error(ErrorCode::invalid_record, "no key")}});
  EXPECT_EQ(told, (Strings{"another of the batch", "no key", "another of the batch"}));
}

TEST(RecordAccumulator, loses_nothing_among_many_threads) {
  auto options = AccumulatorWorld::small();
  options.buffer_memory = 1 << 20;
  options.compression = Compression::lz4;
  options.compression_level = protocol::default_level(Compression::lz4);
  AccumulatorWorld world(options);
  auto& topic = world.topic("t", 3);
  constexpr int kThreads = 4;
  constexpr int kEach = 2000;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < kEach; ++n) {
        const auto value = std::to_string(i) + ":" + std::to_string(100'000 + n);
        ASSERT_TRUE(world.append(topic, value, (n + i) % 3 == 0 ? -1 : n % 3));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  std::size_t count = 0;
  for (std::size_t partition = 0; partition < 3; ++partition) {
    auto& queue = world.queue(topic, partition);
    while (const auto head = world.accumulator->head(queue)) {
      auto batch = world.accumulator->take_head(queue);
      batch->stamp({});
      count += world.values(batch->slice().bytes).size();
      world.accumulator->complete(*batch, 0, -1);
    }
  }
  EXPECT_EQ(count, std::size_t{kThreads} * kEach);
  EXPECT_EQ(world.accumulator->pool().available(), options.buffer_memory);
}

// A record may find a batch full just when the sender takes it.
TEST(RecordAccumulator, gives_a_batch_to_the_sender_while_others_fill_it) {
  for (const auto codec : {Compression::none, Compression::lz4}) {
    AccumulatorConfig options;
    options.batch_size = 100;
    options.buffer_memory = 1 << 20;
    options.compression = codec;
    options.compression_level = protocol::default_level(codec);
    AccumulatorWorld world(options);
    auto& topic = world.topic("t", 1);
    auto& queue = world.queue(topic);
    constexpr std::int32_t kRecords = 20'000;
    std::thread sending([&] {
      for (std::int32_t n = 0; n < kRecords; ++n) ASSERT_TRUE(world.append(topic, "value", 0));
    });
    std::int32_t taken = 0;
    while (taken < kRecords) {
      const auto head = world.accumulator->head(queue);
      if (!head || head->sealing) continue;
      auto batch = world.accumulator->take_head(queue);
      if (!batch) continue;
      taken += batch->record_count();
      world.accumulator->complete(*batch, 0, -1);
    }
    sending.join();
    EXPECT_EQ(taken, kRecords);
    EXPECT_EQ(world.accumulator->pool().available(), options.buffer_memory);
  }
}

}  // namespace
}  // namespace ottla::client
