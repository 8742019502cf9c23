#include "tests/simulation/sim_disk.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "tests/simulation/simulation.h"

namespace ottla::simulation {
namespace {

using base::OpenMode;

std::string contents(base::Directory& directory, const std::string& name) {
  auto file = directory.open(name, OpenMode::read);
  if (!file) return "(none)";
  std::string bytes(static_cast<std::size_t>((*file)->size().value()), '\0');
  EXPECT_EQ((*file)->read_at(0, bytes).value(), bytes.size());
  return bytes;
}

TEST(SimDisk, keeps_all_that_was_written_when_only_the_process_dies) {
  SimDisk disk(1);
  auto before = disk.open("/data");
  before->open("log", OpenMode::create).value()->write_at(0, "abc").value();
  disk.process_crash();
  EXPECT_EQ(contents(*disk.open("/data"), "log"), "abc");
}

TEST(SimDisk, refuses_handles_of_a_process_that_is_gone) {
  SimDisk disk(1);
  auto directory = disk.open();
  auto file = directory->open("log", OpenMode::create).value();
  disk.process_crash();
  EXPECT_EQ(file->write_at(0, "late").error().code(), ErrorCode::io_error);
  EXPECT_EQ(file->sync().error().code(), ErrorCode::io_error);
  EXPECT_EQ(directory->open("other", OpenMode::create).error().code(), ErrorCode::io_error);
  EXPECT_EQ(contents(*disk.open(), "log"), "");
  EXPECT_EQ(contents(*disk.open(), "other"), "(none)");
}

TEST(SimDisk, keeps_at_a_power_cut_what_file_and_directory_synced) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SimDisk disk(seed);
    auto directory = disk.open();
    auto file = directory->open("log", OpenMode::create).value();
    file->write_at(0, "synced").value();
    file->sync().value();
    directory->sync().value();
    file->write_at(6, " and not").value();
    disk.power_cut();
    EXPECT_EQ(contents(*disk.open(), "log").substr(0, 6), "synced") << seed;
  }
}

TEST(SimDisk, may_keep_lose_or_tear_what_was_not_synced) {
  const std::string bytes = std::string(6000, 'x');
  std::set<std::size_t> sizes;
  bool zeros = false;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SimDisk disk(seed);
    auto directory = disk.open();
    auto file = directory->open("log", OpenMode::create).value();
    directory->sync().value();
    for (std::uint64_t at = 0; at < bytes.size(); at += 1000) {
      file->write_at(at, BytesView(bytes).substr(at, 1000)).value();
    }
    EXPECT_TRUE(disk.power_cut());
    const std::string left = contents(*disk.open(), "log");
    sizes.insert(left.size());
    zeros = zeros || left.find('\0') != std::string::npos;
    EXPECT_LE(left.size(), bytes.size());
  }
  EXPECT_TRUE(sizes.contains(0));
  EXPECT_TRUE(sizes.contains(6000));
  EXPECT_GT(sizes.size(), 5U);
  EXPECT_TRUE(zeros) << "a size that is there before its bytes";
}

TEST(SimDisk, tears_an_overwrite_at_sectors_only) {
  bool torn = false;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SimDisk disk(seed);
    auto directory = disk.open();
    auto file = directory->open("page", OpenMode::create).value();
    file->write_at(0, std::string(8192, 'a')).value();
    file->sync().value();
    directory->sync().value();
    file->write_at(0, std::string(8192, 'b')).value();
    disk.power_cut();
    const std::string left = contents(*disk.open(), "page");
    ASSERT_EQ(left.size(), 8192U);
    for (std::size_t at = 0; at < 8192; at += 512) {
      EXPECT_EQ(left.substr(at, 512), std::string(512, left[at])) << seed;
    }
    torn = torn || (left.find('a') != std::string::npos && left.find('b') != std::string::npos);
  }
  EXPECT_TRUE(torn);
}

TEST(SimDisk, may_lose_names_that_the_directory_did_not_sync) {
  int kept = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SimDisk disk(seed);
    auto directory = disk.open();
    auto file = directory->open("log", OpenMode::create).value();
    file->write_at(0, "abc").value();
    file->sync().value();
    disk.power_cut();
    const std::string left = contents(*disk.open(), "log");
    EXPECT_TRUE(left == "abc" || left == "(none)") << left;
    kept += left == "abc" ? 1 : 0;
  }
  EXPECT_GT(kept, 10);
  EXPECT_LT(kept, 90);
}

TEST(SimDisk, shows_the_old_or_the_new_file_after_a_replacement) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SimDisk disk(seed);
    disk.open()->replace_file("checkpoint", "old").value();
    auto directory = disk.open();
    auto file = directory->open("checkpoint.tmp", OpenMode::create_truncate).value();
    file->write_at(0, "new").value();
    file->sync().value();
    directory->rename("checkpoint.tmp", "checkpoint").value();
    disk.power_cut();
    seen.insert(contents(*disk.open(), "checkpoint"));
  }
  EXPECT_EQ(seen, (std::set<std::string>{"old", "new"}));
}

TEST(SimDisk, makes_everything_durable_with_the_file_system) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SimDisk disk(seed);
    auto directory = disk.open("/data")->create_directory("topic-0").value();
    directory->open("log", OpenMode::create).value()->write_at(0, "abc").value();
    directory->sync_file_system().value();
    EXPECT_FALSE(disk.power_cut());
    auto data = disk.open("/data");
    ASSERT_TRUE(data->exists("topic-0"));
    EXPECT_EQ(contents(*data->open_directory("topic-0").value(), "log"), "abc");
  }
}

TEST(SimDisk, loses_what_a_failed_sync_did_not_write_even_if_one_of_another_opener_succeeds) {
  int lost = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SimDisk disk(seed);
    auto directory = disk.open();
    auto file = directory->open("log", OpenMode::create).value();
    directory->sync().value();
    file->write_at(0, "abc").value();
    disk.inject({.call = DiskCall::sync, .times = 1});
    EXPECT_EQ(file->sync().error().code(), ErrorCode::io_error);
    EXPECT_EQ(file->sync().error().code(), ErrorCode::io_error);
    EXPECT_TRUE(directory->open("log", OpenMode::read_write).value()->sync());
    disk.power_cut();
    lost += contents(*disk.open(), "log") == "abc" ? 0 : 1;
  }
  EXPECT_GT(lost, 5);
}

TEST(SimDisk, fails_the_calls_that_a_fault_names_and_no_others) {
  SimDisk disk(1);
  auto directory = disk.open();
  auto log = directory->open("a.log", OpenMode::create).value();
  auto index = directory->open("a.index", OpenMode::create).value();
  disk.inject({.call = DiskCall::write,
               .code = ErrorCode::no_space,
               .after = 1,
               .times = 1,
               .path_contains = ".log"});
  EXPECT_TRUE(index->write_at(0, "x"));
  EXPECT_TRUE(log->write_at(0, "x"));
  EXPECT_EQ(log->write_at(1, "y").error().code(), ErrorCode::no_space);
  EXPECT_TRUE(log->write_at(1, "y"));
}

TEST(SimDisk, is_full_at_its_capacity) {
  SimDisk disk(1);
  disk.set_capacity(10);
  auto directory = disk.open();
  auto file = directory->open("log", OpenMode::create).value();
  EXPECT_TRUE(file->write_at(0, "0123456789"));
  EXPECT_EQ(file->write_at(10, "x").error().code(), ErrorCode::no_space);
  EXPECT_TRUE(file->write_at(5, "again"));
  file->truncate(0).value();
  EXPECT_TRUE(file->write_at(0, "0123456789"));
}

TEST(SimDisk, releases_locks_at_a_crash_and_at_their_end_only) {
  SimDisk disk(1);
  auto directory = disk.open();
  auto lock = directory->lock(".lock").value();
  EXPECT_EQ(directory->lock(".lock").error().code(), ErrorCode::already_in_use);
  disk.process_crash();
  auto later = disk.open()->lock(".lock").value();
  lock.reset();
  EXPECT_EQ(disk.open()->lock(".lock").error().code(), ErrorCode::already_in_use);
  later.reset();
  EXPECT_TRUE(disk.open()->lock(".lock"));
}

TEST(SimDisk, answers_would_block_to_some_reads_that_may_not_wait) {
  SimDisk disk(1, {.would_block_one_in = 4});
  auto file = disk.open()->open("log", OpenMode::create).value();
  file->write_at(0, "abc").value();
  int blocked = 0;
  char into[3];
  for (int i = 0; i < 100; ++i) {
    auto read = file->try_read_at(0, into);
    ASSERT_TRUE(read || read.error().code() == ErrorCode::would_block);
    blocked += read ? 0 : 1;
  }
  EXPECT_GT(blocked, 5);
  EXPECT_LT(blocked, 60);
}

TEST(SimDisk, keeps_the_contract_of_names) {
  SimDisk disk(1);
  auto directory = disk.open("/data");
  EXPECT_EQ(directory->open("log", OpenMode::read).error().code(), ErrorCode::not_found);
  auto file = directory->open("log", OpenMode::create_new).value();
  EXPECT_EQ(file->path(), "/data/log");
  EXPECT_EQ(directory->open("log", OpenMode::create_new).error().code(), ErrorCode::already_in_use);
  EXPECT_FALSE(directory->open("a/b", OpenMode::create));
  EXPECT_FALSE(directory->open("..", OpenMode::create));
  auto inner = directory->create_directory("topic-0").value();
  inner->open("x", OpenMode::create).value();
  EXPECT_FALSE(directory->remove("topic-0"));
  inner->remove("x").value();
  EXPECT_TRUE(directory->remove("topic-0"));
  directory->rename("log", "gone").value();
  file->write_at(0, "still valid").value();
  EXPECT_EQ(contents(*directory, "gone"), "still valid");
  EXPECT_EQ(directory->list().value().size(), 1U);
}

TEST(SimDisk, counts_calls_that_may_sleep_on_a_loop) {
  Simulation world(1);
  SimNode& node = world.add_node("a");
  node.start();
  auto file = node.disk().open()->open("log", OpenMode::create).value();
  node.loop().offload([&] { file->sync().value(); }, [] {});
  world.run_for(std::chrono::seconds(1));
  EXPECT_EQ(node.disk().sleeps_on_loops(), 0U);
  node.loop().post([&] { file->sync().value(); });
  world.run_for(std::chrono::seconds(1));
  EXPECT_EQ(node.disk().sleeps_on_loops(), 1U);
}

TEST(SimDisk, turns_one_bit_as_disks_that_rot_do) {
  SimDisk disk(1);
  auto directory = disk.open("/data");
  directory->replace_file("log", "abc").value();
  EXPECT_TRUE(disk.flip_bit("/data/log", 1, 0));
  EXPECT_EQ(contents(*directory, "log"), "acc");
  EXPECT_FALSE(disk.flip_bit("/data/log", 3, 0));
  EXPECT_FALSE(disk.flip_bit("/data/none", 0, 0));
}

}  // namespace
}  // namespace ottla::simulation
