#include <gtest/gtest.h>

#include "broker/log/offset_index.h"
#include "broker/log/time_index.h"

namespace ottla::broker {
namespace {

using Entry = OffsetIndex::Entry;
constexpr auto kSleep = ReadMode::may_sleep;

std::shared_ptr<base::Directory> memory() {
  return base::make_memory_directory();
}

TEST(OffsetIndex, finds_the_greatest_entry_not_above_the_target) {
  OffsetIndex index(memory(), Offset(100), 0);
  EXPECT_EQ(index.lookup(Offset(500), kSleep).value(), (Entry{Offset(100), 0}));
  // More than a page, so that some entries are in the file and some in memory.
  for (int i = 1; i <= 1300; ++i) {
    ASSERT_TRUE(index.append(Offset(100 + 10 * i), static_cast<std::uint64_t>(50 * i)));
  }
  for (int i = 1; i <= 1300; ++i) {
    const Entry entry{Offset(100 + 10 * i), static_cast<std::uint64_t>(50 * i)};
    EXPECT_EQ(index.lookup(entry.offset, kSleep).value(), entry);
    EXPECT_EQ(index.lookup(entry.offset + 9, kSleep).value(), entry);
    EXPECT_EQ(index.lookup_position(entry.position, kSleep).value(), entry);
    EXPECT_EQ(index.lookup_position(entry.position + 49, kSleep).value(), entry);
  }
  EXPECT_EQ(index.lookup(Offset(109), kSleep).value(), (Entry{Offset(100), 0}));
}

TEST(OffsetIndex, has_the_bytes_and_the_name_of_kafkas) {
  auto directory = memory();
  OffsetIndex index(directory, Offset(4096), 0);
  ASSERT_TRUE(index.append(Offset(4100), 0x01020304));
  ASSERT_TRUE(index.file().write_out());
  EXPECT_EQ(directory->read_file("00000000000000004096.index").value(),
            std::string("\0\0\0\x04\x01\x02\x03\x04", 8));
}

TEST(OffsetIndex, would_block_rather_than_open_a_file) {
  auto directory = memory();
  OffsetIndex index(directory, Offset(0), 0);
  ASSERT_TRUE(index.append(Offset(3), 10));
  ASSERT_TRUE(index.file().write_out());
  OffsetIndex closed(directory, Offset(0), 1);
  EXPECT_EQ(closed.lookup(Offset(5), ReadMode::no_wait).error().code(), ErrorCode::would_block);
  EXPECT_EQ(closed.lookup(Offset(5), kSleep).value(), (Entry{Offset(3), 10}));
  EXPECT_EQ(closed.lookup(Offset(5), ReadMode::no_wait).value(), (Entry{Offset(3), 10}));
}

TEST(OffsetIndex, drops_what_a_crash_has_left) {
  auto directory = memory();
  OffsetIndex index(directory, Offset(0), 0);
  for (int i = 1; i <= 600; ++i)
    ASSERT_TRUE(index.append(Offset(i), static_cast<std::uint64_t>(i)));
  ASSERT_TRUE(index.file().write_out());
  auto file = directory->open("00000000000000000000.index", base::OpenMode::read_write).value();
  ASSERT_TRUE(file->truncate(8 * 2000));
  OffsetIndex left(directory, Offset(0), 2000);
  ASSERT_TRUE(left.keep_sound_part(590));
  EXPECT_EQ(left.last(kSleep).value(), (Entry{Offset(589), 589}));
  EXPECT_EQ(file->size().value(), 8u * 589);
}

TEST(OffsetIndex, truncates_in_memory_and_on_disk) {
  OffsetIndex index(memory(), Offset(0), 0);
  for (int i = 1; i <= 600; ++i)
    ASSERT_TRUE(index.append(Offset(i), static_cast<std::uint64_t>(i)));
  for (const std::uint64_t position : {599, 550, 512, 511, 3, 1}) {
    ASSERT_TRUE(index.truncate_to_position(position, kSleep));
    EXPECT_EQ(index.file().size(), position - 1);
  }
  ASSERT_TRUE(index.append(Offset(7), 7));
  EXPECT_EQ(index.last(kSleep).value(), (Entry{Offset(7), 7}));
}

TEST(OffsetIndex, a_copy_stays_as_it_was) {
  OffsetIndex index(memory(), Offset(0), 0);
  ASSERT_TRUE(index.append(Offset(1), 1));
  OffsetIndex copy = index;
  for (int i = 2; i <= 600; ++i)
    ASSERT_TRUE(index.append(Offset(i), static_cast<std::uint64_t>(i)));
  EXPECT_EQ(copy.lookup(Offset(500), kSleep).value(), (Entry{Offset(1), 1}));
}

TEST(TimeIndex, takes_rising_timestamps_only) {
  auto directory = memory();
  TimeIndex index(directory, Offset(10), 0);
  ASSERT_TRUE(index.maybe_append(1000, Offset(12), kSleep));
  ASSERT_TRUE(index.maybe_append(1000, Offset(14), kSleep));
  ASSERT_TRUE(index.maybe_append(900, Offset(15), kSleep));
  ASSERT_TRUE(index.maybe_append(1001, Offset(16), kSleep));
  EXPECT_EQ(index.file().size(), 2u);
  EXPECT_EQ(index.lookup(999, kSleep).value(), (TimeIndex::Entry{kNoTimestamp, Offset(10)}));
  EXPECT_EQ(index.lookup(1000, kSleep).value(), (TimeIndex::Entry{1000, Offset(12)}));
  EXPECT_EQ(index.lookup(5000, kSleep).value(), (TimeIndex::Entry{1001, Offset(16)}));
  ASSERT_TRUE(index.file().write_out());
  EXPECT_EQ(directory->read_file("00000000000000000010.timeindex").value(),
            std::string("\0\0\0\0\0\0\x03\xe8\0\0\0\2"
                        "\0\0\0\0\0\0\x03\xe9\0\0\0\6",
                        24));
}

}  // namespace
}  // namespace ottla::broker
