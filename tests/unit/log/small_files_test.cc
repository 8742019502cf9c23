#include <gtest/gtest.h>

#include "broker/log/file_names.h"
#include "broker/log/leader_epoch_cache.h"
#include "broker/log/meta_properties.h"
#include "broker/log/offset_checkpoint.h"
#include "broker/log/partition_metadata.h"

namespace ottla::broker {
namespace {

TEST(FileNames, are_kafkas) {
  EXPECT_EQ(segment_file_name(Offset(42), kLogSuffix), "00000000000000000042.log");
  EXPECT_EQ(parse_segment_file_name("00000000000000000042.log", kLogSuffix), Offset(42));
  EXPECT_EQ(parse_segment_file_name("00000000000000000042.log", kIndexSuffix), std::nullopt);
  EXPECT_EQ(parse_segment_file_name("0000000000000000004x.log", kLogSuffix), std::nullopt);
  EXPECT_EQ(parse_segment_file_name("99999999999999999999.log", kLogSuffix), std::nullopt);
  EXPECT_EQ(log_directory_name({"a-b", 3}), "a-b-3");
}

TEST(FileNames, tell_logs_from_other_directories) {
  using Kind = LogDirectoryName::Kind;
  EXPECT_EQ(parse_log_directory_name("a-b-3").partition, (TopicPartition{"a-b", 3}));
  EXPECT_EQ(parse_log_directory_name("a.b-3").kind, Kind::log);
  const auto doomed = deleted_directory_name({"a-b", 3}, {1, 2});
  EXPECT_EQ(doomed, "a-b-3.00000000000000010000000000000002-delete");
  EXPECT_EQ(parse_log_directory_name(doomed).kind, Kind::deleted);
  EXPECT_EQ(parse_log_directory_name(stray_directory_name({"a", 1}, {1, 2})).kind, Kind::stray);
  for (const char* name : {"a", "-3", "a-", "a-x", "a--1", "lost+found"}) {
    EXPECT_EQ(parse_log_directory_name(name).kind,
              name == std::string_view("a--1") ? Kind::log : Kind::unknown)
        << name;
  }
  EXPECT_EQ(deleted_directory_name({std::string(249, 't'), 3}, {1, 2}).size(), 255u);
}

TEST(OffsetCheckpointFile, reads_what_it_writes) {
  const OffsetCheckpoint checkpoint{{{"a", 0}, Offset(5)}, {{"b-c", 12}, Offset(7)}};
  EXPECT_EQ(offset_checkpoint_text(checkpoint), "0\n2\na 0 5\nb-c 12 7\n");
  EXPECT_EQ(parse_offset_checkpoint(offset_checkpoint_text(checkpoint)).value(), checkpoint);
  EXPECT_EQ(parse_offset_checkpoint("0\n0\n").value(), OffsetCheckpoint());
}

TEST(OffsetCheckpointFile, refuses_anything_else) {
  for (const char* text :
       {"", "1\n0\n", "0\n", "0\n-1\n", "0\n2\na 0 5\n", "0\n1\na 0\n", "0\n1\na 0 -5\n",
        "0\n1\na x 5\n", "0\n1\na 0 5 6\n", "0\n99999999999999\na 0 5\n"}) {
    EXPECT_EQ(parse_offset_checkpoint(text).error().code(), ErrorCode::corrupt_data) << text;
  }
}

TEST(PartitionMetadata, reads_what_it_writes) {
  const protocol::Uuid id{0x0123456789abcdef, 0xfedcba9876543210};
  EXPECT_EQ(partition_metadata_text(id), "version: 0\ntopic_id: ASNFZ4mrze_-3LqYdlQyEA");
  EXPECT_EQ(parse_partition_metadata(partition_metadata_text(id)).value(), id);
  EXPECT_FALSE(parse_partition_metadata("version: 1\ntopic_id: ASNFZ4mrze_-3LqYdlQyEA"));
  EXPECT_FALSE(parse_partition_metadata("version: 0\n"));
  EXPECT_FALSE(parse_partition_metadata(""));
}

TEST(MetaPropertiesFile, reads_what_kafka_writes) {
  const auto parsed = MetaProperties::parse(
      "#\n#Wed Jan 31 12:00:00 UTC 2026\ncluster.id=4L6g3nShT-eMCtK--X86sw\n"
      "directory.id=ASNFZ4mrze_-3LqYdlQyEA\nnode.id=3\nversion=1\n");
  ASSERT_TRUE(parsed) << parsed.error();
  EXPECT_EQ(parsed->cluster_id, "4L6g3nShT-eMCtK--X86sw");
  EXPECT_EQ(parsed->node_id, protocol::BrokerId(3));
  EXPECT_EQ(MetaProperties::parse(parsed->to_text()).value(), *parsed);
}

TEST(MetaPropertiesFile, refuses_what_it_does_not_know) {
  EXPECT_EQ(MetaProperties::parse("version=0\nbroker.id=1\n").error().code(),
            ErrorCode::unsupported_version);
  EXPECT_EQ(MetaProperties::parse("version=1\nnode.id=1\n").error().code(),
            ErrorCode::corrupt_data);
  EXPECT_EQ(MetaProperties::parse("version=1\ncluster.id=a\nnode.id=x\n").error().code(),
            ErrorCode::corrupt_data);
}

LeaderEpochCache epochs() {
  LeaderEpochCache cache;
  EXPECT_TRUE(cache.assign(LeaderEpoch(1), Offset(0)));
  EXPECT_TRUE(cache.assign(LeaderEpoch(3), Offset(10)));
  EXPECT_TRUE(cache.assign(LeaderEpoch(7), Offset(20)));
  EXPECT_FALSE(cache.assign(LeaderEpoch(7), Offset(25)));
  return cache;
}

TEST(LeaderEpochCacheFile, reads_what_it_writes) {
  EXPECT_EQ(epochs().to_text(), "0\n3\n1 0\n3 10\n7 20\n");
  EXPECT_EQ(LeaderEpochCache::parse(epochs().to_text()).value(), epochs());
  EXPECT_FALSE(LeaderEpochCache::parse("0\n2\n3 0\n1 10\n"));
  EXPECT_FALSE(LeaderEpochCache::parse("0\n2\n1 10\n3 5\n"));
}

TEST(LeaderEpochCacheFile, knows_where_an_epoch_ends) {
  const auto cache = epochs();
  const auto end = [&](int epoch) { return cache.end_offset_of(LeaderEpoch(epoch), Offset(30)); };
  EXPECT_EQ(end(7), (EpochEndOffset{LeaderEpoch(7), Offset(30)}));
  EXPECT_EQ(end(8), EpochEndOffset());
  EXPECT_EQ(end(3), (EpochEndOffset{LeaderEpoch(3), Offset(20)}));
  EXPECT_EQ(end(5), (EpochEndOffset{LeaderEpoch(3), Offset(20)}));
  EXPECT_EQ(end(0), (EpochEndOffset{LeaderEpoch(0), Offset(0)}));
  EXPECT_EQ(end(-1), EpochEndOffset());
}

TEST(LeaderEpochCacheFile, is_cut_at_both_ends) {
  auto cache = epochs();
  EXPECT_TRUE(cache.truncate_from_end(Offset(20)));
  EXPECT_EQ(cache.latest_epoch(), LeaderEpoch(3));
  EXPECT_TRUE(cache.truncate_from_start(Offset(5)));
  EXPECT_EQ(cache.to_text(), "0\n2\n1 5\n3 10\n");
  EXPECT_TRUE(cache.truncate_from_start(Offset(12)));
  EXPECT_EQ(cache.to_text(), "0\n1\n3 12\n");
}

}  // namespace
}  // namespace ottla::broker
