#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/unit/client/core/client_world.h"

namespace ottla::client {
namespace {

class ConsumerCoreTest : public testing::Test {
 protected:
  // Stores `count` records, 0, 1, 2 ..., in one partition.
  void fill(const TopicPartition& partition, int count, Compression codec = Compression::none) {
    auto config = world.producer_config();
    config.compression_type = codec;
    config.batch_size = 400;
    const auto producer = world.start(config);
    ASSERT_TRUE(world.await(producer->warm_up(partition.topic)));
    for (int i = 0; i < count; ++i) {
      const auto value = std::to_string(i);
      ASSERT_TRUE(producer->try_send({.topic = partition.topic,
                                      .value = value,
                                      .headers = {{"n", value}},
                                      .partition = partition.partition}));
    }
    ASSERT_TRUE(world.await(producer->flush_async()));
    ASSERT_TRUE(world.await(producer->close_async(1min)));
  }

  // Reads until there are `count` records, or one poll fails or takes a minute.
  std::vector<ConsumerRecord> read(ConsumerCore& consumer, std::size_t count) {
    std::vector<ConsumerRecord> records;
    while (records.size() < count) {
      const auto batch = world.await(consumer.next(), 1min);
      EXPECT_TRUE(batch.has_value()) << batch.error();
      if (!batch) break;
      for (const auto& record : *batch) records.push_back(record.own());
    }
    return records;
  }

  ClientWorld world;
};

TEST_F(ConsumerCoreTest, reads_every_record_in_order) {
  world.cluster.create_topic("t", 1);
  fill({"t", 0}, 1000);
  const auto consumer = world.start(world.consumer_config());
  ASSERT_TRUE(consumer->assign({{"t", 0}}));
  const auto records = read(*consumer, 1000);
  ASSERT_EQ(records.size(), 1000U);
  for (std::size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(records[i].offset, static_cast<std::int64_t>(i));
    EXPECT_EQ(records[i].value, std::to_string(i));
    EXPECT_EQ(records[i].key, std::nullopt);
    EXPECT_EQ(records[i].headers.find("n"), std::to_string(i));
  }
  EXPECT_EQ(world.await(consumer->position({"t", 0})).value(), 1000);
  EXPECT_TRUE(world.await(consumer->close_async()));
}

TEST_F(ConsumerCoreTest, reads_every_codec) {
  for (const auto codec :
       {Compression::gzip, Compression::snappy, Compression::lz4, Compression::zstd}) {
    const std::string topic = "t-" + std::string(to_string(codec));
    world.cluster.create_topic(topic, 1);
    fill({topic, 0}, 300, codec);
    const auto consumer = world.start(world.consumer_config());
    ASSERT_TRUE(consumer->assign({{topic, 0}}));
    const auto records = read(*consumer, 300);
    ASSERT_EQ(records.size(), 300U);
    EXPECT_EQ(records.back().value, "299");
    EXPECT_TRUE(world.await(consumer->close_async()));
  }
}

TEST_F(ConsumerCoreTest, a_poll_gives_at_most_max_poll_records_and_parts_tell_whose_they_are) {
  world.cluster.create_topic("t", 2);
  fill({"t", 0}, 30);
  fill({"t", 1}, 30);
  auto config = world.consumer_config();
  config.max_poll_records = 50;
  const auto consumer = world.start(config);
  ASSERT_TRUE(consumer->assign({{"t", 0}, {"t", 1}}));
  world.sim.run_for(5s);
  const auto batch = world.await(consumer->next());
  ASSERT_TRUE(batch) << batch.error();
  EXPECT_EQ(batch->size(), 50U);
  std::size_t counted = 0;
  for (const auto& part : batch->parts()) {
    counted += part.count;
    std::int64_t offset = 0;
    for (const auto& record : batch->records(part)) {
      EXPECT_EQ(record.partition(), part.partition.partition);
      EXPECT_EQ(record.offset(), offset++);
    }
  }
  EXPECT_EQ(counted, 50U);
  EXPECT_TRUE(world.await(consumer->close_async()));
}

TEST_F(ConsumerCoreTest, what_several_fetches_brought_of_a_partition_is_one_part) {
  world.cluster.create_topic("t", 2);
  const auto consumer = world.start(world.consumer_config());
  ASSERT_TRUE(consumer->assign({{"t", 0}, {"t", 1}}));
  for (int i = 0; i < 3; ++i) {
    fill({"t", 0}, 10);
    fill({"t", 1}, 10);
    world.sim.run_for(5s);
  }
  const auto batch = world.await(consumer->next());
  ASSERT_TRUE(batch) << batch.error();
  ASSERT_EQ(batch->size(), 60U);
  ASSERT_EQ(batch->parts().size(), 2U);
  for (const auto& part : batch->parts()) {
    EXPECT_EQ(part.next_offset, 30);
    const auto records = batch->records(part.partition);
    ASSERT_EQ(records.size(), 30U);
    for (std::size_t i = 0; i < records.size(); ++i) {
      EXPECT_EQ(records[i].partition(), part.partition.partition);
      EXPECT_EQ(records[i].offset(), static_cast<std::int64_t>(i));
    }
  }
  EXPECT_TRUE(world.await(consumer->close_async()));
}

TEST_F(ConsumerCoreTest, reads_from_the_replica_that_the_leader_prefers) {
  world.cluster.create_topic("t", 1);
  fill({"t", 0}, 300);
  world.cluster.partition({"t", 0}).preferred_read_replica = BrokerId(3);
  auto config = world.consumer_config();
  config.client_rack = "here";
  config.max_partition_fetch_bytes = 500;
  const auto consumer = world.start(config);
  ASSERT_TRUE(consumer->assign({{"t", 0}}));
  const auto records = read(*consumer, 300);
  ASSERT_EQ(records.size(), 300U);
  for (std::size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(records[i].offset, static_cast<std::int64_t>(i));
  }
  const auto& seen = world.cluster.seen();
  EXPECT_EQ(std::count_if(seen.begin(), seen.end(),
                          [](const auto& request) {
                            return request.api == ApiKey::fetch && request.broker == BrokerId(1);
                          }),
            1)
      << "the leader is asked once";
  EXPECT_TRUE(world.await(consumer->close_async()));
}

TEST_F(ConsumerCoreTest, records_outlive_the_consumer) {
  world.cluster.create_topic("t", 1);
  fill({"t", 0}, 10, Compression::zstd);
  ConsumerRecords kept;
  {
    const auto consumer = world.start(world.consumer_config());
    ASSERT_TRUE(consumer->assign({{"t", 0}}));
    kept = world.await(consumer->next()).value();
    EXPECT_TRUE(world.await(consumer->close_async()));
  }
  ASSERT_FALSE(kept.empty());
  EXPECT_EQ(kept[0].value(), "0");
  EXPECT_EQ(kept[0].topic(), "t");
}

TEST_F(ConsumerCoreTest, seeks_and_forgets_what_was_fetched_ahead) {
  world.cluster.create_topic("t", 1);
  fill({"t", 0}, 500);
  const auto consumer = world.start(world.consumer_config());
  ASSERT_TRUE(consumer->assign({{"t", 0}}));
  read(*consumer, 1);
  ASSERT_TRUE(consumer->seek({"t", 0}, 321));
  auto records = read(*consumer, 1);
  ASSERT_FALSE(records.empty());
  EXPECT_EQ(records.front().offset, 321);
  ASSERT_TRUE(consumer->seek_to({}, protocol::ListOffsetsRequest::kEarliest));
  records = read(*consumer, 1);
  ASSERT_FALSE(records.empty());
  EXPECT_EQ(records.front().offset, 0);
  const auto unassigned = consumer->seek({"t", 1}, 0);
  ASSERT_FALSE(unassigned);
  EXPECT_EQ(unassigned.error().code(), ErrorCode::not_found);
  EXPECT_TRUE(world.await(consumer->close_async()));
}

TEST_F(ConsumerCoreTest, latest_gives_only_what_comes_then) {
  world.cluster.create_topic("t", 1);
  fill({"t", 0}, 10);
  auto config = world.consumer_config();
  config.auto_offset_reset = AutoOffsetReset::latest;
  const auto consumer = world.start(config);
  ASSERT_TRUE(consumer->assign({{"t", 0}}));
  EXPECT_EQ(world.await(consumer->position({"t", 0})).value(), 10);
  fill({"t", 0}, 3);
  const auto records = read(*consumer, 3);
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records.front().offset, 10);
  EXPECT_TRUE(world.await(consumer->close_async()));
}

TEST_F(ConsumerCoreTest, without_a_reset_a_missing_position_is_an_error) {
  world.cluster.create_topic("t", 1);
  fill({"t", 0}, 10);
  world.cluster.partition({"t", 0}).delete_records_before(protocol::Offset(5));
  auto config = world.consumer_config();
  config.auto_offset_reset = AutoOffsetReset::none;
  const auto consumer = world.start(config);
  ASSERT_TRUE(consumer->assign({{"t", 0}}));
  auto batch = world.await(consumer->next());
  ASSERT_FALSE(batch);
  EXPECT_EQ(batch.error().code(), ErrorCode::offset_out_of_range);
  ASSERT_TRUE(consumer->seek({"t", 0}, 2));
  batch = world.await(consumer->next());
  ASSERT_FALSE(batch);
  EXPECT_EQ(batch.error().code(), ErrorCode::offset_out_of_range);
  EXPECT_EQ(batch.error().context().topic, "t");
  ASSERT_TRUE(consumer->seek({"t", 0}, 5));
  EXPECT_EQ(read(*consumer, 1).front().offset, 5);
  EXPECT_TRUE(world.await(consumer->close_async()));
}

TEST_F(ConsumerCoreTest, without_a_reset_every_poll_says_so_until_somebody_seeks) {
  world.cluster.create_topic("t", 1);
  fill({"t", 0}, 10);
  auto config = world.consumer_config();
  config.auto_offset_reset = AutoOffsetReset::none;
  const auto consumer = world.start(config);
  ASSERT_TRUE(consumer->assign({{"t", 0}}));
  for (int i = 0; i < 3; ++i) {
    const auto batch = world.await(consumer->next(), 1min);
    ASSERT_FALSE(batch);
    EXPECT_EQ(batch.error().code(), ErrorCode::offset_out_of_range) << i;
  }
  ASSERT_TRUE(consumer->seek({"t", 0}, 11));
  for (int i = 0; i < 3; ++i) {
    const auto batch = world.await(consumer->next(), 1min);
    ASSERT_FALSE(batch);
    EXPECT_EQ(batch.error().code(), ErrorCode::offset_out_of_range) << i;
    EXPECT_EQ(batch.error().context().offset, 11);
    EXPECT_EQ(world.await(consumer->position({"t", 0})).value(), 11);
  }
  ASSERT_TRUE(consumer->seek({"t", 0}, 9));
  EXPECT_EQ(read(*consumer, 1).front().offset, 9);
  EXPECT_TRUE(world.await(consumer->close_async()));
}

TEST_F(ConsumerCoreTest, an_offset_out_of_range_begins_anew_where_told) {
  world.cluster.create_topic("t", 1);
  fill({"t", 0}, 100);
  world.cluster.partition({"t", 0}).delete_records_before(protocol::Offset(50));
  const auto consumer = world.start(world.consumer_config());
  ASSERT_TRUE(consumer->assign({{"t", 0}}));
  ASSERT_TRUE(consumer->seek({"t", 0}, 3));
  const auto records = read(*consumer, 1);
  ASSERT_FALSE(records.empty());
  EXPECT_EQ(records.front().offset, 50);
  EXPECT_TRUE(world.await(consumer->close_async()));
}

TEST_F(ConsumerCoreTest, paused_partitions_bring_nothing_and_keep_their_place) {
  world.cluster.create_topic("t", 2);
  fill({"t", 0}, 10);
  fill({"t", 1}, 10);
  const auto consumer = world.start(world.consumer_config());
  ASSERT_TRUE(consumer->assign({{"t", 0}, {"t", 1}}));
  ASSERT_TRUE(consumer->set_paused({{"t", 0}}, true));
  EXPECT_EQ(consumer->paused(), (std::vector<TopicPartition>{{"t", 0}}));
  for (const auto& record : read(*consumer, 10)) EXPECT_EQ(record.partition, 1);
  auto next = consumer->next();
  world.sim.run_for(10s);
  EXPECT_FALSE(next.ready());
  ASSERT_TRUE(consumer->set_paused({{"t", 0}}, false));
  const auto batch = world.await(std::move(next));
  ASSERT_TRUE(batch);
  EXPECT_EQ((*batch)[0].offset(), 0);
  EXPECT_EQ((*batch)[0].partition(), 0);
  EXPECT_TRUE(world.await(consumer->close_async()));
}

TEST_F(ConsumerCoreTest, tells_offsets_and_partitions) {
  world.cluster.create_topic("t", 2);
  fill({"t", 0}, 20);
  world.cluster.partition({"t", 0}).delete_records_before(protocol::Offset(4));
  const auto consumer = world.start(world.consumer_config());
  const std::vector<TopicPartition> both{{"t", 0}, {"t", 1}};
  using Request = protocol::ListOffsetsRequest;
  const auto first = world.await(consumer->offsets_at(both, Request::kEarliest)).value();
  EXPECT_EQ(first, (Consumer::Offsets{{{"t", 0}, 4}, {{"t", 1}, 0}}));
  const auto last = world.await(consumer->offsets_at(both, Request::kLatest)).value();
  EXPECT_EQ(last, (Consumer::Offsets{{{"t", 0}, 20}, {{"t", 1}, 0}}));
  const auto now = Timestamp(std::chrono::milliseconds(world.app.runtime().clock().wall_now()));
  const auto later = world.await(consumer->offsets_for_times({{{"t", 0}, now + 1h}})).value();
  EXPECT_EQ(later.at({"t", 0}), std::nullopt);
  const auto earlier = world.await(consumer->offsets_for_times({{{"t", 0}, now - 1h}})).value();
  ASSERT_TRUE(earlier.at({"t", 0}));
  EXPECT_GE(earlier.at({"t", 0})->offset, 0);
  const auto partitions = world.await(consumer->partitions_for("t")).value();
  ASSERT_EQ(partitions.size(), 2U);
  EXPECT_EQ(partitions[1].partition, 1);
  EXPECT_EQ(partitions[1].leader, 2);
  EXPECT_TRUE(world.await(consumer->close_async()));
}

TEST_F(ConsumerCoreTest, offsets_of_an_unknown_partition_are_an_error_that_names_it) {
  world.cluster.create_topic("t", 1);
  auto config = world.consumer_config();
  config.default_api_timeout = 3s;
  const auto consumer = world.start(config);
  const auto found = world.await(consumer->offsets_at({{"t", 9}}, -1));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code(), ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(found.error().context().partition, 9);
  EXPECT_TRUE(world.await(consumer->close_async()));
}

TEST_F(ConsumerCoreTest, poll_hears_of_a_topic_that_does_not_exist) {
  auto config = world.consumer_config();
  config.default_api_timeout = 3s;
  const auto consumer = world.start(config);
  ASSERT_TRUE(consumer->assign({{"nobody", 0}}));
  const auto batch = world.await(consumer->next());
  ASSERT_FALSE(batch);
  EXPECT_EQ(batch.error().code(), ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(batch.error().context().topic, "nobody");
  EXPECT_TRUE(world.await(consumer->close_async()));
}

TEST_F(ConsumerCoreTest, poll_hears_at_once_of_a_topic_that_it_must_not_read) {
  world.cluster.create_topic("t", 1);
  fill({"t", 0}, 1);
  world.cluster.play({.trick = Trick::error,
                      .api = ApiKey::metadata,
                      .times = Rule::kAlways,
                      .error = ErrorCode::topic_authorization_failed});
  const auto consumer = world.start(world.consumer_config());
  ASSERT_TRUE(consumer->assign({{"t", 0}}));
  for (int i = 0; i < 2; ++i) {
    const auto batch = world.await(consumer->next(), 5s);
    ASSERT_FALSE(batch);
    EXPECT_EQ(batch.error().code(), ErrorCode::topic_authorization_failed) << batch.error();
    EXPECT_EQ(batch.error().context().topic, "t");
  }
  world.cluster.play_no_more();
  world.sim.run_for(5s);
  (void)world.await(consumer->next(), 5s);  // what was found before
  EXPECT_EQ(read(*consumer, 1).size(), 1U);
  EXPECT_TRUE(world.await(consumer->close_async()));
}

TEST_F(ConsumerCoreTest, durations_without_end_are_as_long_as_can_be) {
  constexpr auto ever = std::chrono::milliseconds::max();
  world.cluster.create_topic("t", 1);
  fill({"t", 0}, 1);
  auto config = world.consumer_config();
  config.group_id = "g";
  config.partition_assignment_strategy = {range_assignor()};
  config.request_timeout = ever;
  config.default_api_timeout = ever;
  config.max_poll_interval = ever;
  config.session_timeout = ever;
  config.metadata_max_age = ever;
  config.auto_commit_interval = ever;
  config.connections_max_idle = ever;
  const auto consumer = world.start(config);
  ASSERT_TRUE(consumer);
  ASSERT_TRUE(consumer->subscribe({"t"}, nullptr));
  EXPECT_EQ(read(*consumer, 1).size(), 1U);
  EXPECT_TRUE(world.await(consumer->close_async({.timeout = ever})));
  const TopicPartition first{"t", 0};
  EXPECT_EQ(world.cluster.group().offsets.at(first), 1) << "there was time to commit";
}

TEST_F(ConsumerCoreTest, a_corrupt_batch_is_an_error_behind_the_records_before_it) {
  world.cluster.create_topic("t", 1);
  fill({"t", 0}, 200);
  world.cluster.play(
      {.trick = Trick::corrupt_records, .api = ApiKey::fetch, .times = Rule::kAlways});
  const auto consumer = world.start(world.consumer_config());
  ASSERT_TRUE(consumer->assign({{"t", 0}}));
  std::int64_t expected = 0;
  for (int polls = 0;; ++polls) {
    ASSERT_LT(polls, 200) << "the corrupt batch was never found";
    const auto batch = world.await(consumer->next());
    if (!batch) {
      EXPECT_TRUE(batch.error().code() == ErrorCode::corrupt_message ||
                  batch.error().code() == ErrorCode::invalid_record ||
                  batch.error().code() == ErrorCode::unsupported_for_message_format ||
                  batch.error().code() == ErrorCode::unsupported_compression_type)
          << batch.error();
      EXPECT_EQ(batch.error().context().topic, "t");
      EXPECT_EQ(batch.error().context().offset, expected);
      break;
    }
    for (const auto& record : *batch) {
      ASSERT_EQ(record.offset(), expected);
      ASSERT_EQ(record.value(), std::to_string(expected++));
    }
  }
  const auto again = world.await(consumer->next());
  EXPECT_FALSE(again) << "nothing is skipped unasked";
  world.cluster.play_no_more();
  ASSERT_TRUE(consumer->seek({"t", 0}, expected));
  EXPECT_EQ(read(*consumer, 1).front().offset, expected);
  EXPECT_TRUE(world.await(consumer->close_async()));
}

TEST_F(ConsumerCoreTest, one_poll_at_a_time) {
  world.cluster.create_topic("t", 1);
  const auto consumer = world.start(world.consumer_config());
  ASSERT_TRUE(consumer->assign({{"t", 0}}));
  auto waiting = consumer->next();
  const auto second = world.await(consumer->next());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::already_in_use);
  EXPECT_TRUE(world.await(consumer->close_async()));
  const auto ended = world.await(std::move(waiting));
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code(), ErrorCode::closed);
}

TEST_F(ConsumerCoreTest, an_idle_consumer_asks_no_more_than_the_waiting_time_wants) {
  world.cluster.create_topic("t", 3);
  const auto consumer = world.start(world.consumer_config());
  ASSERT_TRUE(consumer->assign({{"t", 0}, {"t", 1}, {"t", 2}}));
  world.sim.run_for(5s);
  const auto before = world.cluster.count_seen(ApiKey::fetch);
  world.sim.run_for(10s);
  EXPECT_LE(world.cluster.count_seen(ApiKey::fetch) - before, 66U);
  EXPECT_TRUE(world.await(consumer->close_async()));
}

TEST_F(ConsumerCoreTest, speaks_to_brokers_of_all_ages) {
  world.cluster.create_topic("t", 1);
  fill({"t", 0}, 50);
  for (std::int16_t version = 4; version <= 18; ++version) {
    world.cluster.limit(ApiKey::fetch, 4, version);
    world.cluster.limit(ApiKey::list_offsets, 1,
                        std::min<std::int16_t>(11, static_cast<std::int16_t>(version - 3)));
    const auto consumer = world.start(world.consumer_config());
    ASSERT_TRUE(consumer->assign({{"t", 0}}));
    EXPECT_EQ(read(*consumer, 50).size(), 50U) << version;
    EXPECT_TRUE(world.await(consumer->close_async()));
  }
}

}  // namespace
}  // namespace ottla::client
