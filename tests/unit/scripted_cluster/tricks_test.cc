#include <gtest/gtest.h>

#include "tests/simulation/scripted/scripted_cluster.h"
#include "tests/unit/scripted_cluster/wire_client.h"

namespace ottla::simulation {
namespace {

using namespace std::chrono_literals;
using namespace protocol;  // NOLINT: its messages are what this file is about

class TricksTest : public testing::Test {
 protected:
  TricksTest() {
    client_node.start();
    cluster.create_topic("t", 1);
  }

  Result<ProduceResponse> produce_with(Rule rule) {
    cluster.play(rule);
    client = std::make_unique<WireClient>(cluster, client_node, 1);
    return client->call(produce_request("t", 0, batch_of(1, "x")), 9);
  }
  FetchResponse::Partition fetch_with(Trick trick, std::int64_t from) {
    cluster.play_no_more();
    client = std::make_unique<WireClient>(cluster, client_node, 1);
    for (int i = 0; i < 2; ++i) client->call(produce_request("t", 0, batch_of(2, "x")), 9).value();
    cluster.play({.trick = trick, .api = ApiKey::fetch});
    return client->call(fetch_request("t", 0, from), 12).value().responses.at(0).partitions.at(0);
  }
  Offset log_end_offset() { return cluster.partition({"t", 0}).log_end_offset(); }

  Simulation world{1};
  SimNode& client_node = world.add_node("client");
  ScriptedCluster cluster{world, {.brokers = 1}};
  std::unique_ptr<WireClient> client;
};

TEST_F(TricksTest, a_stalled_request_is_never_answered) {
  EXPECT_EQ(produce_with({.trick = Trick::stall}).error().code(), ErrorCode::timed_out);
  EXPECT_EQ(log_end_offset(), Offset(0));
}

TEST_F(TricksTest, a_connection_closes_before_or_after_the_append) {
  EXPECT_EQ(produce_with({.trick = Trick::close_before}).error().code(),
            ErrorCode::connection_closed);
  EXPECT_EQ(log_end_offset(), Offset(0));
  EXPECT_EQ(produce_with({.trick = Trick::close_after}).error().code(),
            ErrorCode::connection_closed);
  EXPECT_EQ(log_end_offset(), Offset(1));
}

TEST_F(TricksTest, an_error_is_told_with_and_without_the_append) {
  const Rule before{.trick = Trick::error, .error = ErrorCode::not_enough_replicas};
  const Rule after{.trick = Trick::error_after,
                   .error = ErrorCode::not_enough_replicas_after_append};
  const auto code = [](const Result<ProduceResponse>& response) {
    return response->responses.at(0).partition_responses.at(0).error_code;
  };
  EXPECT_EQ(code(produce_with(before)), ErrorCode::not_enough_replicas);
  EXPECT_EQ(log_end_offset(), Offset(0));
  EXPECT_EQ(code(produce_with(after)), ErrorCode::not_enough_replicas_after_append);
  EXPECT_EQ(log_end_offset(), Offset(1));
}

TEST_F(TricksTest, a_rule_is_for_its_api_and_its_number_of_times) {
  cluster.play({.trick = Trick::close_before, .api = ApiKey::fetch});
  cluster.play({.trick = Trick::error, .after = 1, .error = ErrorCode::request_timed_out});
  client = std::make_unique<WireClient>(cluster, client_node, 1);
  std::vector<ErrorCode> codes;
  for (int i = 0; i < 3; ++i) {
    const auto response = client->call(produce_request("t", 0, batch_of(1, "x")), 9).value();
    codes.push_back(response.responses.at(0).partition_responses.at(0).error_code);
  }
  EXPECT_EQ(codes, (std::vector{ErrorCode::none, ErrorCode::request_timed_out, ErrorCode::none}));
  EXPECT_EQ(cluster.tricks_played(), 1U);
}

TEST_F(TricksTest, a_wrong_correlation_id_is_told) {
  EXPECT_EQ(produce_with({.trick = Trick::wrong_correlation_id}).error().message(),
            "correlation id");
}

TEST_F(TricksTest, frames_lie_about_their_size) {
  EXPECT_FALSE(produce_with({.trick = Trick::shorten}));
  EXPECT_EQ(produce_with({.trick = Trick::negative_size}).error().code(), ErrorCode::timed_out);
  EXPECT_EQ(produce_with({.trick = Trick::oversized}).error().code(), ErrorCode::timed_out);
  EXPECT_EQ(produce_with({.trick = Trick::cut_off}).error().code(), ErrorCode::connection_closed);
}

TEST_F(TricksTest, bodies_are_garbage_or_count_beyond_bounds) {
  int refused = 0;
  for (int i = 0; i < 20; ++i) {
    refused += produce_with({.trick = Trick::garbage}) ? 0 : 1;
    refused += produce_with({.trick = Trick::huge_count}) ? 0 : 1;
  }
  EXPECT_GT(refused, 10);
}

TEST_F(TricksTest, partitions_are_missing_or_foreign) {
  EXPECT_TRUE(produce_with({.trick = Trick::missing_partition})->responses.empty());
  const auto foreign = produce_with({.trick = Trick::foreign_partition});
  EXPECT_EQ(foreign->responses.at(0).partition_responses.size(), 2U);
}

TEST_F(TricksTest, offsets_cannot_be) {
  const auto response = produce_with({.trick = Trick::wrong_offsets});
  const Offset told = response->responses.at(0).partition_responses.at(0).base_offset;
  EXPECT_TRUE(told.value < 0 || told > log_end_offset());
  EXPECT_LT(fetch_with(Trick::wrong_offsets, 0).high_watermark, Offset(0));
}

TEST_F(TricksTest, records_are_older_than_asked_or_corrupt) {
  auto told = fetch_with(Trick::old_records, 2);
  EXPECT_EQ(RecordBatchView::parse(told.records->bytes)->base_offset(), Offset(0));
  told = fetch_with(Trick::corrupt_records, 0);
  bool sound = true;
  BatchIterator batches(told.records->bytes);
  for (RecordBatchView batch; batches.next(batch);) sound = sound && batch.verify_crc();
  EXPECT_FALSE(sound && batches.status());
}

}  // namespace
}  // namespace ottla::simulation
