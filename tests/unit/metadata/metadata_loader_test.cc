#include "broker/metadata/metadata_loader.h"

#include <gtest/gtest.h>

#include "broker/metadata/metadata_batch.h"
#include "broker/metadata/quorum_state.h"
#include "protocol/record/record_batch.h"
#include "protocol/record/record_reader.h"
#include "tests/unit/metadata/controller_fixture.h"
#include "tests/unit/metadata/hex.h"
#include "tests/unit/metadata/metadata_files.h"

namespace ottla::broker {
namespace {

constexpr Uuid kOrders{1, 1000};
constexpr std::string_view kSnapshot = "00000000000000000100-0000000003.checkpoint";

// Writes a metadata directory by hand.
class MetadataLoader : public ControllerFixture {
 protected:
  std::unique_ptr<base::Directory> metadata() {
    return directory->create_directory(kMetadataLogDirectory).value();
  }

  static std::string control(const ControlRecord& record) { return batch_of_control(record); }
  static std::string records(const std::vector<MetadataRecord>& all) {
    return batch_of_records(all);
  }

  static std::vector<MetadataRecord> first_records() {
    return {FeatureLevelRecord{.name = "metadata.version", .feature_level = 25},
            TopicRecord{.name = "orders", .topic_id = kOrders}};
  }

  // Appends batches one after the other from `offset` on, all in one epoch.
  void write_segment(std::string_view name, std::int64_t offset, std::int32_t epoch,
                     const std::vector<std::string>& batches) {
    ASSERT_TRUE(metadata()->replace_file(name, segment_bytes(offset, epoch, batches)));
  }

  void write_snapshot(std::string_view name, const std::vector<MetadataRecord>& all,
                      bool with_footer = true) {
    ASSERT_TRUE(metadata()->replace_file(name, snapshot_bytes(all, with_footer)));
  }

  // Everything in the directory, by path.
  std::map<std::string, std::string> everything() {
    std::map<std::string, std::string> all;
    const auto add = [&all](base::Directory& in) {
      const auto entries = in.list();
      for (const auto& entry : entries.value()) {
        all[in.path() + "/" + entry.name] =
            entry.is_directory ? "directory" : in.read_file(entry.name).value();
      }
    };
    add(*directory);
    add(*metadata());
    return all;
  }
};

TEST_F(MetadataLoader, nothing_there_is_an_empty_image) {
  const auto loaded = load();
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_FALSE(loaded->has_records);
  EXPECT_EQ(loaded->log_end_offset, Offset(0));
  EXPECT_EQ(loaded->image->last_offset(), Offset(-1));
  EXPECT_FALSE(directory->exists(kMetadataLogDirectory));
}

TEST_F(MetadataLoader, an_unknown_record_is_refused_and_nothing_is_touched) {
  for (const auto* hex : {"01630000", "010309", "01630500ff"}) {
    const std::vector<std::string> value{from_hex(hex)};
    write_segment(kFirstSegment, 0, 1,
                  {control(LeaderChangeMessage()), records(first_records()),
                   metadata_batch_of_values(value, 0)});
    const auto before = everything();
    const auto result = start();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), ErrorCode::unsupported_version) << result.error();
    EXPECT_EQ(result.error().context().offset, 3);
    EXPECT_NE(result.error().context().file.find(kFirstSegment), std::string::npos);
    EXPECT_EQ(everything(), before);
  }
}

TEST_F(MetadataLoader, a_feature_level_from_the_future_is_refused_and_nothing_is_touched) {
  write_segment(kFirstSegment, 0, 1,
                {control(LeaderChangeMessage()),
                 records({FeatureLevelRecord{.name = "metadata.version", .feature_level = 31}})});
  const auto before = everything();
  const auto result = start();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::unsupported_version);
  EXPECT_NE(result.error().message().find("metadata.version at level 31"), std::string::npos);
  EXPECT_EQ(everything(), before);
}

TEST_F(MetadataLoader, a_log_above_zero_begins_with_its_snapshot) {
  write_snapshot(kSnapshot, first_records());
  write_segment("00000000000000000090.log", 90, 3,
                {records({NoOpRecord(), NoOpRecord(), NoOpRecord(), NoOpRecord(), NoOpRecord(),
                          NoOpRecord(), NoOpRecord(), NoOpRecord(), NoOpRecord(), NoOpRecord()}),
                 records({TopicRecord{.name = "late", .topic_id = {1, 2000}}})});
  const auto loaded = load();
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_EQ(loaded->image->topic_count(), 2U);
  EXPECT_EQ(loaded->log_start_offset, Offset(90));
  EXPECT_EQ(loaded->log_end_offset, Offset(101));
  EXPECT_EQ(loaded->image->last_offset(), Offset(100));
  EXPECT_EQ(loaded->last_epoch, 3);
}

TEST_F(MetadataLoader, a_log_above_zero_without_its_snapshot_is_refused) {
  write_segment("00000000000000000090.log", 90, 3, {records({NoOpRecord()})});
  EXPECT_EQ(load().error().code(), ErrorCode::corrupt_data);
  write_snapshot("00000000000000000080-0000000002.checkpoint", first_records());
  EXPECT_EQ(load().error().code(), ErrorCode::corrupt_data);
}

TEST_F(MetadataLoader, a_damaged_snapshot_is_skipped_if_the_rest_suffices) {
  write_segment(kFirstSegment, 0, 1,
                {control(LeaderChangeMessage()), records(first_records()),
                 records(std::vector<MetadataRecord>(200, NoOpRecord()))});
  write_snapshot(kSnapshot, first_records(), false);
  const auto loaded = load();
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_NE(loaded->image->find_topic("orders"), nullptr);
  EXPECT_EQ(loaded->log_end_offset, Offset(203));
}

TEST_F(MetadataLoader, a_log_that_ends_before_its_snapshot_is_refused) {
  write_snapshot(kSnapshot, first_records());
  write_segment(kFirstSegment, 0, 1, {control(LeaderChangeMessage())});
  EXPECT_EQ(load().error().code(), ErrorCode::corrupt_data);
}

TEST_F(MetadataLoader, what_the_format_tool_left_is_written_first) {
  const std::string bytes =
      stamped_batch(records({FeatureLevelRecord{.name = "metadata.version", .feature_level = 22},
                             FeatureLevelRecord{.name = "group.version", .feature_level = 1}}),
                    0, 0) +
      stamped_batch(control(SnapshotFooterRecord()), 2, 0);
  ASSERT_TRUE(directory->replace_file("bootstrap.checkpoint", bytes));
  ASSERT_TRUE(start()) << started.error();
  EXPECT_EQ(controller->image()->feature("metadata.version"), 22);
  ASSERT_TRUE(start()) << started.error();
  EXPECT_EQ(controller->image()->feature("metadata.version"), 22);
}

TEST_F(MetadataLoader, a_snapshot_of_offset_zero_is_the_beginning) {
  write_snapshot("00000000000000000000-0000000000.checkpoint", first_records());
  const auto loaded = load();
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_TRUE(loaded->has_records);
  EXPECT_EQ(loaded->log_end_offset, Offset(0));
  ASSERT_TRUE(start()) << started.error();
  EXPECT_NE(controller->image()->find_topic("orders"), nullptr);
}

TEST_F(MetadataLoader, kraft_version_1_is_kept) {
  const VotersRecord voters{.voters = {{.voter_id = 1, .voter_directory_id = kDirectoryId}}};
  std::string bytes = stamped_batch(control(SnapshotHeaderRecord()), 0, 0);
  bytes += stamped_batch(control(KRaftVersionRecord{.kraft_version = 1}), 1, 0);
  bytes += stamped_batch(control(voters), 2, 0);
  bytes += stamped_batch(control(SnapshotFooterRecord()), 3, 0);
  ASSERT_TRUE(metadata()->replace_file("00000000000000000000-0000000000.checkpoint", bytes));
  ASSERT_TRUE(start()) << started.error();
  const auto state = QuorumState::parse(metadata()->read_file(kQuorumStateFile).value());
  EXPECT_EQ(state.value().data_version, 1);
  // {LeaderChange, KRaftVersion, Voters} are the first batch.
  const auto log_file = log_bytes();
  const auto first = protocol::RecordBatchView::parse(log_file).value();
  EXPECT_TRUE(first.is_control());
  EXPECT_EQ(first.record_count(), 3);
  protocol::RecordReader in_first(first, first.records());
  protocol::RecordView record;
  ASSERT_TRUE(in_first.next(record));
  // Apache Kafka reads version 0 alone: version, leader, voters, those who granted, no tags.
  EXPECT_EQ(to_hex(*record.value), "00000000000102000000010002000000010000");
  const auto again = load();
  ASSERT_TRUE(again) << again.error();
  EXPECT_EQ(again->kraft_version, 1);
  ASSERT_TRUE(start()) << started.error();
}

TEST_F(MetadataLoader, other_voters_are_refused) {
  const VotersRecord voters{.voters = {{.voter_id = 1}, {.voter_id = 2}}};
  write_segment(kFirstSegment, 0, 1, {control(LeaderChangeMessage()), control(voters)});
  EXPECT_EQ(load().error().code(), ErrorCode::unsupported_version);
}

TEST_F(MetadataLoader, an_open_transaction_is_aborted_at_the_next_start) {
  write_segment(
      kFirstSegment, 0, 1,
      {control(LeaderChangeMessage()), records(first_records()),
       records({BeginTransactionRecord(), TopicRecord{.name = "half", .topic_id = {1, 2000}}})});
  const auto loaded = load();
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_TRUE(loaded->open_transaction);
  EXPECT_EQ(loaded->image->topic_count(), 1U);
  ASSERT_TRUE(start()) << started.error();
  EXPECT_EQ(controller->image()->topic_count(), 1U);
  ASSERT_TRUE(create({.name = "half"}));
  const auto again = load();
  ASSERT_TRUE(again) << again.error();
  EXPECT_FALSE(again->open_transaction);
  EXPECT_EQ(again->image->topic_count(), 2U);
}

TEST_F(MetadataLoader, damage_below_a_later_epoch_is_refused_at_the_end_it_is_torn) {
  write_segment(kFirstSegment, 0, 1,
                {control(LeaderChangeMessage()), records(first_records()), records({NoOpRecord()}),
                 records({NoOpRecord()})});
  auto bytes = metadata()->read_file(kFirstSegment).value();
  const auto tail = bytes.size() - records({NoOpRecord()}).size() * 2;
  bytes[tail + 62] ^= 1;
  ASSERT_TRUE(metadata()->replace_file(kFirstSegment, bytes));
  // Both batches may have been in flight when the power went.
  const auto torn = load();
  ASSERT_TRUE(torn) << torn.error();
  EXPECT_EQ(torn->log_end_offset, Offset(3));
  // Behind it an epoch has begun, so it was whole once.
  bytes += stamped_batch(control(LeaderChangeMessage()), 5, 2);
  ASSERT_TRUE(metadata()->replace_file(kFirstSegment, bytes));
  const auto damaged = load();
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code(), ErrorCode::corrupt_data);
}

TEST_F(MetadataLoader, damage_in_a_closed_segment_is_refused) {
  write_segment(kFirstSegment, 0, 1, {control(LeaderChangeMessage()), records({NoOpRecord()})});
  write_segment("00000000000000000002.log", 2, 1, {records({NoOpRecord()})});
  ASSERT_TRUE(load());
  auto bytes = metadata()->read_file(kFirstSegment).value();
  bytes.back() ^= 1;
  ASSERT_TRUE(metadata()->replace_file(kFirstSegment, bytes));
  EXPECT_EQ(load().error().code(), ErrorCode::corrupt_data);
}

TEST_F(MetadataLoader, a_missing_segment_is_refused) {
  write_segment(kFirstSegment, 0, 1, {control(LeaderChangeMessage()), records({NoOpRecord()})});
  write_segment("00000000000000000003.log", 3, 1, {records({NoOpRecord()})});
  EXPECT_EQ(load().error().code(), ErrorCode::corrupt_data);
}

TEST_F(MetadataLoader, any_bytes_in_the_files_end_in_an_image_or_an_error) {
  ASSERT_TRUE(start());
  ASSERT_TRUE(create({.name = "orders", .num_partitions = 3}));
  ASSERT_TRUE(stop());
  const auto whole = log_bytes();
  base::Random random(5);
  for (int i = 0; i < 500; ++i) {
    auto bytes = whole;
    for (int flips = 0; flips < 3; ++flips) {
      bytes[random.below(bytes.size())] = static_cast<char>(random.next());
    }
    ASSERT_TRUE(metadata()->replace_file(kFirstSegment, bytes));
    const auto loaded = load();
    EXPECT_TRUE(!loaded || loaded->log_end_offset <= Offset(13));
  }
}

TEST(QuorumState, reads_what_it_writes_and_what_Kafka_writes) {
  const QuorumState zero{.leader_id = 1, .leader_epoch = 7, .voter_id = 1};
  EXPECT_EQ(QuorumState::parse(zero.to_json()).value(), zero);
  const QuorumState one{.leader_id = 1, .leader_epoch = 7, .data_version = 1};
  EXPECT_EQ(QuorumState::parse(one.to_json()).value(), one);
  EXPECT_EQ(one.to_json(),
            "{\"leaderId\":1,\"leaderEpoch\":7,\"votedId\":-1,"
            "\"votedDirectoryId\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"data_version\":1}");
  const auto kafka = QuorumState::parse(
      R"({"clusterId":"","leaderId":3,"leaderEpoch":12,"votedId":-1,"appliedOffset":0,)"
      R"("currentVoters":[{"voterId":3}],"data_version":0})");
  EXPECT_EQ(kafka.value().leader_epoch, 12);
  EXPECT_EQ(kafka.value().voter_id, 3);
}

TEST(QuorumState, refuses_what_it_cannot_know) {
  EXPECT_EQ(QuorumState::parse("{}").error().code(), ErrorCode::corrupt_data);
  EXPECT_EQ(QuorumState::parse(R"({"data_version":0,"leaderEpoch":-1})").error().code(),
            ErrorCode::corrupt_data);
  EXPECT_EQ(QuorumState::parse(R"({"data_version":2,"leaderEpoch":1})").error().code(),
            ErrorCode::unsupported_version);
  EXPECT_FALSE(QuorumState::parse(R"({"data_version":0,"leaderEpoch":99999999999999999999})"));
}

}  // namespace
}  // namespace ottla::broker
