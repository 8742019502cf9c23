#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/client/core/client_world.h"

namespace ottla::client {
namespace {

TEST(ProducerCore, stores_a_record_and_tells_where) {
  ClientWorld world;
  world.cluster.create_topic("greetings", 1);
  const auto producer = world.start(world.producer_config());
  ASSERT_TRUE(world.await(producer->warm_up("greetings")));
  auto sent = producer->try_send({.topic = "greetings", .key = "en", .value = "hello"});
  ASSERT_TRUE(sent) << sent.error();
  const auto outcome = world.await(std::move(*sent));
  ASSERT_TRUE(outcome) << outcome.error();
  EXPECT_EQ(to_string(*outcome), "greetings-0@0");
  EXPECT_EQ(world.stored({"greetings", 0}), std::vector<std::string>{"en=hello"});
  EXPECT_TRUE(world.await(producer->close_async(1min)));
}

TEST(ProducerCore, does_not_wait_where_nobody_can) {
  ClientWorld world;
  world.cluster.create_topic("t", 1);
  const auto producer = world.start(world.producer_config());
  const auto sent = producer->try_send({.topic = "t", .value = "v"});
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code(), ErrorCode::would_block);
  EXPECT_TRUE(world.await(producer->close_async(1min)));
}

TEST(ProducerCore, names_what_could_not_be_reached) {
  ClientWorld world;
  auto config = world.producer_config();
  config.bootstrap_servers = "nowhere:9092";
  config.max_block = 5s;
  const auto producer = world.start(config);
  const auto outcome = world.await(producer->warm_up("t"));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code(), ErrorCode::no_bootstrap_reachable);
  EXPECT_NE(outcome.error().to_string().find("nowhere:9092"), std::string::npos);
  EXPECT_EQ(outcome.error().context().topic, "t");
  EXPECT_TRUE(world.await(producer->close_async(1min)));
}

TEST(ProducerCore, names_a_topic_that_does_not_exist) {
  ClientWorld world;
  auto config = world.producer_config();
  config.max_block = 2s;
  const auto producer = world.start(config);
  const auto outcome = world.await(producer->warm_up("nobody"));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code(), ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(outcome.error().context().topic, "nobody");
  const auto illegal = world.await(producer->warm_up("a/b"));
  ASSERT_FALSE(illegal);
  EXPECT_EQ(illegal.error().code(), ErrorCode::invalid_topic_exception);
  EXPECT_TRUE(world.await(producer->close_async(1min)));
}

TEST(ProducerCore, names_a_partition_that_does_not_exist) {
  ClientWorld world;
  world.cluster.create_topic("t", 2);
  auto config = world.producer_config();
  config.max_block = 2s;
  const auto producer = world.start(config);
  ASSERT_TRUE(world.await(producer->warm_up("t")));
  const auto sent = producer->try_send({.topic = "t", .value = "v", .partition = 7});
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code(), ErrorCode::would_block);
  EXPECT_TRUE(world.await(producer->close_async(1min)));
}

TEST(ProducerCore, refuses_a_record_that_is_too_large_and_tells_flush) {
  ClientWorld world;
  world.cluster.create_topic("t", 1);
  auto config = world.producer_config();
  config.max_request_size = 1000;
  const auto producer = world.start(config);
  ASSERT_TRUE(world.await(producer->warm_up("t")));
  const std::string large(2000, 'x');
  producer->send({.topic = "t", .value = large}).forget();
  const auto flushed = world.await(producer->flush_async());
  ASSERT_FALSE(flushed);
  EXPECT_EQ(flushed.error().code(), ErrorCode::record_too_large);
  EXPECT_TRUE(world.await(producer->flush_async())) << "told once";
  EXPECT_TRUE(world.await(producer->close_async(1min)));
}

TEST(ProducerCore, fails_records_with_their_place_when_the_time_is_over) {
  ClientWorld world;
  world.cluster.create_topic("t", 1);
  auto config = world.producer_config();
  config.request_timeout = 1s;
  config.delivery_timeout = 3s;
  const auto producer = world.start(config);
  ASSERT_TRUE(world.await(producer->warm_up("t")));
  world.cluster.play({.trick = Trick::stall, .api = ApiKey::produce, .times = Rule::kAlways});
  const auto before = world.sim.now();
  auto sent = producer->try_send({.topic = "t", .value = "v"});
  ASSERT_TRUE(sent);
  const auto outcome = world.await(std::move(*sent));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code(), ErrorCode::timed_out);
  EXPECT_EQ(outcome.error().context().topic, "t");
  EXPECT_EQ(outcome.error().context().partition, 0);
  EXPECT_GE(world.sim.now() - before, 3s);
  EXPECT_LT(world.sim.now() - before, 4s);
  EXPECT_FALSE(world.await(producer->flush_async()));
  EXPECT_TRUE(world.await(producer->close_async(1min)));
}

TEST(ProducerCore, a_closed_one_says_so) {
  ClientWorld world;
  world.cluster.create_topic("t", 1);
  const auto producer = world.start(world.producer_config());
  ASSERT_TRUE(world.await(producer->warm_up("t")));
  ASSERT_TRUE(world.await(producer->close_async(1min)));
  const auto outcome = world.await(producer->send({.topic = "t", .value = "v"}));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code(), ErrorCode::closed);
  EXPECT_TRUE(world.await(producer->close_async(1min)));
}

TEST(ProducerCore, close_fails_what_cannot_be_delivered_in_its_time) {
  ClientWorld world;
  world.cluster.create_topic("t", 1);
  const auto producer = world.start(world.producer_config());
  ASSERT_TRUE(world.await(producer->warm_up("t")));
  world.cluster.play({.trick = Trick::stall, .api = ApiKey::produce, .times = Rule::kAlways});
  auto sent = producer->try_send({.topic = "t", .value = "v"});
  ASSERT_TRUE(sent);
  const auto closed = world.await(producer->close_async(2s));
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().code(), ErrorCode::timed_out);
  const auto outcome = world.await(std::move(*sent));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code(), ErrorCode::closed);
}

TEST(ProducerCore, sends_many_partitions_in_one_request) {
  ClientWorld world(1, {.brokers = 1});
  world.cluster.create_topic("t", 20);
  auto config = world.producer_config();
  config.linger = 100ms;
  const auto producer = world.start(config);
  ASSERT_TRUE(world.await(producer->warm_up("t")));
  for (std::int32_t partition = 0; partition < 20; ++partition) {
    ASSERT_TRUE(producer->try_send({.topic = "t", .value = "v", .partition = partition}));
  }
  ASSERT_TRUE(world.await(producer->flush_async()));
  EXPECT_EQ(world.cluster.count_seen(ApiKey::produce), 1U);
  EXPECT_TRUE(world.await(producer->close_async(1min)));
}

TEST(ProducerCore, callbacks_come_once_each_and_in_order) {
  ClientWorld world;
  world.cluster.create_topic("t", 1);
  const auto producer = world.start(world.producer_config());
  ASSERT_TRUE(world.await(producer->warm_up("t")));
  std::vector<std::int64_t> offsets;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(producer->try_send({.topic = "t", .value = "v"}, [&](const auto& result) {
      ASSERT_TRUE(result);
      offsets.push_back(result->offset());
      if (offsets.size() == 3) throw std::runtime_error("a callback of the user's");
    }));
  }
  ASSERT_TRUE(world.await(producer->flush_async()));
  ASSERT_EQ(offsets.size(), 100U) << "flush is done after the callbacks";
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    EXPECT_EQ(offsets[i], static_cast<std::int64_t>(i));
  }
  EXPECT_TRUE(world.await(producer->close_async(1min)));
}

TEST(ProducerCore, without_acks_a_record_counts_as_delivered_when_it_has_left) {
  ClientWorld world;
  world.cluster.create_topic("t", 1);
  auto config = world.producer_config();
  config.acks = Acks::none;
  const auto producer = world.start(config);
  ASSERT_TRUE(world.await(producer->warm_up("t")));
  auto sent = producer->try_send({.topic = "t", .key = "k", .value = "v"});
  const auto outcome = world.await(std::move(*sent));
  ASSERT_TRUE(outcome) << outcome.error();
  EXPECT_FALSE(outcome->has_offset());
  world.sim.run_for(1s);
  EXPECT_EQ(world.stored({"t", 0}), std::vector<std::string>{"k=v"});
  EXPECT_TRUE(world.await(producer->close_async(1min)));
}

TEST(ProducerCore, without_acks_what_has_not_left_is_sent_again_if_the_connection_breaks) {
  ClientWorld world(1, {.brokers = 1});
  world.cluster.create_topic("t", 1);
  auto config = world.producer_config();
  config.acks = Acks::none;
  config.batch_size = 10'000;
  config.linger = 0ms;
  config.delivery_timeout = 5min;
  const auto producer = world.start(config);
  ASSERT_TRUE(world.await(producer->warm_up("t")));
  auto first = producer->try_send({.topic = "t", .value = "first"});
  ASSERT_TRUE(world.await(std::move(*first)));
  world.sim.network().isolate(world.app.host());
  // More than a connection holds by itself.
  const std::string value(9000, 'v');
  std::vector<Future<RecordMetadata>> sent;
  for (int i = 0; i < 100; ++i) sent.push_back(*producer->try_send({.topic = "t", .value = value}));
  world.sim.run_for(5s);
  const auto delivered = static_cast<std::size_t>(
      std::count_if(sent.begin(), sent.end(), [](const auto& one) { return one.ready(); }));
  EXPECT_LT(delivered, sent.size()) << "they are still here";
  world.sim.network().reset_connections(world.app.host());
  world.sim.network().heal();
  for (auto& one : sent) EXPECT_TRUE(world.await(std::move(one)));
  world.sim.run_for(1s);
  EXPECT_GE(world.stored({"t", 0}).size() + delivered, sent.size()) << "those alone may be lost";
  EXPECT_TRUE(world.await(producer->close_async(1min)));
}

TEST(ProducerCore, closing_again_is_done_behind_the_callbacks_that_are_queued) {
  ClientWorld world;
  const auto producer = world.start(world.producer_config());
  ASSERT_TRUE(world.await(producer->close_async(1min)));
  bool called = false;
  producer->send({.topic = "t", .value = "v"}, [&](const auto& outcome) {
    EXPECT_FALSE(outcome);
    called = true;
  });
  auto again = producer->close_async(1min);
  EXPECT_FALSE(again.ready()) << "whoever has waited for it may end the thread of the callbacks";
  EXPECT_TRUE(world.await(std::move(again)));
  EXPECT_TRUE(called);
}

TEST(ProducerCore, durations_without_end_are_as_long_as_can_be) {
  constexpr auto ever = std::chrono::milliseconds::max();
  ClientWorld world;
  world.cluster.create_topic("t", 1);
  auto config = world.producer_config();
  config.delivery_timeout = ever;
  config.request_timeout = ever;
  config.max_block = ever;
  config.metadata_max_age = ever;
  config.metadata_max_idle = ever;
  config.connections_max_idle = ever;
  config.socket_connection_setup_timeout = ever;
  config.socket_connection_setup_timeout_max = ever;
  config.metadata_recovery_rebootstrap_trigger = ever;
  config.partitioner_availability_timeout = ever;
  const auto producer = world.start(config);
  ASSERT_TRUE(producer);
  ASSERT_TRUE(world.await(producer->warm_up("t")));
  auto sent = producer->try_send({.topic = "t", .value = "v"});
  ASSERT_TRUE(sent);
  const auto outcome = world.await(std::move(*sent));
  EXPECT_TRUE(outcome) << outcome.error();
  EXPECT_TRUE(world.await(producer->close_async(1min)));
}

TEST(ProducerCore, speaks_to_brokers_of_all_ages) {
  for (std::int16_t version = 3; version <= 13; ++version) {
    ClientWorld world;
    world.cluster.limit(ApiKey::produce, 3, version);
    if (version < 7) world.cluster.limit(ApiKey::api_versions, 0, 0);
    if (version < 9) world.cluster.limit(ApiKey::metadata, 0, version);
    world.cluster.create_topic("t", 1);
    const auto producer = world.start(world.producer_config());
    const auto known = world.await(producer->warm_up("t"));
    ASSERT_TRUE(known) << version << ": " << known.error();
    auto sent = producer->try_send({.topic = "t", .key = "k", .value = "v"});
    ASSERT_TRUE(sent) << version;
    const auto outcome = world.await(std::move(*sent));
    ASSERT_TRUE(outcome) << version << ": " << outcome.error();
    EXPECT_EQ(world.stored({"t", 0}), std::vector<std::string>{"k=v"}) << version;
    EXPECT_TRUE(world.await(producer->close_async(1min)));
  }
}

TEST(ProducerCore, every_codec_arrives) {
  for (const auto codec : {Compression::none, Compression::gzip, Compression::snappy,
                           Compression::lz4, Compression::zstd}) {
    ClientWorld world;
    world.cluster.create_topic("t", 1);
    auto config = world.producer_config();
    config.compression_type = codec;
    const auto producer = world.start(config);
    ASSERT_TRUE(world.await(producer->warm_up("t")));
    const std::string value(1000, 'v');
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(producer->try_send({.topic = "t", .value = value}));
    ASSERT_TRUE(world.await(producer->flush_async()));
    EXPECT_EQ(world.stored({"t", 0}).size(), 100U);
    const auto& first = world.cluster.partition({"t", 0}).batches().front();
    EXPECT_EQ(protocol::RecordBatchView::parse(first.bytes)->compression(), codec);
    EXPECT_TRUE(world.await(producer->close_async(1min)));
  }
}

}  // namespace
}  // namespace ottla::client
