#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

#include "tests/simulation/seeds.h"
#include "tests/simulation/sim_disk.h"
#include "tests/unit/log/log_fixture.h"
#include "tests/unit/log/scripted_life.h"

namespace ottla::broker {
namespace {

using simulation::DiskCall;
using simulation::DiskFault;
using simulation::SimDisk;

struct FaultyLog {
  FaultyLog() : f(disk.open("/data")) { f.create(); }

  SimDisk disk{3, {.would_block_one_in = 0}};
  LogFixture f;
};

TEST(StorageFaults, a_failed_sync_takes_the_directory_offline_for_good) {
  FaultyLog log;
  ErrorCode told = ErrorCode::none;
  int raised = 0;
  log.f.log->set_on_offline([&](const Error& error) { told = error.code(); });
  log.f.log->set_on_high_watermark([&] { ++raised; });
  ASSERT_TRUE(log.f.append(make_batch("a")));
  log.disk.inject({.call = DiskCall::sync, .times = 1});
  log.f.log->flush_soon();
  log.f.loop.run();
  EXPECT_EQ(told, ErrorCode::io_error);
  EXPECT_EQ(raised, 0);
  EXPECT_EQ(log.f.log->high_watermark(), Offset(0));
  EXPECT_TRUE(log.f.flush->offline());
  // The next sync would succeed; nobody asks for it.
  log.f.loop.advance(std::chrono::hours(1));
  EXPECT_EQ(log.f.log->high_watermark(), Offset(0));
  EXPECT_EQ(log.f.append(make_batch("b")).error().code(), ErrorCode::kafka_storage_error);
  EXPECT_EQ(log.f.log->read({Offset(0), kNoBound, 100, true}).error().code(),
            ErrorCode::kafka_storage_error);
}

TEST(StorageFaults, a_failed_sync_of_one_log_is_told_to_all_of_its_directory) {
  FaultyLog log;
  UnifiedLog other(new_log({{"other", 0}, kTopicId, log.f.root}, log.f.config),
                   {&log.f.loop, log.f.flush.get(), &log.f.open_logs, log.f.lines.logger()});
  ASSERT_TRUE(log.f.append(make_batch("a")));
  log.disk.inject({.call = DiskCall::sync_directory});
  log.f.log->flush_soon();
  log.f.loop.run();
  EXPECT_TRUE(other.offline());
}

TEST(StorageFaults, a_full_disk_refuses_the_append_and_goes_on_when_there_is_room) {
  FaultyLog log;
  ASSERT_TRUE(log.f.append(make_batch("a")));
  const auto size = log.f.log->size_in_bytes();
  log.disk.inject({.call = DiskCall::write, .code = ErrorCode::no_space, .times = 1});
  auto refused = log.f.append(make_batch("b"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kafka_storage_error);
  EXPECT_FALSE(log.f.log->offline());
  const auto file =
      log.f.partition_directory()->open("00000000000000000000.log", base::OpenMode::read);
  EXPECT_EQ((*file)->size().value(), size);  // what was written in part is cut off
  EXPECT_EQ(log.f.values(Offset(0)).size(), 1u);
  log.disk.clear_faults();
  auto accepted = log.f.append(make_batch("c"));
  ASSERT_TRUE(accepted) << accepted.error();
  EXPECT_EQ(accepted->first_offset, Offset(1));
  EXPECT_EQ(log.f.values(Offset(1)), (decltype(log.f.values(Offset(1))){{1, "c"}}));
}

TEST(StorageFaults, a_log_whose_first_append_was_refused_can_be_opened_after_a_power_cut) {
  FaultyLog log;
  log.disk.inject(
      {.call = DiskCall::write, .code = ErrorCode::no_space, .times = 1, .path_contains = ".log"});
  ASSERT_FALSE(log.f.append(make_batch("a")));
  ASSERT_TRUE(log.f.close());
  log.disk.power_cut(simulation::PowerCut::drop);
  log.f.log = nullptr;
  log.f.root = log.disk.open("/data");
  log.f.flush = std::make_unique<FlushScheduler>(log.f.loop, log.f.root, log.f.lines.logger());
  const auto opened = log.f.open(true);
  ASSERT_TRUE(opened) << opened.error();
  EXPECT_TRUE(log.f.append(make_batch("b")));
}

TEST(StorageFaults, a_failed_write_takes_the_directory_offline) {
  FaultyLog log;
  ASSERT_TRUE(log.f.append(make_batch("a")));
  log.disk.inject({.call = DiskCall::write, .code = ErrorCode::io_error});
  EXPECT_EQ(log.f.append(make_batch("b")).error().code(), ErrorCode::kafka_storage_error);
  EXPECT_TRUE(log.f.log->offline());
}

TEST(StorageFaults, a_directory_that_cannot_be_made_is_an_error_to_try_again) {
  FaultyLog log;
  log.disk.inject({.call = DiskCall::entry, .code = ErrorCode::no_space, .times = 1});
  EXPECT_EQ(log.f.append(make_batch("a")).error().code(), ErrorCode::kafka_storage_error);
  auto second = log.f.append(make_batch("a"));
  ASSERT_TRUE(second) << second.error();
  EXPECT_EQ(second->first_offset, Offset(0));
}

TEST(StorageFaults, a_sync_that_fails_while_a_close_waits_is_not_tried_again) {
  FaultyLog log;
  ASSERT_TRUE(log.f.append(make_batch("a")));
  log.f.log->advance_recovery_point();
  log.disk.inject({.call = DiskCall::sync, .times = 1, .path_contains = ".log"});
  EXPECT_FALSE(log.f.close());
  EXPECT_EQ(log.f.log->recovery_point(), Offset(0));
  EXPECT_EQ(log.f.log->high_watermark(), Offset(0));
}

// Group commit and the recovery point sync the same file: the failure that one is told must not be
// a success to the other.
TEST(StorageFaults, a_failed_sync_is_one_for_everybody_who_syncs_that_file) {
  FaultyLog log;
  ASSERT_TRUE(log.f.append(make_batch("a")));
  log.disk.inject({.call = DiskCall::sync, .times = 1, .path_contains = ".log"});
  log.f.log->flush_soon();
  log.f.loop.run_tasks();
  log.f.log->advance_recovery_point();
  ASSERT_EQ(log.f.loop.works(), 2u);
  log.f.loop.run();
  EXPECT_EQ(log.f.log->high_watermark(), Offset(0));
  EXPECT_EQ(log.f.log->recovery_point(), Offset(0));
}

TEST(StorageFaults, what_a_failed_sync_did_not_write_is_not_believed_by_the_next_process) {
  for (const std::size_t sync_file_system_above : {16, 0}) {
    SimDisk disk(3, {.would_block_one_in = 0});
    LogFixture f(disk.open("/data"));
    f.flush = std::make_unique<FlushScheduler>(
        f.loop, f.root, f.lines.logger(),
        FlushOptions{.sync_file_system_above = sync_file_system_above});
    f.create();
    ASSERT_TRUE(f.append(make_batch("a")));
    f.log->flush_soon();
    f.loop.run();
    ASSERT_TRUE(f.append(batch_of({{std::string(3000, 'b')}})));
    disk.inject({.call = DiskCall::sync, .times = 1});
    f.log->flush_soon();
    f.loop.run();
    ASSERT_TRUE(f.log->offline());
    f.crash();
    disk.process_crash();
    f.root = disk.open("/data");
    f.flush = std::make_unique<FlushScheduler>(f.loop, f.root, f.lines.logger());
    ASSERT_TRUE(f.open(false));
    f.log->flush_soon();
    f.loop.run();
    const auto acknowledged = f.log->high_watermark();
    f.crash();
    disk.power_cut(simulation::PowerCut::drop);
    f.root = disk.open("/data");
    f.flush = std::make_unique<FlushScheduler>(f.loop, f.root, f.lines.logger());
    ASSERT_TRUE(f.open(false));
    EXPECT_GE(f.log->log_end_offset(), acknowledged);
  }
}

// Whichever call fails, once or from then on, what was acknowledged is there after a power cut, and
// the next process goes on.
void fail_every_call(DiskCall call, ErrorCode code, std::string_view what) {
  SimDisk whole(1, {.would_block_one_in = 0});
  StorageLife untouched(whole);
  ASSERT_TRUE(play(untouched));
  const auto calls = whole.calls(call);
  ASSERT_GT(calls, 20u) << what;
  simulation::for_each_point(calls * 2, [&](std::uint64_t seed) {
    const auto point = seed * 7919 % (calls * 2);
    SCOPED_TRACE("call " + std::to_string(point / 2) + (point % 2 == 0 ? " once" : " and on"));
    SimDisk disk(seed, {.would_block_one_in = 0});
    StorageLife life(disk);
    life.faulty = true;
    DiskFault fault{.call = call, .code = code, .after = point / 2};
    if (point % 2 == 0) fault.times = 1;
    disk.inject(fault);
    (void)play(life);
    disk.clear_faults();
    life.faulty = false;
    life.note_acknowledged();
    life.forget_process();
    disk.power_cut();
    ASSERT_TRUE(life.start()) << *life.failure;
    life.check_after_start();
    life.check_records();
    append_to_all(life);
    flush_all(life);
    life.check_records();
    EXPECT_TRUE(life.close());
    if (!::testing::Test::HasFailure()) return;
    for (const auto& line : life.lines.lines) std::cerr << line << "\n";
  });
}

TEST(StorageFaults, no_write_that_fails_costs_an_acknowledgement) {
  fail_every_call(DiskCall::write, ErrorCode::io_error, "EIO");
  fail_every_call(DiskCall::write, ErrorCode::no_space, "ENOSPC");
}

TEST(StorageFaults, no_sync_that_fails_costs_an_acknowledgement) {
  fail_every_call(DiskCall::sync, ErrorCode::io_error, "EIO");
  fail_every_call(DiskCall::sync_directory, ErrorCode::io_error, "EIO");
}

TEST(StorageFaults, no_change_of_a_name_that_fails_costs_an_acknowledgement) {
  fail_every_call(DiskCall::entry, ErrorCode::io_error, "EIO");
  fail_every_call(DiskCall::entry, ErrorCode::no_space, "ENOSPC");
}

TEST(StorageFaults, no_file_that_cannot_be_opened_costs_an_acknowledgement) {
  fail_every_call(DiskCall::open, ErrorCode::io_error, "EMFILE");
}

TEST(StorageFaults, no_read_that_fails_costs_an_acknowledgement) {
  fail_every_call(DiskCall::read, ErrorCode::io_error, "EIO");
}

// The recovery point moves while a first sync is in flight, and is done before it.
TEST(StorageFaults, what_an_overtaking_advance_makes_durable_is_all_there_after_a_power_cut) {
  FaultyLog log;
  ASSERT_TRUE(log.f.append(make_batch("a")));
  log.f.log->flush_soon();
  log.f.loop.run_tasks();
  log.f.log->advance_recovery_point();
  ASSERT_EQ(log.f.loop.works(), 2u);
  log.f.loop.run_last_work();
  ASSERT_EQ(log.f.log->high_watermark(), Offset(1));
  log.disk.power_cut(simulation::PowerCut::drop);
  log.f.crash();
  log.f.root = log.disk.open("/data");
  log.f.flush = std::make_unique<FlushScheduler>(log.f.loop, log.f.root, log.f.lines.logger());
  auto opened = log.f.open(false);
  ASSERT_TRUE(opened) << opened.error();
  EXPECT_EQ(log.f.values(Offset(0)).size(), 1u);
  EXPECT_EQ(log.f.log->topic_id(), kTopicId);
}

// A refused append has left something behind the end of a segment, which was cut off again; the
// next one goes into another segment, and is acknowledged.
TEST(StorageFaults, what_was_cut_off_does_not_come_back_before_what_follows_it) {
  simulation::for_each_seed(60, [](std::uint64_t seed) {
    SimDisk disk(seed, {.would_block_one_in = 0});
    LogFixture f(disk.open("/data"));
    f.create();
    ASSERT_TRUE(f.append(make_batch("a")));
    f.log->flush_soon();
    f.loop.run();
    const auto size = f.log->size_in_bytes();
    disk.inject({.call = DiskCall::write, .code = ErrorCode::no_space, .times = 1});
    ASSERT_FALSE(f.append(make_batch("b")));
    f.config.segment_bytes = 100;
    f.log->update_config(f.config);
    ASSERT_TRUE(f.append(make_batch("c")));
    f.log->flush_soon();
    f.loop.run_tasks();
    ASSERT_EQ(f.loop.works(), 2U) << "the advance of the recovery point, and the flush";
    f.loop.run_last_work();
    ASSERT_EQ(f.log->high_watermark(), Offset(2));
    disk.power_cut();
    f.crash();
    f.root = disk.open("/data");
    const auto first =
        f.partition_directory()->open("00000000000000000000.log", base::OpenMode::read);
    ASSERT_TRUE(first);
    EXPECT_EQ((*first)->size().value(), size);
    f.flush = std::make_unique<FlushScheduler>(f.loop, f.root, f.lines.logger());
    ASSERT_TRUE(f.open(false));
    EXPECT_EQ(f.values(Offset(0)), (decltype(f.values(Offset(0))){{0, "a"}, {1, "c"}}));
  });
}

TEST(StorageFaults, a_want_of_file_descriptors_puts_a_sync_off) {
  FaultyLog log;
  ASSERT_TRUE(log.f.append(make_batch("a")));
  log.f.crash();
  ASSERT_TRUE(log.f.open(false));
  log.disk.inject({.call = DiskCall::open, .code = ErrorCode::no_space, .times = 3});
  log.f.log->flush_soon();
  log.f.loop.run();
  EXPECT_FALSE(log.f.log->offline());
  EXPECT_EQ(log.f.log->high_watermark(), Offset(0));
  log.f.loop.advance(std::chrono::seconds(1));
  EXPECT_EQ(log.f.log->high_watermark(), Offset(1));
}

TEST(StorageFaults, a_full_disk_puts_deletions_off) {
  FaultyLog log;
  log.f.config.segment_bytes = 100;
  log.f.config.retention_bytes = 200;
  log.f.log->update_config(log.f.config);
  for (int i = 0; i < 6; ++i) {
    ASSERT_TRUE(log.f.append(make_batch("a")));
    log.f.log->flush_soon();
    log.f.loop.run();
  }
  const auto logs_left = [&] {
    const auto entries = log.f.partition_directory()->list().value();
    return std::count_if(entries.begin(), entries.end(),
                         [](const auto& entry) { return entry.name.ends_with(".log"); });
  };
  ASSERT_EQ(logs_left(), 6);
  log.disk.inject({.call = DiskCall::entry,
                   .code = ErrorCode::no_space,
                   .after = 2,
                   .times = 1,
                   .path_contains = "000"});
  EXPECT_GT(log.f.log->delete_old_segments(), 2u);
  log.f.loop.run();
  EXPECT_FALSE(log.f.log->offline());
  EXPECT_TRUE(log.f.log->deleting());
  log.f.log->delete_old_segments();
  log.f.loop.run();
  EXPECT_FALSE(log.f.log->deleting());
  EXPECT_EQ(logs_left(), static_cast<std::ptrdiff_t>(log.f.log->segment_count()));
}

}  // namespace
}  // namespace ottla::broker
