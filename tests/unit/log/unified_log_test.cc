#include "broker/log/unified_log.h"

#include <gtest/gtest.h>

#include "tests/unit/log/log_fixture.h"

namespace ottla::broker {
namespace {

using Values = std::vector<std::pair<std::int64_t, std::string>>;

TEST(UnifiedLog, assigns_offsets_and_serves_what_was_appended) {
  LogFixture f;
  f.create();
  auto first = f.append(batch_of({{"a"}, {"b"}}), LeaderEpoch(3));
  ASSERT_TRUE(first) << first.error();
  EXPECT_EQ(*first, (AppendInfo{Offset(0), Offset(1), kNoTimestamp, Offset(0), false}));
  auto second = f.append(make_batch("c"), LeaderEpoch(3));
  ASSERT_TRUE(second);
  EXPECT_EQ(second->first_offset, Offset(2));
  EXPECT_EQ(f.log->log_end_offset(), Offset(3));
  EXPECT_EQ(f.values(Offset(0)), (Values{{0, "a"}, {1, "b"}, {2, "c"}}));
  EXPECT_EQ(f.values(Offset(1)), (Values{{1, "b"}, {2, "c"}}));
  EXPECT_EQ(f.log->latest_epoch(), LeaderEpoch(3));
}

TEST(UnifiedLog, writes_nothing_before_its_first_append) {
  LogFixture f;
  f.create();
  EXPECT_TRUE(f.root->list()->empty());
  EXPECT_EQ(f.values(Offset(0)), Values());
  ASSERT_TRUE(f.append(make_batch("a")));
  EXPECT_EQ(*f.partition_directory()->read_file("partition.metadata"),
            "version: 0\ntopic_id: " + kTopicId.to_string());
}

TEST(UnifiedLog, refuses_offsets_outside_of_the_log) {
  LogFixture f;
  f.create();
  ASSERT_TRUE(f.append(make_batch("a")));
  EXPECT_EQ(f.read(Offset(2)).error().code(), ErrorCode::offset_out_of_range);
  EXPECT_EQ(f.read(Offset(-1)).error().code(), ErrorCode::offset_out_of_range);
  EXPECT_EQ(f.read(Offset(1))->size, 0u);
}

TEST(UnifiedLog, serves_whole_batches_below_the_bound_and_the_limit) {
  LogFixture f;
  f.create();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(f.append(batch_of({{"x"}, {"y"}})));
  const auto one = f.read(Offset(0), Offset(2))->size;
  EXPECT_GT(one, 0u);
  EXPECT_EQ(f.read(Offset(0), Offset(3))->size, one);      // half a batch is none
  EXPECT_EQ(f.read(Offset(1), Offset(4))->size, 2 * one);  // offset 1 is in the first
  EXPECT_EQ(f.read(Offset(0), kNoBound, 3 * one + 5)->size, 3 * one);
  EXPECT_EQ(f.read(Offset(0), kNoBound, 5)->size, one);
  EXPECT_EQ(f.read(Offset(0), kNoBound, 5, false)->size, 0u);
  EXPECT_EQ(f.read(Offset(0), Offset(1))->size, 0u);
}

TEST(UnifiedLog, holds_the_high_watermark_at_what_is_durable) {
  LogFixture f;
  f.create();
  int raised = 0;
  f.log->set_on_high_watermark([&] { ++raised; });
  ASSERT_TRUE(f.append(make_batch("a")));
  EXPECT_EQ(f.log->high_watermark(), Offset(0));
  f.log->flush_soon();
  ASSERT_TRUE(f.append(make_batch("b")));  // gathers with the first
  f.loop.run();
  EXPECT_EQ(f.log->high_watermark(), Offset(2));
  EXPECT_EQ(raised, 1);
  EXPECT_EQ(f.flush->rounds(), 1u);
}

TEST(UnifiedLog, makes_durable_within_the_delay_what_nobody_waits_for) {
  LogFixture f;
  f.create();
  ASSERT_TRUE(f.append(make_batch("a")));
  f.loop.advance(std::chrono::milliseconds(9));
  EXPECT_EQ(f.log->high_watermark(), Offset(0));
  f.loop.advance(std::chrono::milliseconds(1));
  EXPECT_EQ(f.log->high_watermark(), Offset(1));
}

TEST(UnifiedLog, shows_appends_at_once_under_os_durability) {
  LogFixture f;
  f.config.durability = Durability::os;
  f.create();
  ASSERT_TRUE(f.append(make_batch("a")));
  EXPECT_EQ(f.log->high_watermark(), Offset(1));
  f.loop.advance(std::chrono::hours(1));
  EXPECT_EQ(f.flush->rounds(), 0u);
}

TEST(UnifiedLog, does_not_wait_for_a_long_flush_timer_once_every_append_is_to_be_synced) {
  LogFixture f;
  f.config.durability = Durability::os;
  f.config.flush_ms = 3'600'000;
  f.create();
  ASSERT_TRUE(f.append(make_batch("a")));
  f.config.durability = Durability::fsync;
  f.log->update_config(f.config);
  ASSERT_TRUE(f.append(make_batch("b")));
  f.loop.advance(std::chrono::milliseconds(10));
  EXPECT_EQ(f.log->high_watermark(), Offset(2));
}

TEST(UnifiedLog, syncs_every_so_many_records_if_the_topic_says_so) {
  LogFixture f;
  f.config.durability = Durability::os;
  f.config.flush_messages = 3;
  f.create();
  ASSERT_TRUE(f.append(batch_of({{"a"}, {"b"}})));
  f.loop.run();
  EXPECT_EQ(f.log->durable_offset(), Offset(0));
  ASSERT_TRUE(f.append(make_batch("c")));
  f.loop.run();
  EXPECT_EQ(f.log->durable_offset(), Offset(3));
}

TEST(UnifiedLog, rolls_by_size_and_reads_across_segments) {
  LogFixture f;
  f.config.segment_bytes = 500;
  f.config.index_interval_bytes = 100;
  f.create();
  Values expected;
  for (int i = 0; i < 50; ++i) {
    const auto value = "value " + std::to_string(i);
    ASSERT_TRUE(f.append(make_batch(value)));
    expected.emplace_back(i, value);
    f.log->flush_soon();
    f.loop.run();
  }
  EXPECT_GT(f.log->segment_count(), 5u);
  EXPECT_EQ(f.values(Offset(0)), expected);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(f.values(Offset(i), Offset(i + 1)), (Values{expected[static_cast<std::size_t>(i)]}));
  }
}

TEST(UnifiedLog, does_not_roll_before_the_names_of_its_first_files_are_durable) {
  LogFixture f;
  f.config.segment_bytes = 100;
  f.create();
  ASSERT_TRUE(f.append(make_batch("a")));
  ASSERT_TRUE(f.append(make_batch("b")));
  EXPECT_EQ(f.log->segment_count(), 1u);
  f.loop.run();
  EXPECT_EQ(f.log->durable_offset(), Offset(2));
  ASSERT_TRUE(f.append(make_batch("c")));
  EXPECT_EQ(f.log->segment_count(), 2u);
}

TEST(UnifiedLog, rolls_by_the_time_between_records) {
  LogFixture f;
  f.config.segment_ms = 1000;
  f.create();
  const WallMillis now = f.loop.wall_now();
  ASSERT_TRUE(f.append(batch_of({{"a", now}})));
  f.log->flush_soon();
  f.loop.run();
  ASSERT_TRUE(f.append(batch_of({{"b", now + 1000}})));
  EXPECT_EQ(f.log->segment_count(), 1u);
  ASSERT_TRUE(f.append(batch_of({{"c", now + 1001}})));
  EXPECT_EQ(f.log->segment_count(), 2u);
}

TEST(UnifiedLog, opens_again_after_a_clean_close) {
  LogFixture f;
  f.config.segment_bytes = 500;
  f.create();
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(
        f.append(batch_of(std::vector<TestRecord>{{"v"}}, producer(7, 0, i)), LeaderEpoch(i / 10)));
  }
  ASSERT_TRUE(f.close());
  const auto values_before = 20u;
  f.crash();
  ASSERT_TRUE(f.open(true));
  EXPECT_EQ(f.log->log_end_offset(), Offset(20));
  EXPECT_EQ(f.log->high_watermark(), Offset(20));
  EXPECT_EQ(f.log->recovery_point(), Offset(20));
  EXPECT_EQ(f.values(Offset(0)).size(), values_before);
  EXPECT_EQ(f.log->latest_epoch(), LeaderEpoch(1));
  EXPECT_EQ(f.log->end_offset_for_epoch(LeaderEpoch(0)),
            (EpochEndOffset{LeaderEpoch(0), Offset(10)}));
  // The last batch of the producer is remembered.
  auto again =
      f.append(batch_of(std::vector<TestRecord>{{"v"}}, producer(7, 0, 19)), LeaderEpoch(2));
  ASSERT_TRUE(again) << again.error();
  EXPECT_TRUE(again->duplicate);
  EXPECT_EQ(again->first_offset, Offset(19));
}

TEST(UnifiedLog, finds_offsets_by_timestamp) {
  LogFixture f;
  f.config.segment_bytes = 500;
  f.config.index_interval_bytes = 1;
  f.config.durability = Durability::os;
  f.create();
  const WallMillis t = 1'700'000'000'000;
  for (int i = 0; i < 30; ++i) {
    ASSERT_TRUE(f.append(batch_of({{"a", t + 10 * i}, {"b", t + 10 * i + 5}})));
  }
  TimestampedOffset found;
  const auto keep = [&](const Result<TimestampedOffset>& result) {
    ASSERT_TRUE(result) << result.error();
    found = *result;
  };
  const auto find = [&](WallMillis timestamp) {
    f.log->find_offset_for_timestamp(timestamp, keep);
    f.loop.run();
    return found;
  };
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(find(t + 10 * i).offset, Offset(2 * i));
    EXPECT_EQ(find(t + 10 * i + 1).offset, Offset(2 * i + 1));
  }
  EXPECT_EQ(find(0).offset, Offset(0));
  EXPECT_EQ(find(t + 296), TimestampedOffset());
  f.log->find_max_timestamp(keep);
  f.loop.run();
  EXPECT_EQ(found, (TimestampedOffset{Offset(59), t + 295, LeaderEpoch(1)}));
}

TEST(UnifiedLog, reads_cold_segments_by_a_worker) {
  LogFixture f;
  f.config.segment_bytes = 300;
  f.create();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(f.append(make_batch("value")));
  ASSERT_TRUE(f.close());
  f.crash();
  ASSERT_TRUE(f.open(true));
  EXPECT_EQ(f.log->read({Offset(0), kNoBound, 1000, true}).error().code(), ErrorCode::would_block);
  EXPECT_EQ(f.values(Offset(0)).size(), 20u);
}

TEST(UnifiedLog, hands_a_picture_of_itself_to_a_worker) {
  LogFixture f;
  f.config.segment_bytes = 300;
  f.create();
  for (int i = 0; i < 9; ++i) ASSERT_TRUE(f.append(make_batch("v" + std::to_string(i))));
  auto reader = f.log->reader();
  ASSERT_TRUE(f.append(make_batch("later")));
  std::vector<std::int64_t> offsets;
  auto done = reader.for_each_batch(Offset(4), [&](const protocol::RecordBatchView& batch) {
    offsets.push_back(batch.base_offset().value);
    return Result<void>();
  });
  ASSERT_TRUE(done) << done.error();
  EXPECT_EQ(offsets, (std::vector<std::int64_t>{4, 5, 6, 7, 8}));
}

}  // namespace
}  // namespace ottla::broker
