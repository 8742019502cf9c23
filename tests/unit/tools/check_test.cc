#include "tools/offline/check.h"

#include <gtest/gtest.h>
#include <ottla/ottla.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "base/endian.h"
#include "broker/log/file_names.h"
#include "broker/log/transaction_index.h"
#include "ottla/embedded_broker.h"
#include "protocol/record/record_batch.h"
#include "tests/unit/log/log_fixture.h"

namespace ottla::tools {
namespace {

namespace fs = std::filesystem;

// Reads, changes and writes one file.
void change(const fs::path& path, const std::function<void(std::string&)>& by) {
  std::ifstream in(path, std::ios::binary);
  ASSERT_TRUE(in) << path;
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  in.close();
  by(bytes);
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

void write(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// The directory of a broker that has two topics, stopped; each test gets a copy of its own.
class CheckTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::string pattern = ::testing::TempDir() + "ottla-check-XXXXXX";
    kept_ = ::mkdtemp(pattern.data());
    serve(kept_ + "/whole");
  }
  static void TearDownTestSuite() { fs::remove_all(kept_); }

  CheckTest() {
    fs::copy(kept_ + "/whole", kept_ + "/copy", fs::copy_options::recursive);
    data_ = kept_ + "/copy";
    log_ = data_ / "topic-0";
  }
  ~CheckTest() override { fs::remove_all(kept_ + "/copy"); }

  static void serve(const std::string& data) {
    EmbeddedBrokerConfig config{.topics = {{.name = "topic", .partitions = 2}},
                                .data_directory = data};
    config.properties["log.index.interval.bytes"] = "150";
    auto broker = EmbeddedBroker::start(config).value();
    auto producer = Producer::open({.bootstrap_servers = broker.address(), .linger = {}}).value();
    for (int i = 0; i < 12; ++i) {
      const auto stored =
          producer.send({.topic = "topic", .value = std::string(100, 'v'), .partition = 0}).get();
      ASSERT_TRUE(stored) << stored.error();
    }
    ASSERT_TRUE(producer.close());
    ASSERT_TRUE(broker.close());
  }

  CheckReport check() {
    auto report = check_data_directory(base::open_posix_directory(data_.string()).value());
    EXPECT_TRUE(report) << report.error();
    return *report;
  }

  // That there is a defect of this file, with this in its line; and the report changed nothing.
  void expect_defect(const fs::path& file, const std::string& text) {
    const auto report = check();
    for (const auto& defect : report.defects) {
      if (defect.file == file.string() && defect.to_string().find(text) != std::string::npos)
        return;
    }
    std::string all;
    for (const auto& defect : report.defects) all += defect.to_string() + "\n";
    ADD_FAILURE() << "no defect of " << file << " with '" << text << "' among:\n" << all;
  }

  fs::path segment() const { return log_ / "00000000000000000000.log"; }
  fs::path index() const { return log_ / "00000000000000000000.index"; }
  fs::path time_index() const { return log_ / "00000000000000000000.timeindex"; }
  fs::path metadata() const { return data_ / "__cluster_metadata-0"; }

  // Where the second batch begins.
  static constexpr std::size_t kBatch = 61 + 109;

  static inline std::string kept_;
  fs::path data_;
  fs::path log_;
};

TEST_F(CheckTest, finds_nothing_wrong_with_what_a_broker_has_closed) {
  const auto report = check();
  for (const auto& defect : report.defects) ADD_FAILURE() << defect.to_string();
  EXPECT_TRUE(report.clean);
  EXPECT_EQ(report.logs, 2U);  // the other partition was never written to
  EXPECT_EQ(report.segments, 2U);
  EXPECT_GT(report.batches, 12U);
}

TEST_F(CheckTest, refuses_a_directory_that_a_broker_holds) {
  auto root = base::open_posix_directory(data_.string()).value();
  auto lock = root->lock(broker::kLockFile).value();
  const auto report = check_data_directory(std::move(root));
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::already_in_use);
}

TEST_F(CheckTest, finds_a_changed_byte_of_a_batch) {
  change(segment(), [](std::string& bytes) { bytes[2 * kBatch + 80] ^= 4; });
  expect_defect(segment(), "byte " + std::to_string(2 * kBatch) + ": the checksum of the batch");
}

TEST_F(CheckTest, finds_a_batch_that_is_cut_short) {
  change(segment(), [](std::string& bytes) { bytes.resize(bytes.size() - 5); });
  expect_defect(segment(), "byte " + std::to_string(11 * kBatch) + ": a batch of");
  expect_defect(log_, "the high watermark by its checkpoint is 12, but the log ends at offset 11");
  expect_defect(log_ / "00000000000000000012.snapshot", "but the log ends at offset 11");
}

TEST_F(CheckTest, finds_offsets_that_are_missing_or_go_back) {
  change(segment(), [](std::string& bytes) {
    protocol::stamp_offsets(bytes.data() + 3 * kBatch, protocol::Offset(100),
                            protocol::LeaderEpoch(0));
  });
  expect_defect(segment(), "byte " + std::to_string(3 * kBatch) + ": offsets 3 to 99 are missing");
  expect_defect(segment(), "byte " + std::to_string(4 * kBatch) +
                               ": a batch of offsets 4 to 4 where 101 is the next");
}

TEST_F(CheckTest, finds_leader_epochs_that_cannot_be) {
  change(segment(), [](std::string& bytes) {
    protocol::stamp_offsets(bytes.data() + 3 * kBatch, protocol::Offset(3),
                            protocol::LeaderEpoch(70));
  });
  expect_defect(segment(), "leader epoch 70, but the partition's is");
  expect_defect(segment(), "after epoch 70");
  expect_defect(log_ / "leader-epoch-checkpoint", "for offset 3, whose batch");
}

TEST_F(CheckTest, finds_index_entries_that_point_elsewhere) {
  change(index(), [](std::string& bytes) { bytes[7] ^= 1; });
  expect_defect(index(), "byte 0: the entry for offset");
  expect_defect(index(), "points where no batch begins");
}

TEST_F(CheckTest, finds_index_entries_of_other_offsets) {
  change(index(), [](std::string& bytes) { bytes[3] = 3; });
  expect_defect(index(), "byte 0: the entry for offset 3");
}

TEST_F(CheckTest, finds_an_index_that_is_cut_short_or_gone) {
  change(index(), [](std::string& bytes) { bytes.resize(bytes.size() - 3); });
  expect_defect(index(), "an index entry is cut short");
  fs::remove(index());
  expect_defect(index(), "the offset index is missing");
  fs::remove(time_index());
  expect_defect(time_index(), "the time index is missing");
}

TEST_F(CheckTest, finds_time_index_entries_that_disagree_with_the_batches) {
  change(time_index(), [](std::string& bytes) { bytes[7] ^= 64; });
  expect_defect(time_index(), "byte 0: the entry for timestamp");
}

TEST_F(CheckTest, finds_a_time_index_without_its_last_entry) {
  change(time_index(), [](std::string& bytes) { bytes.resize(12); });
  // Records of one moment need no more than one entry.
  change(segment(), [](std::string& bytes) {
    const auto last = bytes.size() - kBatch;
    const auto newest = base::load_be<std::int64_t>(bytes.data() + last + 35);
    protocol::stamp_timestamps(bytes.data() + last, protocol::TimestampType::create_time,
                               newest + 5);
  });
  expect_defect(time_index(), "byte 12: the last entry is for timestamp");
}

TEST_F(CheckTest, finds_damaged_and_lying_transaction_indexes) {
  const auto path = log_ / "00000000000000000000.txnindex";
  write(path, std::string(33, '\0'));
  expect_defect(path, "cut short at byte 0");
  using protocol::Offset;
  write(path, broker::transaction_index_bytes(
                  {{protocol::ProducerId(5), Offset(1), Offset(4), Offset(1)},
                   {protocol::ProducerId(5), Offset(2), Offset(400), Offset(1)}}));
  expect_defect(path, "byte 0: the transaction of producer 5 that ends at offset 4");
  const auto elsewhere = data_ / "topic-0" / "00000000000000000300.log";
  write(elsewhere, "");
  expect_defect(path, "byte 34: the transaction of producer 5 that ends at offset 400");
}

TEST_F(CheckTest, finds_damaged_lying_and_missing_snapshots) {
  const auto path = log_ / "00000000000000000012.snapshot";
  change(path, [](std::string& bytes) { bytes[30] ^= 1; });
  expect_defect(path, "wrong checksum");
  broker::ProducerStateManager other;
  broker::BatchHeader batch;
  batch.base_offset = batch.last_offset = protocol::Offset(4);
  batch.producer_id = protocol::ProducerId(88);
  batch.producer_epoch = protocol::ProducerEpoch(0);
  batch.base_sequence = protocol::Sequence(9);
  other.update(batch);
  write(path, other.to_snapshot());
  expect_defect(path, "byte 10: producer 88 with sequence 9 at offset 4; the batch there is of");
  fs::remove(path);
  expect_defect(path, "closed without a snapshot");
}

TEST_F(CheckTest, finds_checkpoints_that_cannot_be_read_or_say_too_much) {
  for (const auto* name : {"recovery-point-offset-checkpoint", "log-start-offset-checkpoint",
                           "replication-offset-checkpoint", "cleaner-offset-checkpoint"}) {
    write(data_ / name, "0\n1\ntopic 0 500\n");
    expect_defect(log_, "by its checkpoint is 500, but the log ends at offset 12");
    write(data_ / name, "0\n2\ntopic 0 5\n");
    expect_defect(data_ / name, "line 4");
    fs::remove(data_ / name);
  }
}

// Apache Kafka makes the file with the directory, and fills it when it has compacted something.
TEST_F(CheckTest, takes_no_offence_at_a_cleaner_checkpoint_that_is_still_empty) {
  write(data_ / "cleaner-offset-checkpoint", "");
  const auto report = check();
  for (const auto& defect : report.defects) ADD_FAILURE() << defect.to_string();
  write(data_ / "recovery-point-offset-checkpoint", "");
  expect_defect(data_ / "recovery-point-offset-checkpoint", "line 1");
}

TEST_F(CheckTest, finds_damaged_small_files) {
  write(data_ / "meta.properties", "version=1\n");
  expect_defect(data_ / "meta.properties", "has no cluster.id");
  write(log_ / "partition.metadata", "version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ");
  expect_defect(log_ / "partition.metadata", "topic id AAAAAAAAAAAAAAAAAAAAAQ, but the metadata");
  write(log_ / "partition.metadata", "version: 1\n");
  expect_defect(log_ / "partition.metadata", "not of version 0");
  write(log_ / "leader-epoch-checkpoint", "0\nmany\n");
  expect_defect(log_ / "leader-epoch-checkpoint", "line 2");
  write(log_ / "leader-epoch-checkpoint", "0\n2\n0 0\n1 90\n");
  expect_defect(log_ / "leader-epoch-checkpoint", "an epoch begins at offset 90");
  for (const auto* name : {"partition.metadata", "leader-epoch-checkpoint"}) {
    fs::remove(log_ / name);
    expect_defect(log_ / name, "the file is missing");
  }
  fs::remove(data_ / "meta.properties");
  expect_defect(data_ / "meta.properties", "the file is missing");
}

TEST_F(CheckTest, finds_a_damaged_metadata_log) {
  const auto log = metadata() / "00000000000000000000.log";
  change(log, [](std::string& bytes) { bytes[70] ^= 1; });
  expect_defect(log, "byte 0: the checksum");
  const auto quorum = metadata() / "quorum-state";
  write(quorum, "{}");
  expect_defect(quorum, "has no data_version");
  write(quorum, R"({"leaderId":1,"leaderEpoch":0,"votedId":-1,"data_version":0})");
  expect_defect(quorum, "leader epoch 0, but the log has epoch 1");
  fs::remove(quorum);
  expect_defect(quorum, "the file is missing");
  const auto snapshot = metadata() / "00000000000000000004-0000000001.checkpoint";
  write(snapshot, broker::make_batch("no snapshot").substr(0, 70));
  expect_defect(snapshot, "byte 0: a batch of");
}

TEST_F(CheckTest, finds_what_crashes_leave) {
  for (const auto* name : {"00000000000000000000.log.cleaned", "00000000000000000000.log.swap",
                           "leader-epoch-checkpoint.tmp"}) {
    write(log_ / name, "");
    expect_defect(log_ / name, "left by a crash");
  }
  write(data_ / "meta.properties.tmp", "");
  expect_defect(data_ / "meta.properties.tmp", "left by a crash");
  write(log_ / "00000000000000000044.index", "");
  expect_defect(log_ / "00000000000000000044.index", "an index without its segment");
  fs::create_directory(data_ / "topic-1.0123456789abcdef0123456789abcdef-future");
  expect_defect(data_ / "topic-1.0123456789abcdef0123456789abcdef-future", "left by a move");
}

TEST_F(CheckTest, finds_what_does_not_belong_there) {
  write(log_ / "notes.txt", "");
  expect_defect(log_ / "notes.txt", "no file of a log");
  write(data_ / "notes.txt", "");
  expect_defect(data_ / "notes.txt", "no file of a broker");
  fs::create_directory(data_ / "lost+found");
  expect_defect(data_ / "lost+found", "the name of a directory that is no log");
  fs::create_directory(log_ / "within");
  expect_defect(log_ / "within", "a directory within that of a log");
  fs::copy(log_, data_ / "other-7");
  expect_defect(data_ / "other-7", "the metadata knows no such partition");
  fs::create_directory(data_ / "topic-1");
  expect_defect(data_ / "topic-1", "there is no segment");
}

TEST_F(CheckTest, leaves_alone_what_waits_to_be_unlinked) {
  write(log_ / "00000000000000000000.index.deleted", "x");
  fs::create_directory(data_ / "gone-0.0123456789abcdef0123456789abcdef-delete");
  EXPECT_TRUE(check().defects.empty());
}

TEST_F(CheckTest, asks_less_of_what_was_not_closed) {
  fs::remove(data_ / ".kafka_cleanshutdown");
  fs::remove(index());
  fs::remove(log_ / "00000000000000000012.snapshot");
  // As Apache Kafka allocates it.
  write(time_index(), std::string(1200, '\0'));
  const auto report = check();
  for (const auto& defect : report.defects) ADD_FAILURE() << defect.to_string();
  EXPECT_FALSE(report.clean);
}

}  // namespace
}  // namespace ottla::tools
