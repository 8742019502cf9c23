#include <string>
#include <vector>

#include "tests/unit/handlers/handler_fixture.h"

namespace ottla::broker {
namespace {

using namespace protocol;

// A transactional producer that speaks the wire itself.
class TransactionHandlers : public HandlerFixture {
 protected:
  void SetUp() override {
    config_.transaction_state_log_num_partitions = 2;
    config_.offsets_topic_num_partitions = 1;
    HandlerFixture::SetUp();
    ASSERT_EQ(create_topic("t", 2), ErrorCode::none);
    ASSERT_EQ(find_coordinator(), ErrorCode::none);
  }

  ErrorCode find_coordinator() {
    FindCoordinatorRequest request;
    request.key_type = CoordinatorType::transaction;
    request.coordinator_keys = {"x"};
    return call(request).coordinators.at(0).error_code;
  }

  // As clients do: again, while the coordinator is busy with what was before.
  template <class Ask>
  static ErrorCode until_free(Ask ask) {
    for (int i = 0; i < 1000; ++i) {
      const auto error = ask();
      if (error != ErrorCode::concurrent_transactions &&
          error != ErrorCode::coordinator_load_in_progress) {
        return error;
      }
    }
    return ErrorCode::request_timed_out;
  }

  ErrorCode init(std::int16_t version = InitProducerIdRequest::api.max) {
    return until_free([&] {
      InitProducerIdRequest request;
      request.transactional_id = "x";
      request.transaction_timeout_ms = 60'000;
      const auto response = call(request, version);
      id_ = response.producer_id;
      epoch_ = response.producer_epoch;
      sequence_[0] = sequence_[1] = 0;
      return response.error_code;
    });
  }

  std::vector<ErrorCode> add(std::vector<std::int32_t> partitions, std::string_view topic = "t") {
    AddPartitionsToTxnRequest request;
    request.v3_and_below_transactional_id = "x";
    request.v3_and_below_producer_id = id_;
    request.v3_and_below_producer_epoch = epoch_;
    request.v3_and_below_topics.push_back({topic, std::move(partitions)});
    std::vector<ErrorCode> all;
    until_free([&] {
      all.clear();
      const auto response = call(request, 3);
      for (const auto& result : response.results_by_topic_v3_and_below.at(0).results_by_partition) {
        all.push_back(result.partition_error_code);
      }
      return all.front();
    });
    return all;
  }

  // One record; at version 12 and above it brings its partition into the transaction.
  ErrorCode write(std::int32_t partition, std::int16_t version) {
    const ProducerState state{id_, epoch_, Sequence(sequence_[partition])};
    const auto batch = simulation::batch_of(1, "v", state, true);
    auto request = simulation::produce_request("t", partition, batch);
    request.transactional_id = "x";
    const auto response = call(request, version);
    const auto error = response.responses.at(0).partition_responses.at(0).error_code;
    if (error == ErrorCode::none) ++sequence_[partition];
    return error;
  }

  ErrorCode end(bool commit, std::int16_t version) {
    return until_free([&] {
      EndTxnRequest request;
      request.transactional_id = "x";
      request.producer_id = id_;
      request.producer_epoch = epoch_;
      request.committed = commit;
      const auto response = call(request, version);
      if (response.error_code == ErrorCode::none && version >= 5) {
        id_ = response.producer_id;
        epoch_ = response.producer_epoch;
        sequence_[0] = sequence_[1] = 0;
      }
      return response.error_code;
    });
  }

  // No transaction is open in the partition.
  bool is_settled(std::int32_t partition) {
    const auto response = call(simulation::fetch_request("t", partition, 0), 12);
    const auto& fetched = response.responses.at(0).partitions.at(0);
    return fetched.last_stable_offset == fetched.high_watermark;
  }
  Offset last_stable_offset(std::int32_t partition) {
    const auto response = call(simulation::fetch_request("t", partition, 0), 12);
    return response.responses.at(0).partitions.at(0).last_stable_offset;
  }

  DescribeTransactionsResponse::Transaction described() {
    DescribeTransactionsRequest request;
    request.transactional_ids = {"x"};
    return call(request).transaction_states.at(0);
  }
  bool reaches(std::string_view state) {
    for (int i = 0; i < 1000; ++i) {
      if (described().transaction_state == state) return true;
    }
    return false;
  }

  ProducerId id_;
  ProducerEpoch epoch_;
  std::int32_t sequence_[2] = {0, 0};
};

using Codes = std::vector<ErrorCode>;

TEST_F(TransactionHandlers, version_1_writes_and_commits) {
  ASSERT_EQ(init(4), ErrorCode::none);
  EXPECT_EQ(write(0, 9), ErrorCode::invalid_txn_state);
  EXPECT_EQ(write(0, 11), ErrorCode::transaction_abortable);
  ASSERT_EQ(add({0, 1}), (Codes{ErrorCode::none, ErrorCode::none}));
  ASSERT_EQ(write(0, 9), ErrorCode::none);
  ASSERT_EQ(write(1, 9), ErrorCode::none);
  EXPECT_EQ(last_stable_offset(0), Offset(0));
  EXPECT_EQ(described().transaction_state, "Ongoing");
  EXPECT_EQ(described().topics.at(0).partitions, (std::vector<std::int32_t>{0, 1}));
  ASSERT_EQ(end(true, 1), ErrorCode::none);
  EXPECT_TRUE(reaches("CompleteCommit"));
  EXPECT_EQ(last_stable_offset(0), Offset(2));
  EXPECT_EQ(write(0, 9), ErrorCode::invalid_txn_state);
  ASSERT_EQ(add({0}), Codes{ErrorCode::none});
  EXPECT_EQ(write(0, 9), ErrorCode::none);
}

TEST_F(TransactionHandlers, version_2_brings_partitions_in_and_raises_the_epoch) {
  ASSERT_EQ(init(), ErrorCode::none);
  for (std::int16_t i = 0; i < 3; ++i) {
    EXPECT_EQ(epoch_, ProducerEpoch(i));
    ASSERT_EQ(write(0, 12), ErrorCode::none);
    ASSERT_EQ(write(0, 12), ErrorCode::none);
    ASSERT_EQ(end(i != 1, 5), ErrorCode::none);
  }
  EXPECT_TRUE(reaches("CompleteCommit"));
  EXPECT_EQ(last_stable_offset(0), Offset(9));
  // Late records of the transaction before.
  epoch_ = ProducerEpoch(2);
  sequence_[0] = 2;
  EXPECT_EQ(write(0, 12), ErrorCode::invalid_producer_epoch);
}

TEST_F(TransactionHandlers, a_new_incarnation_fences_the_one_before) {
  ASSERT_EQ(init(), ErrorCode::none);
  ASSERT_EQ(write(0, 12), ErrorCode::none);
  const auto old = epoch_;
  ASSERT_EQ(init(), ErrorCode::none);
  EXPECT_GT(epoch_, old);
  EXPECT_TRUE(reaches("Empty"));
  EXPECT_EQ(last_stable_offset(0), Offset(2));
  const auto current = epoch_;
  epoch_ = old;
  EXPECT_EQ(write(0, 12), ErrorCode::invalid_producer_epoch);
  EXPECT_EQ(end(true, 4), ErrorCode::producer_fenced);
  EXPECT_EQ(end(true, 1), ErrorCode::invalid_producer_epoch);
  EXPECT_EQ(add({0}), Codes{ErrorCode::producer_fenced});
  epoch_ = current;
  EXPECT_EQ(add({0}), Codes{ErrorCode::none});
}

TEST_F(TransactionHandlers, one_partition_that_is_not_there_keeps_all_out) {
  ASSERT_EQ(init(), ErrorCode::none);
  EXPECT_EQ(add({0, 7}),
            (Codes{ErrorCode::operation_not_attempted, ErrorCode::unknown_topic_or_partition}));
  EXPECT_EQ(described().transaction_state, "Empty");
}

TEST_F(TransactionHandlers, brokers_ask_for_many_transactions_at_once) {
  ASSERT_EQ(init(), ErrorCode::none);
  AddPartitionsToTxnRequest request;
  request.transactions.push_back({"x", id_, epoch_, true, {{"t", {0}}}});
  const auto ask = [&](std::int16_t version) {
    const auto response = call(request, version);
    return response.results_by_transaction.at(0)
        .topic_results.at(0)
        .results_by_partition.at(0)
        .partition_error_code;
  };
  EXPECT_EQ(ask(5), ErrorCode::transaction_abortable);
  EXPECT_EQ(ask(4), ErrorCode::invalid_txn_state);
  request.transactions[0].verify_only = false;
  request.transactions.push_back({"nobody", id_, epoch_, false, {{"t", {0}}}});
  const auto response = call(request);
  ASSERT_EQ(response.results_by_transaction.size(), 2U);
  EXPECT_EQ(response.results_by_transaction[1]
                .topic_results.at(0)
                .results_by_partition.at(0)
                .partition_error_code,
            ErrorCode::invalid_producer_id_mapping);
  request.transactions.pop_back();
  request.transactions[0].verify_only = true;
  EXPECT_EQ(ask(4), ErrorCode::none);
  EXPECT_TRUE(call(AddPartitionsToTxnRequest{}, 5).results_by_transaction.empty());
  EXPECT_TRUE(call(AddPartitionsToTxnRequest{}, 0).results_by_topic_v3_and_below.empty());
}

TEST_F(TransactionHandlers, a_group_comes_in_also_if_it_is_the_first_of_all) {
  ASSERT_EQ(init(), ErrorCode::none);
  AddOffsetsToTxnRequest request;
  request.transactional_id = "x";
  request.producer_id = id_;
  request.producer_epoch = epoch_;
  request.group_id = "g";
  ASSERT_EQ(call(request).error_code, ErrorCode::none);
  EXPECT_EQ(described().topics.at(0).topic, "__consumer_offsets");
  EXPECT_EQ(end(true, 4), ErrorCode::none);
  EXPECT_TRUE(reaches("CompleteCommit"));
  request.producer_epoch = ProducerEpoch(-1);
  EXPECT_EQ(call(request, 1).error_code, ErrorCode::invalid_producer_epoch);
}

TEST_F(TransactionHandlers, what_was_decided_is_carried_out_after_a_power_cut) {
  ASSERT_EQ(init(), ErrorCode::none);
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(write(i % 2, 12), ErrorCode::none);
    ASSERT_EQ(end(i % 3 != 0, 5), ErrorCode::none);
    cut_power_and_restart();
    ASSERT_EQ(find_coordinator(), ErrorCode::none);
    EXPECT_TRUE(reaches(i % 3 != 0 ? "CompleteCommit" : "CompleteAbort"));
    EXPECT_TRUE(is_settled(i % 2));
    // A marker may have been written twice.
    EXPECT_GE(last_stable_offset(i % 2), Offset(2 * (i / 2 + 1)));
  }
}

TEST_F(TransactionHandlers, what_was_open_is_open_after_a_power_cut) {
  ASSERT_EQ(init(), ErrorCode::none);
  ASSERT_EQ(write(0, 12), ErrorCode::none);
  cut_power_and_restart();
  ASSERT_EQ(find_coordinator(), ErrorCode::none);
  EXPECT_TRUE(reaches("Ongoing"));
  EXPECT_EQ(last_stable_offset(0), Offset(0));
  ASSERT_EQ(write(0, 12), ErrorCode::none);
  EXPECT_EQ(end(true, 5), ErrorCode::none);
  EXPECT_TRUE(reaches("CompleteCommit"));
  EXPECT_EQ(last_stable_offset(0), Offset(3));
}

TEST_F(TransactionHandlers, records_of_a_transaction_need_its_name) {
  ASSERT_EQ(init(), ErrorCode::none);
  const auto batch = simulation::batch_of(1, "v", {id_, epoch_, Sequence(0)}, true);
  auto request = simulation::produce_request("t", 0, batch);
  request.transactional_id.reset();
  EXPECT_EQ(call(request, 9).responses.at(0).partition_responses.at(0).error_code,
            ErrorCode::transactional_id_authorization_failed);
  request.transactional_id = "y";
  EXPECT_EQ(call(request, 9).responses.at(0).partition_responses.at(0).error_code,
            ErrorCode::invalid_producer_id_mapping);
}

TEST_F(TransactionHandlers, transactions_are_listed_by_state_producer_age_and_pattern) {
  ASSERT_EQ(init(), ErrorCode::none);
  ASSERT_EQ(write(0, 12), ErrorCode::none);
  const auto listed = [this](ListTransactionsRequest request, std::int16_t version = 2) {
    return call(request, version).transaction_states.size();
  };
  EXPECT_EQ(listed({}), 1U);
  EXPECT_EQ(listed({.state_filters = {"Ongoing", "Empty"}}), 1U);
  EXPECT_EQ(listed({.state_filters = {"Empty"}}), 0U);
  EXPECT_EQ(listed({.producer_id_filters = {id_}}), 1U);
  EXPECT_EQ(listed({.producer_id_filters = {ProducerId(999)}}), 0U);
  EXPECT_EQ(listed({.duration_filter = 3'600'000}), 0U);
  EXPECT_EQ(listed({.duration_filter = 0}), 1U);
  EXPECT_EQ(listed({.transactional_id_pattern = "[wx]+"}), 1U);
  EXPECT_EQ(listed({.transactional_id_pattern = "w.*"}), 0U);
  const auto unknown = call(ListTransactionsRequest{.state_filters = {"Odd"}});
  EXPECT_EQ(unknown.unknown_state_filters, (std::vector<std::string_view>{"Odd"}));
  EXPECT_TRUE(unknown.transaction_states.empty());
  EXPECT_EQ(call(ListTransactionsRequest{.transactional_id_pattern = "("}).error_code,
            ErrorCode::invalid_regular_expression);
}

TEST_F(TransactionHandlers, a_partition_that_is_not_there_does_not_come_in) {
  ASSERT_EQ(init(), ErrorCode::none);
  const auto batch = simulation::batch_of(1, "v", {id_, epoch_, Sequence(0)}, true);
  auto request = simulation::produce_request("t", 7, batch);
  request.transactional_id = "x";
  EXPECT_EQ(call(request, 12).responses.at(0).partition_responses.at(0).error_code,
            ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(described().transaction_state, "Empty");
}

TEST_F(TransactionHandlers, what_nobody_knows_is_not_described) {
  DescribeTransactionsRequest request;
  request.transactional_ids = {"nobody", ""};
  const auto response = call(request);
  EXPECT_EQ(response.transaction_states.at(0).error_code, ErrorCode::transactional_id_not_found);
  EXPECT_EQ(response.transaction_states.at(1).error_code, ErrorCode::invalid_request);
}

}  // namespace
}  // namespace ottla::broker
