#include <limits>
#include <string>
#include <vector>

#include "tests/simulation/sim_disk.h"
#include "tests/unit/handlers/handler_fixture.h"
#include "tests/unit/log/read_committed.h"

// A transaction over two partitions and a group's offsets is committed, and the broker dies at
// every change that it makes on its disk until the last marker is durable: afterwards all of the
// transaction is there, or nothing; and all, if the client was told so.
namespace ottla::broker {
namespace {

using namespace protocol;

class MarkerCrashes : public HandlerFixture {
 protected:
  void SetUp() override {
    config_.transaction_state_log_num_partitions = 1;
    config_.offsets_topic_num_partitions = 1;
    HandlerFixture::SetUp();
    ASSERT_EQ(create_topic("t", 2), ErrorCode::none);
    find_coordinators();
  }

  void find_coordinators() {
    for (const auto type : {CoordinatorType::transaction, CoordinatorType::group}) {
      FindCoordinatorRequest request;
      request.key_type = type;
      request.coordinator_keys = {"x"};
      ASSERT_EQ(call(request).coordinators.at(0).error_code, ErrorCode::none);
    }
  }

  // As clients do: again, while a coordinator is busy or not there yet.
  template <class Ask>
  static ErrorCode until_answered(Ask ask) {
    for (int i = 0; i < 10'000; ++i) {
      const auto error = ask();
      switch (error) {
        case ErrorCode::concurrent_transactions:
        case ErrorCode::coordinator_load_in_progress:
        case ErrorCode::unstable_offset_commit:
          continue;
        default:
          return error;
      }
    }
    return ErrorCode::request_timed_out;
  }

  void init() {
    const auto error = until_answered([&] {
      InitProducerIdRequest request;
      request.transactional_id = "x";
      request.transaction_timeout_ms = 60'000;
      const auto response = call(request);
      id_ = response.producer_id;
      epoch_ = response.producer_epoch;
      return response.error_code;
    });
    ASSERT_EQ(error, ErrorCode::none);
  }

  void write(std::int32_t partition) {
    const auto batch = simulation::batch_of(1, "v", {id_, epoch_, Sequence(0)}, true);
    auto request = simulation::produce_request("t", partition, batch);
    request.transactional_id = "x";
    const auto response = call(request, 12);
    const auto& answer = response.responses.at(0).partition_responses.at(0);
    ASSERT_EQ(answer.error_code, ErrorCode::none);
    written_[partition] = answer.base_offset;
  }

  void commit_offset(std::int64_t offset) {
    TxnOffsetCommitRequest request;
    request.transactional_id = "x";
    request.group_id = "g";
    request.producer_id = id_;
    request.producer_epoch = epoch_;
    request.topics.push_back({"t", {{0, Offset(offset), kNoLeaderEpoch, {}}}});
    const auto error =
        until_answered([&] { return call(request, 5).topics.at(0).partitions.at(0).error_code; });
    ASSERT_EQ(error, ErrorCode::none);
  }

  // Whether the client was told that the transaction is committed.
  bool commit() {
    EndTxnRequest request;
    request.transactional_id = "x";
    request.producer_id = id_;
    request.producer_epoch = epoch_;
    request.committed = true;
    const auto response = client().call(request, 5);
    // The markers follow the answer.
    simulation_.run_for(std::chrono::seconds(1));
    return response && response->error_code == ErrorCode::none;
  }

  // Whether a reader of committed records is handed the record that was written last.
  bool is_read(std::int32_t partition) {
    auto request = simulation::fetch_request("t", partition, written_[partition].value);
    request.isolation_level = IsolationLevel::read_committed;
    const auto response = call(request, 12);
    const auto& fetched = response.responses.at(0).partitions.at(0);
    EXPECT_EQ(fetched.error_code, ErrorCode::none);
    EXPECT_EQ(fetched.last_stable_offset, fetched.high_watermark) << "it has not ended";
    LogRead read{.end_offset = kNoBound};
    for (const auto& each : *fetched.aborted_transactions) {
      read.aborted.push_back({each.producer_id, each.first_offset, kNoOffset, kNoOffset});
    }
    CommittedReader reader;
    reader.on_read(std::string(fetched.records->bytes), read);
    const auto found = reader.handed_out().find(written_[partition].value);
    return found != reader.handed_out().end() && found->second;
  }

  std::int64_t committed_offset() {
    std::int64_t offset = -1;
    const auto error = until_answered([&] {
      OffsetFetchRequest request;
      request.require_stable = true;
      request.groups.push_back({.group_id = "g", .topics = std::nullopt});
      request.groups[0].topics.emplace().push_back({"t", {}, {0}});
      const auto response = call(request, 9);
      const auto& group = response.groups.at(0);
      if (group.error_code != ErrorCode::none) return group.error_code;
      const auto& partition = group.topics.at(0).partitions.at(0);
      offset = partition.committed_offset.value;
      return partition.error_code;
    });
    EXPECT_EQ(error, ErrorCode::none);
    return offset;
  }

  ProducerId id_;
  ProducerEpoch epoch_;
  Offset written_[2];
};

TEST_F(MarkerCrashes, leave_all_of_a_transaction_or_nothing) {
  int committed = 0;
  int lost = 0;
  bool crashed = true;
  std::int64_t offset = 0;
  for (std::uint64_t change = 0; crashed && !HasFailure(); ++change) {
    for (const bool after : {false, true}) {
      SCOPED_TRACE((after ? "after change " : "before change ") + std::to_string(change));
      init();
      write(0);
      write(1);
      commit_offset(++offset);
      if (HasFailure()) return;
      node_.disk().crash_at(change, after);
      const bool told = commit();
      crashed = node_.disk().crashed();
      node_.disk().crash_never();
      cut_power_and_restart();
      // Whatever has not been decided is aborted by the next incarnation.
      init();
      const bool whole = is_read(0);
      EXPECT_EQ(is_read(1), whole);
      EXPECT_EQ(committed_offset() == offset, whole);
      EXPECT_TRUE(whole || !told) << "the client was told that it is committed";
      EXPECT_TRUE(whole || crashed);
      ++(whole ? committed : lost);
    }
  }
  EXPECT_GT(committed, 4) << "few of the crashes came behind the decision";
  EXPECT_GT(lost, 1) << "few of the crashes came before the decision";
}

TEST_F(MarkerCrashes, a_full_disk_at_the_marker_leaves_the_transaction_open) {
  init();
  write(0);
  const ProducerEpoch raised(static_cast<std::int16_t>(epoch_.value + 1));
  WriteTxnMarkersRequest request;
  request.markers.push_back({.producer_id = id_,
                             .producer_epoch = raised,
                             .transaction_result = true,
                             .topics = {{"t", {0}}}});
  const auto outcome = [&] {
    return call(request).markers.at(0).topics.at(0).partitions.at(0).error_code;
  };
  const auto last_stable_offset = [&] {
    const auto response = call(simulation::fetch_request("t", 0, 0), 12);
    return response.responses.at(0).partitions.at(0).last_stable_offset;
  };
  node_.disk().set_capacity(0);
  EXPECT_EQ(outcome(), ErrorCode::kafka_storage_error);
  EXPECT_EQ(last_stable_offset(), written_[0]);
  node_.disk().set_capacity(std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(outcome(), ErrorCode::none);
  EXPECT_EQ(last_stable_offset(), written_[0] + 2);
  EXPECT_TRUE(is_read(0));
}

TEST_F(MarkerCrashes, a_marker_that_finds_no_room_is_written_later) {
  init();
  write(0);
  write(1);
  commit_offset(1);
  node_.disk().inject({.call = simulation::DiskCall::write,
                       .code = ErrorCode::no_space,
                       .times = 1,
                       .path_contains = "/t-0/"});
  EXPECT_TRUE(commit()) << "the decision had room";
  node_.disk().clear_faults();
  simulation_.run_for(std::chrono::seconds(5));
  EXPECT_TRUE(is_read(0));
  EXPECT_TRUE(is_read(1));
  EXPECT_EQ(committed_offset(), 1);
}

}  // namespace
}  // namespace ottla::broker
