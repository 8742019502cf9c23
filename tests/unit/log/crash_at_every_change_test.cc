#include <gtest/gtest.h>

#include <iostream>

#include "tests/simulation/seeds.h"
#include "tests/unit/log/scripted_life.h"

// A scripted life of a log directory is ended before and after every single change that it makes
// on the disk, in every way in which a power cut can treat what was not synced. Then it is opened
// again, and must hold all that was acknowledged, no hole and no wrong byte, and go on.
namespace ottla::broker {
namespace {

using simulation::PowerCut;
using simulation::SimDisk;

std::uint64_t changes_of_the_script() {
  SimDisk disk(1, {.would_block_one_in = 0});
  StorageLife life(disk);
  EXPECT_TRUE(play(life));
  return disk.changes();
}

// The next processes: the first may die, too, while it recovers.
void recover_and_check(StorageLife& life, PowerCut how, std::uint64_t salt) {
  life.forget_process();
  life.disk.power_cut(how);
  life.disk.crash_at(salt % 31, salt % 3 == 0);
  const bool started = life.start();
  if (life.disk.crashed()) {
    life.forget_process();
    life.disk.power_cut(how);
    ASSERT_TRUE(life.start()) << *life.failure;
  } else {
    ASSERT_TRUE(started) << *life.failure;
    life.disk.crash_never();
  }
  life.check_after_start();
  if (::testing::Test::HasFatalFailure()) return;
  life.check_records();
  for (const auto& at : {kPlain, kTrimmed, kCompacted}) life.resend_last(at);
  append_to_all(life);
  transact_everywhere(life);
  flush_all(life);
  life.check_records();
  ASSERT_TRUE(life.close()) << *life.failure;
  life.disk.power_cut(PowerCut::drop);
  ASSERT_TRUE(life.start()) << *life.failure;
  life.check_after_start();
  life.check_records();
}

// Builds that run fewer seeds see points from all over the life.
void crash_everywhere(PowerCut how) {
  const auto points = changes_of_the_script() * 2;
  ASSERT_GT(points, 1000u);
  simulation::for_each_point(points, [&](std::uint64_t seed) {
    const std::uint64_t point = seed * 7919 % points;
    const bool after = point % 2 == 1;
    SCOPED_TRACE((after ? "after change " : "before change ") + std::to_string(point / 2));
    SimDisk disk(seed, {.would_block_one_in = 0});
    StorageLife life(disk);
    disk.crash_at(point / 2, after);
    EXPECT_FALSE(play(life));
    EXPECT_TRUE(disk.crashed());
    recover_and_check(life, how, seed);
    if (!::testing::Test::HasFailure()) return;
    for (const auto& line : life.lines.lines) std::cerr << line << "\n";
  });
}

TEST(CrashAtEveryChange, loses_only_what_was_not_synced_when_all_of_that_is_dropped) {
  crash_everywhere(PowerCut::drop);
}

TEST(CrashAtEveryChange, loses_nothing_when_the_process_alone_dies) {
  crash_everywhere(PowerCut::keep);
}

TEST(CrashAtEveryChange, holds_when_writes_are_torn_at_512_bytes) {
  crash_everywhere(PowerCut::torn_512);
}

TEST(CrashAtEveryChange, holds_when_writes_are_torn_at_4_kib) {
  crash_everywhere(PowerCut::torn_4k);
}

TEST(CrashAtEveryChange, holds_when_sectors_of_512_bytes_and_names_are_reordered) {
  crash_everywhere(PowerCut::reordered_512);
}

TEST(CrashAtEveryChange, holds_when_sectors_of_4_kib_and_names_are_reordered) {
  crash_everywhere(PowerCut::reordered_4k);
}

// The test can fail: a disk that lies about syncs is found out.
TEST(CrashAtEveryChange, finds_what_a_lying_disk_loses) {
  SimDisk disk(1, {.would_block_one_in = 0});
  StorageLife life(disk);
  ASSERT_TRUE(life.start());
  disk.lie_about_syncs(true);
  append_to_all(life);
  flush_all(life);
  const auto acknowledged = life.models[kPlain].acknowledged;
  EXPECT_EQ(acknowledged, 4);
  life.forget_process();
  disk.power_cut(PowerCut::drop);
  ASSERT_TRUE(life.start());
  EXPECT_EQ(life.log(kPlain), nullptr);
}

}  // namespace
}  // namespace ottla::broker
