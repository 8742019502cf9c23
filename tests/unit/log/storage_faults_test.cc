#include <gtest/gtest.h>

#include "tests/simulation/sim_disk.h"
#include "tests/unit/log/log_fixture.h"

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
  EXPECT_EQ(log.f.log->read(Offset(0), kNoBound, 100, true).error().code(),
            ErrorCode::kafka_storage_error);
}

TEST(StorageFaults, a_failed_sync_of_one_log_is_told_to_all_of_its_directory) {
  FaultyLog log;
  UnifiedLog other(new_log({{"other", 0}, kTopicId, log.f.root}, log.f.config),
                   {&log.f.loop, log.f.flush.get(), log.f.lines.logger()});
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

// Whichever call fails, what was acknowledged is there after a power cut.
TEST(StorageFaults, no_call_site_loses_an_acknowledgement) {
  for (const auto call : {DiskCall::write, DiskCall::sync, DiskCall::entry,
                          DiskCall::sync_directory, DiskCall::read}) {
    for (const auto code : {ErrorCode::no_space, ErrorCode::io_error}) {
      for (std::uint64_t after = 0; after < 24; ++after) {
        SCOPED_TRACE(std::to_string(static_cast<int>(call)) + " " + std::to_string(after));
        SimDisk disk(after + 1);
        LogFixture f(disk.open("/data"));
        f.config.segment_bytes = 200;
        f.config.index_interval_bytes = 1;
        f.create();
        disk.inject({.call = call, .code = code, .after = after, .times = 1});
        for (int i = 0; i < 12; ++i) {
          (void)f.append(make_batch("value"));
          f.log->flush_soon();
          f.loop.run();
        }
        const auto acknowledged = f.log->high_watermark();
        disk.clear_faults();
        f.loop.drop_everything();
        disk.power_cut();
        f.log.reset();
        f.flush.reset();
        f.loop.drop_everything();
        f.root = disk.open("/data");
        f.flush = std::make_unique<FlushScheduler>(f.loop, f.root, f.lines.logger());
        if (acknowledged == Offset(0) && !f.root->exists("topic-0")) continue;
        auto opened = f.open(false);
        ASSERT_TRUE(opened) << opened.error();
        EXPECT_GE(f.log->log_end_offset(), acknowledged);
        EXPECT_EQ(f.values(Offset(0)).size(),
                  static_cast<std::size_t>(f.log->log_end_offset().value));
      }
    }
  }
}

}  // namespace
}  // namespace ottla::broker
