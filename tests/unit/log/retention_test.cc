#include <gtest/gtest.h>

#include "broker/log/file_names.h"
#include "tests/unit/log/log_fixture.h"

namespace ottla::broker {
namespace {

void remove_snapshots(base::Directory& directory) {
  const auto entries = directory.list();
  for (const auto& entry : *entries) {
    if (!entry.name.ends_with(kSnapshotSuffix)) continue;
    EXPECT_TRUE(directory.remove(entry.name));
  }
}

// Ten segments of one record each, a second apart.
struct TenSegments {
  TenSegments() {
    f.config.segment_bytes = 100;
    f.config.retention_ms = -1;
    f.config.file_delete_delay_ms = 1000;
    f.create();
    for (int i = 0; i < 10; ++i) {
      EXPECT_TRUE(f.append(batch_of({{"value", f.loop.wall_now()}})));
      f.loop.advance(std::chrono::seconds(1));
    }
    EXPECT_EQ(f.log->segment_count(), 10u);
  }

  std::size_t files_named(std::string_view part) {
    std::size_t count = 0;
    const auto entries = f.partition_directory()->list();
    for (const auto& entry : *entries) {
      if (entry.name.find(part) != std::string::npos) ++count;
    }
    return count;
  }

  std::size_t apply() {
    f.log->update_config(f.config);
    const auto deleted = f.log->delete_old_segments();
    f.loop.run();
    return deleted;
  }

  LogFixture f;
};

TEST(Retention, keeps_everything_without_limits) {
  TenSegments ten;
  EXPECT_EQ(ten.apply(), 0u);
}

TEST(Retention, deletes_by_size_from_the_oldest) {
  TenSegments ten;
  const auto one = static_cast<std::int64_t>(ten.f.log->size_in_bytes() / 10);
  ten.f.config.retention_bytes = 3 * one + 1;
  EXPECT_EQ(ten.apply(), 6u);
  EXPECT_EQ(ten.f.log->log_start_offset(), Offset(6));
  EXPECT_EQ(ten.f.read(Offset(5)).error().code(), ErrorCode::offset_out_of_range);
  EXPECT_EQ(ten.f.values(Offset(6)).size(), 4u);
}

TEST(Retention, deletes_by_age_even_the_last_segment) {
  TenSegments ten;
  ten.f.config.retention_ms = 4500;
  EXPECT_EQ(ten.apply(), 6u);
  ten.f.loop.advance(std::chrono::seconds(10));
  EXPECT_EQ(ten.apply(), 4u);
  EXPECT_EQ(ten.f.log->log_start_offset(), Offset(10));
  EXPECT_EQ(ten.f.log->size_in_bytes(), 0u);
  auto next = ten.f.append(make_batch("next"));
  ASSERT_TRUE(next);
  EXPECT_EQ(next->first_offset, Offset(10));
}

TEST(Retention, deletes_nothing_of_a_topic_that_is_only_compacted) {
  TenSegments ten;
  ten.f.config.retention_ms = 1;
  ten.f.config.cleanup_delete = false;
  ten.f.config.cleanup_compact = true;
  EXPECT_EQ(ten.apply(), 0u);
}

TEST(Retention, keeps_what_is_not_below_the_high_watermark) {
  LogFixture f;
  f.config.retention_ms = 1;
  f.create();
  ASSERT_TRUE(f.append(make_batch("a")));
  EXPECT_EQ(f.log->high_watermark(), Offset(0));
  EXPECT_EQ(f.log->delete_old_segments(), 0u);
}

TEST(Retention, deletes_what_lies_below_the_log_start) {
  TenSegments ten;
  EXPECT_EQ(ten.f.log->advance_log_start_offset(Offset(11)).error().code(),
            ErrorCode::offset_out_of_range);
  ASSERT_TRUE(ten.f.log->advance_log_start_offset(Offset(3)));
  ASSERT_TRUE(ten.f.log->advance_log_start_offset(Offset(2)));
  EXPECT_EQ(ten.f.log->log_start_offset(), Offset(3));
  EXPECT_EQ(ten.apply(), 3u);
}

TEST(Retention, unlinks_files_after_their_delay) {
  TenSegments ten;
  ASSERT_TRUE(ten.f.log->advance_log_start_offset(Offset(3)));
  ten.apply();
  EXPECT_EQ(ten.files_named(".log.deleted"), 3u);
  EXPECT_EQ(ten.files_named(".log"), 10u);
  ten.f.loop.advance(std::chrono::seconds(1));
  EXPECT_EQ(ten.files_named(".deleted"), 0u);
  EXPECT_EQ(ten.files_named(".log"), 7u);
}

TEST(Retention, starts_where_it_did_when_opened_again) {
  TenSegments ten;
  ASSERT_TRUE(ten.f.log->advance_log_start_offset(Offset(3)));
  ten.apply();
  ten.f.crash();
  ASSERT_TRUE(ten.f.open(false));
  EXPECT_EQ(ten.f.log->log_start_offset(), Offset(3));
  EXPECT_EQ(ten.files_named(".deleted"), 0u);
}

// A recovered log has no snapshot where its segments begin: deletion must not take the only traces
// of a producer.
TEST(Retention, writes_down_what_deleted_batches_told_of_producers) {
  LogFixture f;
  f.config.segment_bytes = 100;
  f.create();
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(f.append(batch_of({{"v"}}, producer(9, 0, i))));
    f.log->flush_soon();
    f.loop.run();
  }
  f.crash();
  const auto directory = f.partition_directory();
  remove_snapshots(*directory);
  ASSERT_TRUE(f.open(false));
  f.log->flush_soon();
  f.loop.run();
  ASSERT_TRUE(f.append(batch_of({{"w"}}, producer(8, 0, 0))));
  f.log->flush_soon();
  f.loop.run();
  ASSERT_TRUE(f.log->advance_log_start_offset(Offset(4)));
  EXPECT_EQ(f.log->delete_old_segments(), 4u);
  f.loop.run();
  f.crash();
  EXPECT_FALSE(directory->exists(segment_file_name(Offset(3), kLogSuffix)));
  ASSERT_TRUE(f.open(false, Offset(0), Offset(4)));
  ASSERT_NE(f.log->producers().find(ProducerId(9)), nullptr);
  EXPECT_EQ(f.log->producers().find(ProducerId(9))->last_sequence(), Sequence(3));
}

// The only snapshot lies above the recovery point on disk, and none where the log now begins.
TEST(Retention, knows_deleted_producers_after_a_crash_before_the_recovery_point_was_written_down) {
  LogFixture f;
  f.config.segment_bytes = 100;
  f.create();
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(f.append(batch_of({{"v"}}, producer(i < 3 ? 7 : 9, 0, i < 3 ? i : 0))));
    f.log->flush_soon();
    f.loop.run();
  }
  f.crash();
  const auto directory = f.partition_directory();
  remove_snapshots(*directory);
  f.config.segment_bytes = 10'000;
  ASSERT_TRUE(f.open(false));
  f.log->flush_soon();
  f.loop.run();
  ASSERT_TRUE(f.append(batch_of({{"w"}}, producer(8, 0, 0))));
  f.log->flush_soon();
  f.loop.run();
  ASSERT_TRUE(f.log->advance_log_start_offset(Offset(3)));
  EXPECT_EQ(f.log->delete_old_segments(), 3u);
  f.loop.run();
  f.crash();
  EXPECT_FALSE(directory->exists(segment_file_name(Offset(2), kLogSuffix)));
  ASSERT_TRUE(f.open(false, Offset(0), Offset(3)));
  for (const auto& [id, last] : {std::pair(7, 2), std::pair(8, 0), std::pair(9, 0)}) {
    ASSERT_NE(f.log->producers().find(ProducerId(id)), nullptr) << id;
    EXPECT_EQ(f.log->producers().find(ProducerId(id))->last_sequence(), Sequence(last)) << id;
  }
}

}  // namespace
}  // namespace ottla::broker
