#include <gtest/gtest.h>

#include "broker/log/file_names.h"
#include "broker/log/log_loader.h"
#include "tests/simulation/sim_disk.h"
#include "tests/unit/log/log_fixture.h"

namespace ottla::broker {
namespace {

using Values = std::vector<std::pair<std::int64_t, std::string>>;

constexpr std::string_view kFirstLog = "00000000000000000000.log";

// A small log of one segment, and where its batches end.
struct SmallLog {
  SmallLog() {
    f.config.index_interval_bytes = 100;
    f.create();
    for (int i = 0; i < 8; ++i) {
      auto batch =
          batch_of({{"value " + std::to_string(2 * i)}, {"value " + std::to_string(2 * i + 1)}},
                   producer(1, 0, 2 * i));
      EXPECT_TRUE(f.append(std::move(batch), LeaderEpoch(i / 3)));
      ends.push_back(f.log->size_in_bytes());
      expected.emplace_back(2 * i, "value " + std::to_string(2 * i));
      expected.emplace_back(2 * i + 1, "value " + std::to_string(2 * i + 1));
    }
    f.loop.run();
    bytes = f.partition_directory()->read_file(kFirstLog).value();
  }

  void put(std::string_view changed) {
    f.crash();
    auto directory = f.partition_directory();
    auto file = directory->open(kFirstLog, base::OpenMode::create_truncate).value();
    ASSERT_TRUE(file->write_at(0, changed));
  }

  std::size_t whole_batches_in(std::size_t size) const {
    std::size_t count = 0;
    while (count < ends.size() && ends[count] <= size) ++count;
    return count;
  }

  Values first(std::size_t batches) const {
    return {expected.begin(), expected.begin() + static_cast<std::ptrdiff_t>(2 * batches)};
  }

  LogFixture f;
  std::vector<std::uint64_t> ends;
  Values expected;
  std::string bytes;
};

TEST(Recovery, keeps_the_whole_batches_of_a_log_cut_at_any_byte) {
  SmallLog log;
  for (std::size_t size = 0; size <= log.bytes.size(); ++size) {
    SCOPED_TRACE(size);
    log.put(BytesView(log.bytes).substr(0, size));
    log.f.lines.lines.clear();
    ASSERT_TRUE(log.f.open(false));
    const auto batches = log.whole_batches_in(size);
    ASSERT_EQ(log.f.values(Offset(0)), log.first(batches));
    EXPECT_EQ(log.f.log->log_end_offset(), Offset(static_cast<std::int64_t>(2 * batches)));
    const auto end = batches == 0 ? 0 : log.ends[batches - 1];
    EXPECT_EQ(log.f.log->size_in_bytes(), end);
    const auto cut = "cut " + std::to_string(size - end) + " bytes off";
    EXPECT_EQ(log.f.lines.mention(cut), size != end);
    if (batches > 0) {
      EXPECT_EQ(log.f.log->latest_epoch(), LeaderEpoch(static_cast<std::int32_t>(batches - 1) / 3));
    }
    // It goes on from there.
    auto next =
        log.f.append(batch_of({{"next"}}, producer(1, 0, static_cast<std::int32_t>(2 * batches))));
    ASSERT_TRUE(next) << next.error();
    EXPECT_EQ(next->first_offset, Offset(static_cast<std::int64_t>(2 * batches)));
  }
}

TEST(Recovery, never_serves_a_flipped_bit_as_data) {
  SmallLog log;
  for (std::size_t at = 0; at < log.bytes.size(); ++at) {
    SCOPED_TRACE(at);
    auto flipped = log.bytes;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << (at % 8)));
    log.put(flipped);
    ASSERT_TRUE(log.f.open(false));
    const auto found = log.f.values(Offset(0));
    const auto batch = log.whole_batches_in(at);
    const auto begin = batch == 0 ? 0 : log.ends[batch - 1];
    // The leader epoch lies outside of the checksum; all else is found out.
    const bool in_epoch = at - begin >= 12 && at - begin < 16;
    ASSERT_EQ(found, log.first(in_epoch ? log.ends.size() : batch));
  }
}

TEST(Recovery, does_not_read_again_what_lies_below_the_recovery_point) {
  SmallLog log;
  log.f.log->advance_recovery_point();
  log.f.loop.run();
  EXPECT_EQ(log.f.log->recovery_point(), Offset(16));
  auto flipped = log.bytes;
  flipped[100] = static_cast<char>(flipped[100] ^ 1);
  log.put(flipped);
  ASSERT_TRUE(log.f.open(false, Offset(16)));
  EXPECT_EQ(log.f.log->log_end_offset(), Offset(16));
}

TEST(Recovery, removes_the_segments_behind_a_cut) {
  LogFixture f;
  f.config.segment_bytes = 200;
  f.create();
  for (int i = 0; i < 9; ++i) {
    ASSERT_TRUE(f.append(make_batch("value")));
    f.log->flush_soon();
    f.loop.run();
  }
  ASSERT_GT(f.log->segment_count(), 3u);
  f.crash();
  auto directory = f.partition_directory();
  auto first = directory->open(kFirstLog, base::OpenMode::read_write).value();
  ASSERT_TRUE(first->truncate(first->size().value() - 1));
  ASSERT_TRUE(f.open(false));
  EXPECT_EQ(f.log->segment_count(), 1u);
  EXPECT_EQ(f.log->log_end_offset(), Offset(1));
  EXPECT_TRUE(f.lines.mention("the segment before it ends at offset 1"));
}

// Two segments, of which the first ends at the recovery point, and something behind its end.
struct FullSegment {
  explicit FullSegment(std::string_view behind) {
    f.config.segment_bytes = 200;
    f.config.index_interval_bytes = 50;
    f.create();
    while (f.log->segment_count() < 2) {
      EXPECT_TRUE(f.append(make_batch("value")));
      f.log->flush_soon();
      f.loop.run();
    }
    end = f.log->log_end_offset();
    full = f.log->segments().back().base_offset();
    size = f.log->segments().front().size();
    f.crash();
    auto file = f.partition_directory()->open(kFirstLog, base::OpenMode::read_write).value();
    EXPECT_TRUE(file->write_at(size, behind));
  }

  std::uint64_t size_on_disk() {
    return f.partition_directory()->open(kFirstLog, base::OpenMode::read).value()->size().value();
  }

  LogFixture f;
  Offset end;
  Offset full;
  std::uint64_t size = 0;
};

// The cut of a refused append was not synced when the log went on in the next segment.
TEST(Recovery, cuts_a_refused_append_that_comes_back_behind_a_full_segment) {
  auto whole = make_batch("refused");
  FullSegment probe("");
  protocol::stamp_offsets(whole.data(), probe.full, LeaderEpoch(0));
  for (const std::size_t part : {std::size_t{1}, std::size_t{33}, whole.size() - 1, whole.size()}) {
    SCOPED_TRACE(part);
    FullSegment log(BytesView(whole).substr(0, part));
    ASSERT_TRUE(log.f.open(false, log.full));
    EXPECT_EQ(log.f.log->segment_count(), 2u);
    EXPECT_EQ(log.f.log->log_end_offset(), log.end);
    EXPECT_EQ(log.f.values(Offset(0)).size(), static_cast<std::size_t>(log.end.value));
    EXPECT_EQ(log.size_on_disk(), log.size);
    EXPECT_TRUE(log.f.lines.mention("cut " + std::to_string(part) + " bytes off"));
  }
}

TEST(Recovery, cuts_nothing_else_of_a_segment_that_ends_at_the_recovery_point) {
  FullSegment log("");
  auto file = log.f.partition_directory()->open(kFirstLog, base::OpenMode::read_write).value();
  std::string byte(1, '\0');
  ASSERT_TRUE(file->read_at(log.size - 1, byte));
  byte[0] = static_cast<char>(byte[0] ^ 1);
  ASSERT_TRUE(file->write_at(log.size - 1, BytesView(byte)));
  file = nullptr;
  ASSERT_TRUE(log.f.open(false, log.full));
  EXPECT_EQ(log.f.log->segment_count(), 2u);
  EXPECT_EQ(log.f.log->log_end_offset(), log.end);
  EXPECT_EQ(log.size_on_disk(), log.size);
}

TEST(Recovery, cuts_a_refused_append_where_an_index_is_missing_too) {
  auto whole = make_batch("refused");
  FullSegment probe("");
  protocol::stamp_offsets(whole.data(), probe.full, LeaderEpoch(0));
  for (const auto suffix : {kIndexSuffix, kTimeIndexSuffix}) {
    for (const std::size_t part : {std::size_t{33}, whole.size()}) {
      SCOPED_TRACE(std::string(suffix) + " " + std::to_string(part));
      FullSegment log(BytesView(whole).substr(0, part));
      ASSERT_TRUE(log.f.partition_directory()->remove(segment_file_name(Offset(0), suffix)));
      const auto opened = log.f.open(false, log.full);
      ASSERT_TRUE(opened) << opened.error();
      EXPECT_EQ(log.f.values(Offset(0)).size(), static_cast<std::size_t>(log.end.value));
      EXPECT_EQ(log.size_on_disk(), log.size);
      EXPECT_TRUE(log.f.lines.mention("cut " + std::to_string(part) + " bytes off"));
      auto segment = log.f.log->segments().front();
      EXPECT_EQ(segment.time_index().last(ReadMode::may_sleep).value().timestamp,
                TestRecord().timestamp);
      EXPECT_FALSE(segment.offset_index().file().empty());
    }
  }
}

TEST(Recovery, says_that_an_index_was_damaged_where_nothing_was_to_be_cut) {
  FullSegment log("");
  auto index = log.f.partition_directory()
                   ->open(segment_file_name(Offset(0), kIndexSuffix), base::OpenMode::read_write)
                   .value();
  const auto size = index->size().value();
  ASSERT_GE(size, OffsetIndex::kEntrySize);
  ASSERT_TRUE(index->write_at(size - 4, BytesView("\x7f\xff\xff\xff")));
  ASSERT_TRUE(log.f.open(false, log.full));
  EXPECT_EQ(log.f.values(Offset(0)).size(), static_cast<std::size_t>(log.end.value));
  EXPECT_EQ(log.size_on_disk(), log.size);
  EXPECT_FALSE(log.f.lines.mention("cut 0 bytes"));
  EXPECT_TRUE(log.f.lines.mention("log were damaged, and are made anew: CORRUPT_DATA: the index"));
}

TEST(Recovery, cuts_no_batch_that_begins_below_the_next_segment_and_reaches_into_it) {
  FullSegment log("");
  auto wide = batch_of({{"a"}, {"b"}});
  protocol::stamp_offsets(wide.data(), log.full - 1, LeaderEpoch(0));
  auto file = log.f.partition_directory()->open(kFirstLog, base::OpenMode::read_write).value();
  ASSERT_TRUE(file->write_at(log.size - make_batch("value").size(), wide));
  const auto size = file->size().value();
  ASSERT_TRUE(log.f.open(false, log.full));
  EXPECT_EQ(log.f.log->log_end_offset(), log.end);
  EXPECT_EQ(log.size_on_disk(), size);
  EXPECT_FALSE(log.f.lines.mention("cut 0 bytes"));
  EXPECT_TRUE(log.f.lines.mention("what was synced of the log is damaged"));
}

// The cleaner goes by it.
TEST(Recovery, takes_no_later_batch_for_the_first_of_a_segment_that_is_damaged) {
  LogFixture f;
  f.config.segment_bytes = 500;
  f.config.index_interval_bytes = 100;
  f.config.cleanup_compact = true;
  f.create();
  for (int i = 0; f.log->segment_count() < 2; ++i) {
    ASSERT_TRUE(f.append(batch_of({{"value", 1000 + i}})));
    f.log->flush_soon();
    f.loop.run();
  }
  const auto full = f.log->segments().back().base_offset();
  auto segment = f.log->segments().front();
  const auto entry = segment.offset_index().last(ReadMode::may_sleep).value();
  ASSERT_TRUE(entry);
  ASSERT_GT(entry->offset, Offset(0));
  ASSERT_LT(entry->offset, full - 1) << "a whole batch must come before the damage";
  f.crash();
  auto file = f.partition_directory()->open(kFirstLog, base::OpenMode::read_write).value();
  ASSERT_TRUE(file->truncate(file->size().value() - 1));
  ASSERT_TRUE(f.open(false, full));
  EXPECT_TRUE(f.lines.mention("what was synced of the log is damaged"));
  EXPECT_EQ(f.log->segments().front().known_first_timestamp(), 1000);
}

TEST(Recovery, keeps_the_segments_behind_a_cut_that_takes_no_offset) {
  LogFixture f;
  f.config.segment_bytes = 200;
  f.create();
  for (int i = 0; i < 9; ++i) {
    ASSERT_TRUE(f.append(make_batch("value")));
    f.log->flush_soon();
    f.loop.run();
  }
  const auto segments = f.log->segment_count();
  ASSERT_GT(segments, 3u);
  f.crash();
  auto first = f.partition_directory()->open(kFirstLog, base::OpenMode::read_write).value();
  const auto size = first->size().value();
  ASSERT_TRUE(first->write_at(size, BytesView("what was begun and refused")));
  ASSERT_TRUE(f.open(false));
  EXPECT_EQ(f.log->segment_count(), segments);
  EXPECT_EQ(f.values(Offset(0)).size(), 9U);
  EXPECT_EQ(first->size().value(), size);
}

TEST(Recovery, gives_full_segments_the_last_entry_of_their_time_index) {
  LogFixture f;
  f.config.segment_bytes = 300;
  f.create();
  for (int i = 0; i < 9; ++i) {
    ASSERT_TRUE(f.append(batch_of({{"value", 1000 + i}})));
    f.log->flush_soon();
    f.loop.run();
  }
  const auto segments = f.log->segment_count();
  ASSERT_GT(segments, 2u);
  f.crash();
  ASSERT_TRUE(f.open(false));
  ASSERT_EQ(f.log->segment_count(), segments);
  for (std::size_t i = 0; i + 1 < segments; ++i) {
    auto segment = f.log->segments()[i];
    const auto last = segment.time_index().last(ReadMode::may_sleep).value();
    const auto next = f.log->segments()[i + 1].base_offset();
    EXPECT_EQ(last, (TimeIndex::Entry{1000 + next.value - 1, next - 1}));
  }
}

TEST(Recovery, makes_missing_and_useless_indexes_anew) {
  for (const char* suffix : {"index", "timeindex"}) {
    for (const bool clean : {true, false}) {
      SmallLog log;
      ASSERT_TRUE(log.f.close());
      log.f.crash();
      auto directory = log.f.partition_directory();
      const auto name = "00000000000000000000." + std::string(suffix);
      ASSERT_TRUE(directory->remove(name));
      ASSERT_TRUE(log.f.open(clean));
      EXPECT_EQ(log.f.values(Offset(0)), log.expected);
      log.f.crash();
      // As a killed Apache Kafka leaves it: allocated ahead, zeros at the end.
      auto file = directory->open(name, base::OpenMode::create).value();
      ASSERT_TRUE(file->truncate(1200));
      ASSERT_TRUE(log.f.open(false));
      EXPECT_EQ(log.f.values(Offset(5)).size(), 11u);
    }
  }
}

TEST(Recovery, rebuilds_producers_and_epochs_from_the_batches) {
  SmallLog log;
  log.f.crash();
  ASSERT_TRUE(log.f.open(false));
  auto again = log.f.append(batch_of({{"value 14"}, {"value 15"}}, producer(1, 0, 14)));
  ASSERT_TRUE(again) << again.error();
  EXPECT_TRUE(again->duplicate);
  EXPECT_EQ(again->first_offset, Offset(14));
  EXPECT_EQ(log.f.log->end_offset_for_epoch(LeaderEpoch(0)),
            (EpochEndOffset{LeaderEpoch(0), Offset(6)}));
  auto gap = log.f.append(batch_of({{"x"}}, producer(1, 0, 20)));
  EXPECT_EQ(gap.error().code(), ErrorCode::out_of_order_sequence_number);
}

TEST(Recovery, syncs_what_it_keeps_before_readers_see_it) {
  simulation::SimDisk disk(11);
  LogFixture f(disk.open("/data"));
  f.create();
  ASSERT_TRUE(f.append(make_batch("a")));
  f.crash();
  disk.process_crash();
  f.root = disk.open("/data");
  f.flush = std::make_unique<FlushScheduler>(f.loop, f.root, f.lines.logger());
  ASSERT_TRUE(f.open(false));
  EXPECT_EQ(f.log->log_end_offset(), Offset(1));
  EXPECT_EQ(f.log->high_watermark(), Offset(0));
  f.log->flush_soon();
  f.loop.run();
  EXPECT_EQ(f.log->high_watermark(), Offset(1));
  f.log.reset();
  EXPECT_FALSE(disk.power_cut());
}

TEST(Recovery, completes_a_compaction_that_was_about_to_swap) {
  LogFixture f;
  f.config.segment_bytes = 100;
  f.config.cleanup_compact = true;
  f.create();
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(f.append(make_batch("v" + std::to_string(i))));
    f.log->flush_soon();
    f.loop.run();
  }
  ASSERT_EQ(f.log->segment_count(), 4u);
  ASSERT_TRUE(f.close());
  f.crash();
  auto directory = f.partition_directory();
  // Segments 0 to 2 were cleaned into one, of which the records 1 and 2 are left.
  const auto cleaned = directory->read_file("00000000000000000001.log").value() +
                       directory->read_file("00000000000000000002.log").value();
  ASSERT_TRUE(directory->replace_file("00000000000000000000.log.swap", cleaned));
  ASSERT_TRUE(directory->replace_file("00000000000000000009.log.cleaned", "rest"));
  ASSERT_TRUE(directory->remove("00000000000000000001.log"));
  ASSERT_TRUE(f.open(true));
  EXPECT_EQ(f.values(Offset(0)), (Values{{1, "v1"}, {2, "v2"}, {3, "v3"}}));
  EXPECT_EQ(f.log->segment_count(), 2u);
  const auto entries = directory->list();
  for (const auto& entry : *entries) {
    EXPECT_EQ(entry.name.find("swap"), std::string::npos) << entry.name;
    EXPECT_EQ(entry.name.find("cleaned"), std::string::npos) << entry.name;
  }
}

// A log of four segments, of which a batch in the middle is missing: taken by compaction, or lost.
struct LogWithGap {
  LogWithGap() {
    f.config.segment_bytes = 100;
    f.config.cleanup_compact = true;
    f.create();
    for (int i = 0; i < 4; ++i) {
      EXPECT_TRUE(f.append(make_batch("v" + std::to_string(i))));
      f.log->flush_soon();
      f.loop.run();
    }
    f.crash();
    for (const auto suffix : {kLogSuffix, kIndexSuffix, kTimeIndexSuffix}) {
      EXPECT_TRUE(f.partition_directory()->remove(segment_file_name(Offset(1), suffix)));
    }
  }

  // What is left when it was opened after a crash with nothing known to be synced.
  Values recovered(Offset cleaned_until, bool recovery_point_known = true) {
    LoadRequest request{.location = f.location(),
                        .config = f.config,
                        .cleaned_until = cleaned_until,
                        .recovery_point_known = recovery_point_known};
    auto loaded = load_log(request, f.lines.logger());
    EXPECT_TRUE(loaded) << loaded.error();
    f.log = std::make_unique<UnifiedLog>(
        std::move(*loaded), LogEnvironment{&f.loop, f.flush.get(), &f.open_logs, f.lines.logger()});
    return f.values(Offset(0));
  }

  LogFixture f;
};

TEST(Recovery, cuts_a_compacted_log_at_a_hole_that_no_compaction_made) {
  EXPECT_EQ(LogWithGap().recovered(Offset(0)), (Values{{0, "v0"}}));
}

TEST(Recovery, keeps_the_gaps_that_compaction_left) {
  const Values rest{{0, "v0"}, {2, "v2"}, {3, "v3"}};
  EXPECT_EQ(LogWithGap().recovered(Offset(2)), rest);
  LogWithGap no_longer_compacted;
  no_longer_compacted.f.config.cleanup_compact = false;
  EXPECT_EQ(no_longer_compacted.recovered(Offset(2)), rest);
  // What tells of compaction is lost.
  EXPECT_EQ(LogWithGap().recovered(Offset(0), false), rest);
}

TEST(Recovery, keeps_every_gap_of_a_compacted_log_that_a_killed_kafka_left) {
  LogWithGap log;
  const auto index =
      log.f.partition_directory()->open("00000000000000000003.index", base::OpenMode::create);
  ASSERT_TRUE((*index)->truncate(static_cast<std::uint64_t>(log.f.config.segment_index_bytes)));
  EXPECT_EQ(log.recovered(Offset(0)), (Values{{0, "v0"}, {2, "v2"}, {3, "v3"}}));
}

TEST(Recovery, refuses_a_directory_of_another_topic) {
  SmallLog log;
  log.f.crash();
  LoadRequest request{log.f.location(), log.f.config, Offset(0), Offset(0), true, 0};
  request.location.topic_id = {1, 2};
  EXPECT_EQ(load_log(request, {}).error().code(), ErrorCode::inconsistent_topic_id);
}

std::string with_bit(std::string bytes, std::size_t at, int bit) {
  bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
  return bytes;
}

TEST(Recovery, cuts_nothing_of_a_log_that_was_closed_cleanly) {
  SmallLog log;
  ASSERT_TRUE(log.f.close());
  const auto header = static_cast<std::size_t>(log.ends[6]);
  const auto damaged = with_bit(log.bytes, header + protocol::batch_layout::kMagic, 5);
  log.put(damaged);
  auto opened = log.f.open(true, Offset(16));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::corrupt_message);
  EXPECT_EQ(log.f.partition_directory()->read_file(kFirstLog).value(), damaged);
}

TEST(Recovery, makes_an_index_anew_that_misleads_after_a_clean_stop) {
  SmallLog log;
  ASSERT_TRUE(log.f.close());
  log.f.crash();
  auto index = log.f.partition_directory()->read_file("00000000000000000000.index").value();
  ASSERT_FALSE(index.empty());
  index[index.size() - 2] = 0x7f;  // the last position, beyond the end of the log
  ASSERT_TRUE(log.f.partition_directory()->replace_file("00000000000000000000.index", index));
  ASSERT_TRUE(log.f.open(true, Offset(16)));
  EXPECT_EQ(log.f.values(Offset(0)), log.expected);
}

TEST(Recovery, keeps_a_copy_of_what_it_cuts_below_the_recovery_point) {
  SmallLog log;
  log.f.log->advance_recovery_point();
  log.f.loop.run();
  const auto at = static_cast<std::size_t>(log.ends[6]);
  const auto damaged = with_bit(log.bytes, at + 70, 0);
  log.put(damaged);
  ASSERT_TRUE(log.f.open(false, Offset(16)));
  EXPECT_EQ(log.f.values(Offset(0)), log.first(7));
  const auto kept = log.f.partition_directory()->read_file(std::string(kFirstLog) + ".cut");
  ASSERT_TRUE(kept) << kept.error();
  EXPECT_EQ(*kept, damaged.substr(at));
  EXPECT_TRUE(log.f.lines.mention("kept as"));
}

TEST(Recovery, keeps_no_copy_of_what_was_never_synced) {
  SmallLog log;
  log.put(log.bytes.substr(0, log.bytes.size() - 1));
  ASSERT_TRUE(log.f.open(false));
  EXPECT_FALSE(log.f.partition_directory()->exists(std::string(kFirstLog) + ".cut"));
}

// An index entry leads recovery to a batch that is damaged: what comes before it is still there.
TEST(Recovery, counts_on_behind_what_lies_before_a_damaged_batch_that_the_index_names) {
  SmallLog log;
  log.f.log->advance_recovery_point();
  log.f.loop.run();
  for (std::size_t batch = 1; batch < log.ends.size(); ++batch) {
    SCOPED_TRACE(batch);
    const auto at = static_cast<std::size_t>(log.ends[batch - 1]);
    log.put(with_bit(log.bytes, at + 70, 0));
    ASSERT_TRUE(log.f.open(false, Offset(static_cast<std::int64_t>(2 * batch + 1))));
    EXPECT_EQ(log.f.values(Offset(0)), log.first(batch));
    EXPECT_EQ(log.f.log->log_end_offset(), Offset(static_cast<std::int64_t>(2 * batch)));
  }
}

// One message as Kafka wrote it before 0.10: key "k", value "v".
std::string message_of_magic_0() {
  return std::string("\0\0\0\0\0\0\0\x07\0\0\0\x10", 12) + std::string(
                                                               "\x1f\xec\xd7\x0a\0\0\0\0\0\x01"
                                                               "k\0\0\0\x01"
                                                               "v",
                                                               16);
}

TEST(Recovery, refuses_a_log_of_an_older_format_and_leaves_it_alone) {
  for (const bool clean : {true, false}) {
    SCOPED_TRACE(clean);
    SmallLog log;
    log.put(message_of_magic_0());
    auto opened = log.f.open(clean);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code(), ErrorCode::unsupported_for_message_format);
    EXPECT_EQ(log.f.partition_directory()->read_file(kFirstLog).value(), message_of_magic_0());
  }
}

TEST(Recovery, takes_no_zeros_and_no_damage_for_an_older_format) {
  SmallLog log;
  log.put(log.bytes + std::string(200, '\0'));
  ASSERT_TRUE(log.f.open(false));
  EXPECT_EQ(log.f.values(Offset(0)), log.expected);
  log.put(with_bit(message_of_magic_0(), 20, 1));
  ASSERT_TRUE(log.f.open(false));
  EXPECT_EQ(log.f.log->log_end_offset(), Offset(0));
}

TEST(Recovery, finds_an_offset_that_no_index_can_hold) {
  for (const bool clean : {true, false}) {
    SCOPED_TRACE(clean);
    SmallLog log;
    ASSERT_TRUE(log.f.close());
    log.put(with_bit(log.bytes, static_cast<std::size_t>(log.ends[4]) + 2, 3));
    ASSERT_TRUE(log.f.partition_directory()->remove("00000000000000000000.index"));
    log.f.config.cleanup_compact = true;  // gaps are no damage then
    log.f.config.durability = Durability::memory;
    auto opened = log.f.open(clean);
    if (clean) {
      ASSERT_FALSE(opened);
      EXPECT_EQ(opened.error().code(), ErrorCode::corrupt_message);
    } else {
      ASSERT_TRUE(opened) << opened.error();
      EXPECT_EQ(log.f.values(Offset(0)), log.first(5));
    }
  }
}

// Of a log that waits to be synced with many others no file is opened.
TEST(Recovery, opens_no_file_for_a_sync_of_the_whole_file_system) {
  SmallLog log;
  log.f.crash();
  ASSERT_TRUE(log.f.open(false));
  const auto whole = log.f.log->begin_flush(true);
  ASSERT_TRUE(whole);
  EXPECT_TRUE(whole->before_entries.empty() && whole->after_entries.empty());
  ASSERT_EQ(whole->closed.size(), 2u);
  EXPECT_EQ(whole->closed[0].name, kPartitionMetadata);
  EXPECT_EQ(whole->closed[1].name, kFirstLog);
  const auto one = log.f.log->begin_flush(false);
  ASSERT_TRUE(one);
  EXPECT_EQ(one->before_entries.size(), 1u);
  EXPECT_EQ(one->after_entries.size(), 1u);
}

}  // namespace
}  // namespace ottla::broker
