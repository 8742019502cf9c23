#include <string>
#include <vector>

#include "protocol/record/control_record.h"
#include "protocol/record/record_reader.h"
#include "tests/unit/handlers/handler_fixture.h"

namespace ottla::broker {
namespace {

using namespace protocol;

class TransactionMarkers : public HandlerFixture {
 protected:
  // Its producers have no transactions but what they say themselves.
  void SetUp() override {
    config_.transaction_partition_verification_enable = false;
    HandlerFixture::SetUp();
  }

  // A record of a transaction of this producer in partition 0 of topic "t".
  ErrorCode write(std::int64_t id, std::int16_t epoch, std::int32_t sequence) {
    const ProducerState state{ProducerId(id), ProducerEpoch(epoch), Sequence(sequence)};
    const auto batch = simulation::batch_of(1, "v", state, true);
    const auto response = call(simulation::produce_request("t", 0, batch), 9);
    return response.responses.at(0).partition_responses.at(0).error_code;
  }

  static WriteTxnMarkersRequest markers(std::int64_t id, std::int16_t epoch, bool commit,
                                        std::vector<std::int32_t> partitions = {0},
                                        std::int32_t coordinator = 0) {
    WriteTxnMarkersRequest request;
    request.markers.push_back({.producer_id = ProducerId(id),
                               .producer_epoch = ProducerEpoch(epoch),
                               .transaction_result = commit,
                               .topics = {{"t", std::move(partitions)}},
                               .coordinator_epoch = coordinator});
    return request;
  }

  std::vector<ErrorCode> outcomes(const WriteTxnMarkersRequest& request,
                                  std::int16_t version = WriteTxnMarkersRequest::api.max) {
    std::vector<ErrorCode> all;
    const auto response = call(request, version);
    for (const auto& marker : response.markers) {
      for (const auto& topic : marker.topics) {
        for (const auto& partition : topic.partitions) all.push_back(partition.error_code);
      }
    }
    return all;
  }

  FetchResponse::Partition fetch_committed(std::int64_t offset) {
    auto request = simulation::fetch_request("t", 0, offset);
    request.isolation_level = IsolationLevel::read_committed;
    return call(request, 12).responses.at(0).partitions.at(0);
  }

  Offset last_stable_offset() {
    const auto response = call(simulation::fetch_request("t", 0, 0), 12);
    return response.responses.at(0).partitions.at(0).last_stable_offset;
  }

  DescribeProducersResponse::Partition described(std::int32_t partition) {
    DescribeProducersRequest request;
    request.topics.push_back({"t", {partition}});
    auto response = call(request);
    return response.topics.at(0).partitions.at(0);
  }
};

using Codes = std::vector<ErrorCode>;

TEST_F(TransactionMarkers, end_a_transaction_and_move_the_last_stable_offset) {
  ASSERT_EQ(create_topic("t", 2), ErrorCode::none);
  ASSERT_EQ(write(7, 0, 0), ErrorCode::none);
  EXPECT_EQ(last_stable_offset(), Offset(0));
  EXPECT_EQ(outcomes(markers(7, 0, true, {0, 1, 5})),
            (Codes{ErrorCode::none, ErrorCode::none, ErrorCode::unknown_topic_or_partition}));
  EXPECT_EQ(last_stable_offset(), Offset(2));
}

TEST_F(TransactionMarkers, tell_readers_of_committed_records_what_to_leave_out) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  produce("t", 0, 2);
  ASSERT_EQ(write(7, 0, 0), ErrorCode::none);
  ASSERT_EQ(write(8, 0, 0), ErrorCode::none);
  ASSERT_EQ(outcomes(markers(7, 0, false)), Codes{ErrorCode::none});
  const auto open = fetch_committed(0);
  EXPECT_EQ(open.last_stable_offset, Offset(3));
  EXPECT_EQ(open.high_watermark, Offset(5));
  using Aborted = std::vector<FetchResponse::AbortedTransaction>;
  EXPECT_EQ(open.aborted_transactions, (Aborted{{ProducerId(7), Offset(2)}}));
  EXPECT_TRUE(fetch_committed(3).records->bytes.empty()) << "8 has not ended";
  ASSERT_EQ(outcomes(markers(8, 0, true)), Codes{ErrorCode::none});
  const auto ended = fetch_committed(3);
  EXPECT_EQ(ended.last_stable_offset, Offset(6));
  EXPECT_EQ(ended.aborted_transactions, (Aborted{{ProducerId(7), Offset(2)}}));
  EXPECT_FALSE(ended.records->bytes.empty());
  EXPECT_EQ(fetch_committed(5).aborted_transactions, Aborted{});
  const auto all = call(simulation::fetch_request("t", 0, 0), 12);
  EXPECT_EQ(all.responses.at(0).partitions.at(0).aborted_transactions, std::nullopt);
}

TEST_F(TransactionMarkers, are_control_batches_of_the_producer) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  ASSERT_EQ(outcomes(markers(7, 3, false, {0}, 11), 1), Codes{ErrorCode::none});
  const auto response = call(simulation::fetch_request("t", 0, 0), 12);
  const auto batch =
      RecordBatchView::parse(response.responses.at(0).partitions.at(0).records->bytes).value();
  EXPECT_TRUE(batch.is_control());
  EXPECT_TRUE(batch.is_transactional());
  EXPECT_TRUE(batch.verify_crc());
  EXPECT_EQ(batch.producer_id(), ProducerId(7));
  EXPECT_EQ(batch.producer_epoch(), ProducerEpoch(3));
  EXPECT_EQ(batch.base_sequence(), kNoSequence);
  RecordReader reader(batch, batch.records());
  RecordView record;
  ASSERT_TRUE(reader.next(record));
  EXPECT_EQ(parse_end_transaction_marker(record).value(), (EndTransactionMarker{false, 11}));
}

TEST_F(TransactionMarkers, are_durable_when_they_are_answered) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  ASSERT_EQ(write(7, 0, 0), ErrorCode::none);
  ASSERT_EQ(outcomes(markers(7, 0, true)), Codes{ErrorCode::none});
  cut_power_and_restart();
  EXPECT_EQ(last_stable_offset(), Offset(2));
}

TEST_F(TransactionMarkers, of_older_epochs_are_refused) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  ASSERT_EQ(write(7, 4, 0), ErrorCode::none);
  EXPECT_EQ(outcomes(markers(7, 3, true)), Codes{ErrorCode::invalid_producer_epoch});
  EXPECT_EQ(outcomes(markers(7, 4, true, {0}, 5)), Codes{ErrorCode::none});
  EXPECT_EQ(outcomes(markers(7, 4, true, {0}, 4)),
            Codes{ErrorCode::transaction_coordinator_fenced});
  EXPECT_EQ(last_stable_offset(), Offset(2));
  auto of_version_2 = markers(7, 4, true, {0}, 5);
  of_version_2.markers[0].transaction_version = 2;
  EXPECT_EQ(outcomes(of_version_2), Codes{ErrorCode::none}) << "nothing is open";
  ASSERT_EQ(write(7, 4, 1), ErrorCode::none);
  EXPECT_EQ(outcomes(of_version_2), Codes{ErrorCode::invalid_producer_epoch});
  EXPECT_EQ(last_stable_offset(), Offset(3));
}

TEST_F(TransactionMarkers, of_many_producers_are_answered_together) {
  ASSERT_EQ(create_topic("t", 3), ErrorCode::none);
  auto request = markers(7, 0, true, {0, 1});
  request.markers.push_back(markers(8, 0, false, {2, 9}).markers[0]);
  request.markers.push_back(markers(9, 0, false, {}).markers[0]);
  EXPECT_EQ(outcomes(request), (Codes{ErrorCode::none, ErrorCode::none, ErrorCode::none,
                                      ErrorCode::unknown_topic_or_partition}));
  EXPECT_TRUE(outcomes({}).empty());
}

TEST_F(TransactionMarkers, show_a_partition_once_however_often_it_is_asked_for) {
  ASSERT_EQ(create_topic("t", 2), ErrorCode::none);
  DescribeProducersRequest request;
  request.topics.push_back({"t", {0, 1, 0, 0}});
  request.topics.push_back({"t", {0, 1}});
  const auto response = call(request);
  EXPECT_EQ(response.topics.at(0).partitions.size(), 2U);
  EXPECT_TRUE(response.topics.at(1).partitions.empty());
}

TEST_F(TransactionMarkers, show_who_writes_and_whose_transaction_is_open) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  produce("t", 0, 1);
  EXPECT_TRUE(described(0).active_producers.empty());
  EXPECT_EQ(described(1).error_code, ErrorCode::unknown_topic_or_partition);
  ASSERT_EQ(write(9, 2, 0), ErrorCode::none);
  ASSERT_EQ(write(9, 2, 1), ErrorCode::none);
  ASSERT_EQ(outcomes(markers(7, 1, true, {0}, 6)), Codes{ErrorCode::none});
  const auto producers = described(0).active_producers;
  ASSERT_EQ(producers.size(), 2U);
  EXPECT_EQ(producers[0].producer_id, ProducerId(7));
  EXPECT_EQ(producers[0].producer_epoch, 1);
  EXPECT_EQ(producers[0].last_sequence, kNoSequence);
  EXPECT_EQ(producers[0].coordinator_epoch, 6);
  EXPECT_EQ(producers[0].current_txn_start_offset, kNoOffset);
  const DescribeProducersResponse::Producer open{.producer_id = ProducerId(9),
                                                 .producer_epoch = 2,
                                                 .last_sequence = Sequence(1),
                                                 .last_timestamp = 1'700'000'000'000,
                                                 .coordinator_epoch = -1,
                                                 .current_txn_start_offset = Offset(1)};
  EXPECT_EQ(producers[1], open);
}

}  // namespace
}  // namespace ottla::broker
