#include <gtest/gtest.h>

#include <sstream>

#include "broker/log/log_loader.h"
#include "broker/log/transaction_index.h"
#include "broker/metadata/metadata_loader.h"
#include "protocol/record/record_reader.h"
#include "tests/unit/log/log_fixture.h"
#include "tests/unit/tools/examples.h"
#include "tools/offline/check.h"

// The examples of docs/storage-format.md, read by the code that reads real files.
namespace ottla::tools {
namespace {

using broker::LeaderEpoch;
using broker::LogLines;
using broker::Offset;
using broker::ProducerId;
using broker::ReadMode;

class StorageFormat : public ::testing::Test {
 protected:
  const Files files_ = read_examples();
  std::shared_ptr<base::Directory> root_ = directory_of(files_);
};

TEST_F(StorageFormat, has_examples_that_are_a_directory_without_defects) {
  EXPECT_EQ(files_.size(), 19U);
  const auto report = check_data_directory(root_);
  ASSERT_TRUE(report) << report.error();
  for (const auto& defect : report->defects) ADD_FAILURE() << defect.to_string();
  EXPECT_TRUE(report->clean);
  EXPECT_EQ(report->logs, 2U);
  EXPECT_EQ(report->batches, 5U);
}

TEST_F(StorageFormat, has_an_example_of_a_log_that_opens) {
  LogLines lines;
  const broker::LoadRequest request{
      {{"greetings", 0}, {}, root_}, {}, Offset(0), Offset(4), true, 1'800'000'000'000};
  auto loaded = broker::load_log(request, lines.logger());
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_EQ(loaded->log_end_offset, Offset(4));
  EXPECT_EQ(loaded->location.topic_id.to_string(), "EBESExQVFhcYGRobHB0eHw");
  EXPECT_EQ(loaded->epochs.latest_epoch(), LeaderEpoch(0));
  ASSERT_EQ(loaded->producers.size(), 2U);
  EXPECT_EQ(loaded->producers.find(ProducerId(7))->last_sequence(), broker::Sequence(1));
  EXPECT_EQ(loaded->producers.find(ProducerId(8))->coordinator_epoch, 3);
  ASSERT_EQ(loaded->segments.size(), 1U);
  auto& segment = loaded->segments.front();
  const auto third = segment.find_batch(Offset(3), ReadMode::may_sleep);
  ASSERT_TRUE(third && *third);
  EXPECT_TRUE((*third)->control);
  const auto found = segment.find_timestamp(1'700'000'000'006, Offset(0));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->offset, Offset(2));
}

TEST_F(StorageFormat, has_examples_of_records) {
  auto directory = root_->open_directory("greetings-0").value();
  const auto bytes = directory->read_file("00000000000000000000.log").value();
  std::vector<std::string> seen;
  protocol::BatchIterator batches(bytes);
  for (protocol::RecordBatchView batch; batches.next(batch);) {
    EXPECT_TRUE(batch.verify_crc());
    protocol::RecordReader reader(batch, batch.records());
    for (protocol::RecordView record; reader.next(record);) {
      std::ostringstream text;
      text << record.offset.value << ' ' << record.timestamp - 1'700'000'000'000 << ' '
           << (batch.is_control() ? "marker" : record.value.value_or("null"));
      for (const auto& header : record.headers) text << ' ' << header.key << '=' << *header.value;
      seen.push_back(text.str());
    }
    EXPECT_TRUE(reader.status());
  }
  EXPECT_EQ(seen,
            (std::vector<std::string>{"0 0 hello from=me", "1 5 ahoj", "2 7 null", "3 9 marker"}));
  const auto index = directory->read_file("00000000000000000000.txnindex").value();
  EXPECT_EQ(
      broker::parse_transaction_index(index).value(),
      (std::vector<broker::AbortedTransaction>{{ProducerId(8), Offset(2), Offset(3), Offset(2)}}));
}

TEST_F(StorageFormat, has_an_example_of_metadata_that_loads) {
  LogLines lines;
  const auto loaded = broker::load_metadata(*root_, lines.logger());
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_EQ(loaded->log_end_offset, Offset(3));
  EXPECT_EQ(loaded->last_epoch, 1);
  const auto* topic = loaded->image->find_topic(std::string_view("greetings"));
  ASSERT_NE(topic, nullptr);
  EXPECT_EQ(topic->partitions.size(), 1U);
  EXPECT_TRUE(lines.lines.empty());
}

}  // namespace
}  // namespace ottla::tools
