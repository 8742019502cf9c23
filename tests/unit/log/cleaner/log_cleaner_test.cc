#include "broker/log/cleaner/log_cleaner.h"

#include <gtest/gtest.h>

#include "broker/log/cleaner/cleaned_segment.h"
#include "broker/log/file_names.h"
#include "broker/log/transaction_index.h"
#include "protocol/record/control_record.h"
#include "tests/unit/log/cleaner/log_cleaner_fixture.h"

namespace ottla::broker {
namespace {

TEST_F(LogCleanerTest, keeps_the_newest_value_of_each_key_at_its_offset) {
  append("a", "a1");
  append("b", "b1");
  append("a", "a2");
  append("a", "a3");
  push_out();
  wait();
  EXPECT_EQ(cleanings(), 1u);
  EXPECT_EQ(values(), (Values{{1, "b1"}, {3, "a3"}}));
  // What is newer and in the active segment does not count yet.
  append("b", "b2");
  EXPECT_EQ(values(), (Values{{1, "b1"}, {3, "a3"}, {7, "b2"}}));
  push_out();
  push_out();
  wait();
  EXPECT_EQ(values(), (Values{{3, "a3"}, {7, "b2"}}));
  restart();
  EXPECT_EQ(values(), (Values{{3, "a3"}, {7, "b2"}}));
  EXPECT_EQ(log->log_end_offset(), Offset(14));
}

TEST_F(LogCleanerTest, puts_small_segments_together_and_leaves_no_files_behind) {
  for (int i = 0; i < 40; ++i) append("k" + std::to_string(i % 3), "v" + std::to_string(i));
  const auto before = log->segment_count();
  push_out();
  wait();
  EXPECT_EQ(values(), (Values{{37, "v37"}, {38, "v38"}, {39, "v39"}}));
  // Segments that were small when the cleaning began are put together.
  for (int i = 0; i < 40; ++i) append("k", "v" + std::to_string(i));
  push_out();
  wait();
  EXPECT_EQ(cleanings(), 2u);
  EXPECT_LT(log->segment_count(), before * 2);
  const auto middle = log->segment_count();
  for (int i = 0; i < 60; ++i) append("k", "v");
  push_out();
  wait();
  EXPECT_LT(log->segment_count(), middle + 30);
  wait();  // what was deleted is unlinked
  for (const auto& name : names()) {
    EXPECT_EQ(name.find(".cleaned"), std::string::npos) << name;
    EXPECT_EQ(name.find(".swap"), std::string::npos) << name;
    EXPECT_EQ(name.find(".deleted"), std::string::npos) << name;
  }
  const auto checkpoint = root->read_file(kCleanerCheckpoint).value();
  EXPECT_NE(checkpoint.find("c 0 14"), std::string::npos) << checkpoint;
}

TEST_F(LogCleanerTest, does_not_clean_again_what_it_has_cleaned) {
  for (int i = 0; i < 10; ++i) append("a", "v");
  push_out();
  wait();
  EXPECT_EQ(cleanings(), 1u);
  wait();
  EXPECT_EQ(cleanings(), 1u);
  restart();
  wait();
  EXPECT_EQ(cleanings(), 0u);
}

TEST_F(LogCleanerTest, waits_until_a_log_is_dirty_enough) {
  config.min_cleanable_dirty_ratio = 0.9;
  for (int i = 0; i < 10; ++i) append("k" + std::to_string(i), "v");
  push_out();
  wait();
  EXPECT_EQ(cleanings(), 1u);  // all of it is dirty
  for (int i = 0; i < 6; ++i) append("a", "v");
  wait();
  EXPECT_EQ(cleanings(), 1u);
  auto eager = config;
  eager.min_cleanable_dirty_ratio = 0.1;
  log->update_config(eager);
  wait();
  EXPECT_EQ(cleanings(), 2u);
}

TEST_F(LogCleanerTest, leaves_young_records_alone_and_old_ones_not_for_long) {
  config.min_compaction_lag_ms = 600'000;
  append("a", "a1");
  append("a", "a2");
  push_out();
  wait();
  EXPECT_EQ(cleanings(), 0u);
  loop.advance(std::chrono::minutes(10));
  EXPECT_EQ(cleanings(), 1u);
  auto lazy = config;
  lazy.min_compaction_lag_ms = 0;
  lazy.min_cleanable_dirty_ratio = 1.0;
  lazy.max_compaction_lag_ms = 3'600'000;
  log->update_config(lazy);
  append("a", "a3");
  push_out();
  push_out();
  wait();
  EXPECT_EQ(cleanings(), 1u);
  loop.advance(std::chrono::hours(1));
  EXPECT_EQ(cleanings(), 2u);
}

TEST_F(LogCleanerTest, removes_tombstones_after_their_retention) {
  config.delete_retention_ms = 1'000'000;
  append("a", "a1");
  auto builder = protocol::RecordBatchBuilder::growing();
  ASSERT_TRUE(builder.append(loop.wall_now(), "a", std::nullopt));
  append_batch(std::string(builder.close_sealed()));
  push_out();
  wait();
  EXPECT_EQ(values(), (Values{{1, "<null>"}}));
  push_out();
  push_out();
  push_out();
  wait();
  EXPECT_EQ(values(), (Values{{1, "<null>"}}));
  loop.advance(std::chrono::minutes(20));
  for (int i = 0; i < 6; ++i) push_out();
  wait();
  EXPECT_EQ(values(), Values{});
}

TEST_F(LogCleanerTest, never_goes_beyond_an_open_transaction) {
  const auto open = batch_of({{"open", loop.wall_now(), "t"}}, producer(9, 0, 0), true);
  append("a", "a1");
  append_batch(open);
  append("a", "a2");
  append("a", "a3");
  push_out();
  wait();
  EXPECT_EQ(values(), (Values{{0, "a1"}, {1, "open"}, {2, "a2"}, {3, "a3"}}));
  append_batch(
      protocol::end_transaction_batch({false, 1}, ProducerId(9), ProducerEpoch(0), loop.wall_now()),
      AppendOrigin::coordinator);
  push_out();
  wait();
  EXPECT_EQ(values(), (Values{{3, "a3"}}));
  // Its sequence is known all the same.
  restart();
  auto next = batch_of({{"next", loop.wall_now(), "t"}}, producer(9, 0, 1), true);
  append_batch(next);
}

TEST_F(LogCleanerTest, keeps_of_the_transaction_index_what_readers_may_need) {
  using Transactions = std::vector<AbortedTransaction>;
  const AbortedTransaction gone{ProducerId(9), Offset(3), Offset(5), Offset(3)};
  const AbortedTransaction left{ProducerId(7), Offset(3), Offset(6), Offset(3)};
  const AbortedTransaction from_before{ProducerId(8), Offset(1), Offset(7), Offset(1)};
  const auto name = segment_file_name(Offset(2), kTxnIndexSuffix);
  const auto cleaned_name = name + std::string(kCleanedSuffix);
  auto write_index = [&](const Bytes& bytes) {
    auto file = root->open(name, base::OpenMode::create_truncate).value();
    ASSERT_TRUE(file->write_at(0, bytes));
  };
  auto clean = [&](std::size_t entries) {
    auto cleaned = CleanedSegment::create(root, Offset(2), config).value();
    auto batch = batch_of({{"of 7", 1, "t"}}, producer(7, 0, 0), true);
    protocol::stamp_offsets(batch.data(), Offset(4), LeaderEpoch(1));
    EXPECT_TRUE(cleaned.add(protocol::RecordBatchView::parse(batch).value()));
    const std::vector<LogSegment> originals{LogSegment(root, Offset(2), 0, 0, 0, 0, {}, entries)};
    const auto finished = cleaned.finish(originals, true);
    return finished ? ErrorCode::none : finished.error().code();
  };
  write_index(transaction_index_bytes({gone, left, from_before}));
  EXPECT_EQ(clean(3), ErrorCode::none);
  const auto kept = root->read_file(cleaned_name).value();
  EXPECT_EQ(parse_transaction_index(kept).value(), (Transactions{left, from_before}));
  write_index(transaction_index_bytes({gone}));
  EXPECT_EQ(clean(1), ErrorCode::none);
  EXPECT_FALSE(root->exists(cleaned_name));
  write_index("damaged");
  EXPECT_EQ(clean(1), ErrorCode::corrupt_data) << "the segments stay as they are";
}

TEST_F(LogCleanerTest, writes_indexes_whose_entries_name_a_batch) {
  for (int i = 0; i < 8; ++i) append("k" + std::to_string(i), "value");
  append("k0", "new");
  push_out();
  wait();
  ASSERT_GT(cleanings(), 0u);
  std::size_t entries = 0;
  for (auto segment : log->segments()) {
    auto& index = segment.offset_index();
    auto log_file = segment.file(ReadMode::may_sleep).value();
    BatchScanner batches(*log_file, 0, segment.size(), ReadMode::may_sleep);
    for (auto batch = batches.next(); batch && *batch; batch = batches.next()) {
      const auto found = index.lookup_position((*batch)->position, ReadMode::may_sleep).value();
      if (found.position != (*batch)->position || found.position == 0) continue;
      EXPECT_EQ(found.offset, (*batch)->last_offset);
      ++entries;
    }
  }
  EXPECT_GT(entries, 0u);
}

TEST_F(LogCleanerTest, lets_readers_go_on_with_what_they_hold) {
  for (int i = 0; i < 12; ++i) append("a", "v" + std::to_string(i));
  push_out();
  auto held = LogFixture::read_from(loop, *log, Offset(0), Offset(2), 1 << 20, true);
  ASSERT_TRUE(held);
  const auto bytes = LogFixture::bytes_of(*held);
  auto picture = std::make_unique<LogReader>(log->reader());
  wait();
  // The picture may still open files by name: nothing is renamed.
  EXPECT_EQ(cleanings(), 0u);
  std::vector<std::int64_t> offsets;
  ASSERT_TRUE(picture->for_each_batch(Offset(0), [&](const protocol::RecordBatchView& batch) {
    offsets.push_back(batch.base_offset().value);
    return Result<void>();
  }));
  EXPECT_EQ(offsets.size(), 15u);
  picture.reset();
  loop.advance(std::chrono::seconds(1));
  EXPECT_EQ(cleanings(), 1u);
  EXPECT_EQ(values(), (Values{{11, "v11"}}));
  EXPECT_EQ(LogFixture::bytes_of(*held), bytes);
  wait();
  wait();  // and unlinked
  EXPECT_EQ(LogFixture::bytes_of(*held), bytes);
}

TEST_F(LogCleanerTest, reads_with_a_picture_that_was_taken_while_it_waited) {
  for (int i = 0; i < 12; ++i) append("a", "v" + std::to_string(i));
  push_out();
  auto old_picture = std::make_unique<LogReader>(log->reader());
  wait();
  LogReader picture = log->reader();
  old_picture.reset();
  loop.advance(std::chrono::seconds(1));
  // The first segments were swapped; the next swap waits for this picture.
  EXPECT_LT(values().size(), 12u);
  std::size_t batches = 0;
  ASSERT_TRUE(picture.for_each_batch(Offset(0), [&](const protocol::RecordBatchView&) {
    ++batches;
    return Result<void>();
  }));
  EXPECT_EQ(batches, 15u);
  picture = LogReader({}, Offset(0), Offset(0));
  wait();
  EXPECT_EQ(values(), (Values{{11, "v11"}}));
}

TEST_F(LogCleanerTest, comes_to_the_same_end_in_little_memory) {
  options.cleaner.buffer_bytes = 0;  // what log.cleaner.io.buffer.size may say
  options.cleaner.map_limits.memory = 24 * 8;
  config.min_cleanable_dirty_ratio = 0;
  restart();
  for (int i = 0; i < 60; ++i) append("k" + std::to_string(i % 20), "v" + std::to_string(i));
  push_out();
  for (int i = 0; i < 30; ++i) wait();
  EXPECT_GT(cleanings(), 3u);
  Values expected;
  for (int i = 40; i < 60; ++i) expected.emplace_back(i, "v" + std::to_string(i));
  const auto found = values();
  // What one cleaning could not see of a key, a later one of the dirty part has removed.
  EXPECT_EQ(found, expected);
}

TEST_F(LogCleanerTest, says_so_when_the_keys_of_one_batch_do_not_fit) {
  options.cleaner.map_limits.memory = 24 * 4;
  restart();
  std::vector<TestRecord> many(10);
  for (int i = 0; i < 10; ++i) many[static_cast<std::size_t>(i)].key = "k" + std::to_string(i);
  append_batch(batch_of(many));
  push_out();
  wait();
  EXPECT_TRUE(lines.mention("log.cleaner.dedupe.buffer.size"));
  EXPECT_EQ(read_all(Offset(0)).size(), 13u);
}

TEST_F(LogCleanerTest, moves_no_more_bytes_a_second_than_it_may) {
  options.cleaner.max_bytes_per_second = 4096;
  restart();
  for (int i = 0; i < 200; ++i) append("a", std::string(60, 'v'));
  push_out();
  const auto bytes = log->size_in_bytes();
  loop.advance(std::chrono::seconds(31));
  EXPECT_EQ(cleanings(), 0u);
  const auto seconds = static_cast<std::int64_t>(2 * bytes / 4096);
  loop.advance(std::chrono::seconds(seconds / 2));
  EXPECT_EQ(cleanings(), 0u);
  loop.advance(std::chrono::seconds(seconds + 60));
  EXPECT_EQ(cleanings(), 1u);
}

TEST_F(LogCleanerTest, can_be_stopped_while_it_holds_back) {
  options.cleaner.max_bytes_per_second = 4096;
  restart();
  for (int i = 0; i < 200; ++i) append("a", std::string(60, 'v'));
  push_out();
  loop.advance(std::chrono::seconds(35));
  restart();
  EXPECT_EQ(read_all(Offset(0)).size(), 203u);
}

TEST_F(LogCleanerTest, compacts_and_deletes_a_log_that_wants_both) {
  config.cleanup_delete = true;
  config.retention_ms = 3'600'000;
  append("a", "a1");
  append("a", "a2");
  push_out();
  wait();
  EXPECT_EQ(values(), (Values{{1, "a2"}}));
  loop.advance(std::chrono::hours(2));
  append("b", "b1");
  EXPECT_EQ(values(), (Values{{5, "b1"}}));
}

TEST_F(LogCleanerTest, leaves_a_damaged_log_as_it_is) {
  for (int i = 0; i < 6; ++i) append("a", "v" + std::to_string(i));
  push_out();
  auto directory = root->open_directory("c-0").value();
  auto file = directory->open("00000000000000000000.log", base::OpenMode::read_write).value();
  ASSERT_TRUE(file->write_at(70, "rot"));
  const auto before = log->size_in_bytes();
  wait();
  EXPECT_EQ(cleanings(), 0u);
  EXPECT_TRUE(lines.mention("is not compacted until the next start"));
  EXPECT_EQ(log->size_in_bytes(), before);
}

TEST_F(LogCleanerTest, is_stopped_by_deletion_and_by_a_clean_stop) {
  for (int i = 0; i < 30; ++i) append("a", "v");
  push_out();
  LogReader picture = log->reader();
  wait();  // a replacement waits
  ASSERT_TRUE(manager->delete_log(kAt));
  log = nullptr;
  loop.run();
  for (int i = 0; i < 30; ++i) append("a", "v" + std::to_string(i));
  push_out();
  LogReader another = log->reader();
  wait();
  restart();
  EXPECT_TRUE(manager->directory().was_clean());
  EXPECT_EQ(read_all(Offset(0)).size(), 33u);
  for (const auto& name : names()) EXPECT_EQ(name.find(".cleaned"), std::string::npos) << name;
  wait();
  EXPECT_EQ(cleanings(), 1u);
}

// Whatever step is under way when the log is deleted or the manager closed, nothing hangs.
TEST_F(LogCleanerTest, can_be_interrupted_at_every_step) {
  for (int works = 0; works < 12; ++works) {
    for (const bool closes : {false, true}) {
      SCOPED_TRACE(works);
      for (int i = 0; i < 12; ++i) append("a", "v" + std::to_string(i));
      push_out();
      loop.advance(std::chrono::milliseconds(1));
      manager->checkpoint_log_start_offsets();
      for (int i = 0; i < works && loop.works() > 0; ++i) loop.run_one_work();
      if (closes) {
        restart();
        wait();
        EXPECT_EQ(values().back().second, "v11");
      }
      ASSERT_TRUE(manager->delete_log(kAt));
      log = nullptr;
      loop.run();
    }
  }
}

TEST_F(LogCleanerTest, works_for_logs_of_memory_durability) {
  config.durability = Durability::memory;
  append("a", "a1");
  append("a", "a2");
  push_out();
  wait();
  EXPECT_EQ(values(), (Values{{1, "a2"}}));
  kill();
  start();
  EXPECT_EQ(values(), (Values{{1, "a2"}}));
}

TEST_F(LogCleanerTest, can_be_switched_off) {
  options.cleaner.enabled = false;
  restart();
  for (int i = 0; i < 10; ++i) append("a", "v");
  push_out();
  wait();
  EXPECT_EQ(cleanings(), 0u);
}

}  // namespace
}  // namespace ottla::broker
