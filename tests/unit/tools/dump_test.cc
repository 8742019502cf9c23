#include "tools/offline/dump.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/endian.h"
#include "broker/log/transaction_index.h"
#include "tests/unit/log/log_fixture.h"

namespace ottla::tools {
namespace {

class DumpTest : public ::testing::Test {
 protected:
  DumpTest() {
    std::string pattern = ::testing::TempDir() + "ottla-dump-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~DumpTest() override { std::filesystem::remove_all(path_); }

  std::string write(const std::string& name, const std::string& bytes) {
    const auto path = path_ + "/" + name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

  std::string read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  // A log of `count` batches of one record in several segments; its directory.
  std::string make_log(int count) {
    broker::LogFixture log(base::open_posix_directory(path_).value());
    log.config.segment_bytes = 400;
    log.config.index_interval_bytes = 100;
    log.create();
    for (int i = 0; i < count; ++i) {
      EXPECT_TRUE(log.append(broker::batch_of({{"value " + std::to_string(i), 1000 + i}})));
      log.log->flush_soon();
      log.loop.run();
    }
    EXPECT_TRUE(log.close());
    return path_ + "/topic-0";
  }

  Result<void> dump(const std::string& path) { return dump_file(dump_, path); }

  std::string path_;
  std::ostringstream out_;
  Dump dump_{{}, out_, {}};
};

constexpr auto kFirstLog = "/00000000000000000000.log";
constexpr auto kFirstIndex = "/00000000000000000000.index";
constexpr auto kFirstTimeIndex = "/00000000000000000000.timeindex";

TEST_F(DumpTest, prints_small_files_that_kafkas_tool_does_not_know) {
  const std::pair<std::string, std::string> files[] = {
      {"recovery-point-offset-checkpoint", "0\n1\nt 3 77\n"},
      {"leader-epoch-checkpoint", "0\n2\n0 0\n4 12\n"},
      {"partition.metadata", "version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ"},
      {"meta.properties", "version=1\ncluster.id=c\nnode.id=4\n"},
      {"quorum-state",
       R"({"clusterId":"","leaderId":1,"leaderEpoch":3,"votedId":-1,"data_version":0})"},
  };
  for (const auto& [name, text] : files) ASSERT_TRUE(dump(write(name, text))) << name;
  const auto expected = "Dumping " + path_ +
                        "/recovery-point-offset-checkpoint\n"
                        "topic: t partition: 3 offset: 77\n"
                        "Dumping " +
                        path_ +
                        "/leader-epoch-checkpoint\n"
                        "epoch: 0 startOffset: 0\nepoch: 4 startOffset: 12\n"
                        "Dumping " +
                        path_ +
                        "/partition.metadata\n"
                        "version: 0 topicId: AAAAAAAAAAAAAAAAAAAAAQ\n"
                        "Dumping " +
                        path_ +
                        "/meta.properties\n"
                        "version: 1 clusterId: c nodeId: 4\n"
                        "Dumping " +
                        path_ +
                        "/quorum-state\n"
                        "dataVersion: 0 leaderId: 1 leaderEpoch: 3 votedId: -1\n";
  EXPECT_EQ(out_.str(), expected);
}

TEST_F(DumpTest, prints_a_transaction_index) {
  const auto bytes = broker::transaction_index_bytes(
      {{protocol::ProducerId(7), protocol::Offset(3), protocol::Offset(9), protocol::Offset(2)}});
  ASSERT_EQ(bytes.size(), broker::AbortedTransaction::kSize);
  const auto path = write("00000000000000000000.txnindex", bytes);
  ASSERT_TRUE(dump(path));
  EXPECT_EQ(out_.str(), "Dumping " + path +
                            "\nversion: 0 producerId: 7 firstOffset: 3 lastOffset: 9 "
                            "lastStableOffset: 2\n");
  const auto cut = dump(write("00000000000000000000.txnindex", bytes + bytes.substr(0, 5)));
  ASSERT_FALSE(cut);
  EXPECT_NE(cut.error().to_string().find("at byte 34"), std::string::npos) << cut.error();
}

TEST_F(DumpTest, finds_nothing_wrong_with_a_log_that_was_closed) {
  const auto log = make_log(20);
  dump_.options.deep = true;
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(log)) {
    EXPECT_TRUE(dump(entry.path())) << entry.path();
    ++files;
  }
  EXPECT_GT(files, 12U);
  std::ostringstream faults;
  EXPECT_FALSE(dump_.faults.print(faults)) << faults.str();
}

TEST_F(DumpTest, names_file_and_byte_of_a_batch_that_was_changed) {
  const auto path = make_log(3) + kFirstLog;
  auto bytes = read(path);
  const auto second = broker::batch_of({{"value 0", 1000}}).size();
  bytes[second + 65] ^= 1;
  std::ofstream(path, std::ios::binary) << bytes;
  const auto dumped = dump(path);
  ASSERT_FALSE(dumped);
  EXPECT_EQ(dumped.error().code(), ErrorCode::corrupt_message);
  EXPECT_NE(dumped.error().to_string().find("at byte " + std::to_string(second)), std::string::npos)
      << dumped.error();
  EXPECT_EQ(dumped.error().context().file, path);
  // The batches around it are printed all the same.
  EXPECT_NE(out_.str().find("isvalid: false\nbaseOffset: 2 "), std::string::npos) << out_.str();
}

TEST_F(DumpTest, tells_of_bytes_that_are_no_batch) {
  const auto path = make_log(2) + kFirstLog;
  const auto size = std::filesystem::file_size(path);
  std::ofstream(path, std::ios::binary | std::ios::app) << "torn";
  const auto dumped = dump(path);
  ASSERT_FALSE(dumped);
  EXPECT_NE(out_.str().find("Found 4 invalid bytes at the end of 00000000000000000000.log\n"),
            std::string::npos)
      << out_.str();
  EXPECT_NE(dumped.error().to_string().find("at byte " + std::to_string(size)), std::string::npos)
      << dumped.error();
}

TEST_F(DumpTest, reads_no_more_of_a_segment_than_was_asked_for) {
  const auto path = make_log(3) + kFirstLog;
  dump_.options.max_bytes = static_cast<std::int32_t>(std::filesystem::file_size(path) - 1);
  ASSERT_TRUE(dump(path));
  EXPECT_EQ(out_.str().find("baseOffset: 2 "), std::string::npos);
  EXPECT_NE(out_.str().find("baseOffset: 1 "), std::string::npos);
}

TEST_F(DumpTest, compares_index_entries_with_the_batches_they_point_at) {
  const auto log = make_log(20);
  auto index = read(log + kFirstIndex);
  ASSERT_GE(index.size(), 8U);
  base::store_be(index.data(), base::load_be<std::int32_t>(index.data()) + 1);
  std::ofstream(log + kFirstIndex, std::ios::binary) << index;
  ASSERT_TRUE(dump(log + kFirstIndex));
  auto times = read(log + kFirstTimeIndex);
  ASSERT_GE(times.size(), 12U);
  base::store_be(times.data(), base::load_be<std::int64_t>(times.data()) - 1);
  std::ofstream(log + kFirstTimeIndex, std::ios::binary) << times;
  ASSERT_TRUE(dump(log + kFirstTimeIndex));
  std::ostringstream faults;
  EXPECT_TRUE(dump_.faults.print(faults));
  EXPECT_NE(faults.str().find("Mismatches in :" + log + kFirstIndex), std::string::npos);
  EXPECT_NE(faults.str().find("Found timestamp mismatch in :" + log + kFirstTimeIndex),
            std::string::npos);
}

TEST_F(DumpTest, checks_the_sanity_of_indexes_as_a_start_does) {
  const auto log = make_log(20);
  dump_.options.index_sanity_check = true;
  ASSERT_TRUE(dump(log + kFirstIndex));
  EXPECT_NE(out_.str().find(" passed sanity check.\n"), std::string::npos);
  std::ofstream(log + kFirstIndex, std::ios::binary | std::ios::app) << "xyz";
  const auto dumped = dump(log + kFirstIndex);
  ASSERT_FALSE(dumped);
  EXPECT_NE(dumped.error().message().find("cut short"), std::string::npos);
}

TEST_F(DumpTest, points_at_an_index_entry_behind_the_end_of_the_segment) {
  const auto log = make_log(20);
  auto index = read(log + kFirstIndex);
  base::store_be(index.data() + 4, std::int32_t{1 << 20});
  std::ofstream(log + kFirstIndex, std::ios::binary) << index;
  const auto dumped = dump(log + kFirstIndex);
  ASSERT_FALSE(dumped);
  EXPECT_NE(dumped.error().message().find("at byte 0"), std::string::npos) << dumped.error();
}

TEST_F(DumpTest, makes_nothing_of_what_is_not_there) {
  const auto missing = path_ + "/no/such/00000000000000000000.log";
  const auto dumped = dump(missing);
  ASSERT_FALSE(dumped);
  EXPECT_EQ(dumped.error().code(), ErrorCode::not_found);
  EXPECT_FALSE(std::filesystem::exists(path_ + "/no"));
  EXPECT_FALSE(dump(write("something.else", "x")));
  EXPECT_FALSE(dump(write("name.log", "x")));
}

TEST_F(DumpTest, prints_what_is_no_text_as_java_does) {
  EXPECT_EQ(print_bytes_as("string", "a\xc3\xa9\xe2\x82"), "a\xc3\xa9\xef\xbf\xbd");
  EXPECT_EQ(print_bytes_as("string", "\xff\xed\xa0z"), "\xef\xbf\xbd\xef\xbf\xbdz");
  EXPECT_EQ(print_bytes_as("string", "\xed\xa0\x80z\xe0\x80"),
            "\xef\xbf\xbdz\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(print_bytes_as("integer", std::string("\0\0\1\0", 4)), "256");
  EXPECT_EQ(print_bytes_as("long", "abc"), "(3 bytes, which are no long)");
}

}  // namespace
}  // namespace ottla::tools
