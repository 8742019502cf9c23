#include <map>
#include <string>
#include <vector>

#include "broker/transaction/transaction.h"
#include "protocol/record/control_record.h"
#include "protocol/record/record_reader.h"
#include "tests/unit/handlers/handler_fixture.h"

namespace ottla::broker {
namespace {

using namespace protocol;

// A producer that writes to two partitions and commits an offset in one transaction, without
// waiting for any answer, and a broker whose power is cut at any moment of that.
class TransactionCrash : public HandlerFixture {
 protected:
  void SetUp() override {
    config_.transaction_state_log_num_partitions = 1;
    config_.offsets_topic_num_partitions = 1;
    HandlerFixture::SetUp();
    ASSERT_EQ(create_topic("t", 2), ErrorCode::none);
    FindCoordinatorRequest find;
    find.coordinator_keys = {"g"};
    ASSERT_EQ(call(find).coordinators.at(0).error_code, ErrorCode::none);
  }

  // The next incarnation; whatever the one before has left open is ended by then.
  void init() {
    FindCoordinatorRequest find;
    find.key_type = CoordinatorType::transaction;
    find.coordinator_keys = {"x"};
    call(find);
    for (int i = 0; i < 1000; ++i) {
      InitProducerIdRequest request;
      request.transactional_id = "x";
      request.transaction_timeout_ms = 60'000;
      const auto response = call(request);
      if (response.error_code != ErrorCode::none) continue;
      who_ = {response.producer_id, response.producer_epoch};
      return;
    }
    FAIL() << "no producer id";
  }

  void begin(bool commit, std::int64_t offset) {
    auto& connection = client(1);
    for (const std::int32_t partition : {0, 1}) {
      const auto batch = simulation::batch_of(1, "v", {who_.id, who_.epoch, Sequence(0)}, true);
      auto request = simulation::produce_request("t", partition, batch);
      request.transactional_id = "x";
      connection.send(request, 12);
    }
    TxnOffsetCommitRequest offsets;
    offsets.transactional_id = "x";
    offsets.group_id = "g";
    offsets.producer_id = who_.id;
    offsets.producer_epoch = who_.epoch;
    offsets.topics.push_back({"t", {{0, Offset(offset), kNoLeaderEpoch, {}}}});
    connection.send(offsets, 5);
    EndTxnRequest end;
    end.transactional_id = "x";
    end.producer_id = who_.id;
    end.producer_epoch = who_.epoch;
    end.committed = commit;
    connection.send(end, 5);
  }

  // Whether the end was answered within the time.
  bool is_answered_within(base::Duration time) {
    for (int answers = 0; answers < 3; ++answers) {
      const auto began = simulation_.now();
      if (!client(1).receive(time)) return false;
      time -= simulation_.now() - began;
    }
    const auto frame = client(1).receive(time);
    if (!frame) return false;
    const auto body = read_response(*frame, EndTxnRequest::api, 5).value();
    return protocol::decode<EndTxnResponse>(body, 5)->error_code == ErrorCode::none;
  }

  // What the group has committed, once no transaction is open.
  Offset committed_offset() {
    for (int i = 0; i < 1000; ++i) {
      OffsetFetchRequest request;
      request.require_stable = true;
      request.groups.push_back({.group_id = "g", .topics = std::nullopt});
      request.groups[0].topics.emplace().push_back({"t", {}, {0}});
      const auto response = call(request, 9);
      const auto& group = response.groups.at(0);
      if (group.error_code != ErrorCode::none) continue;
      const auto& partition = group.topics.at(0).partitions.at(0);
      if (partition.error_code == ErrorCode::none) return partition.committed_offset;
    }
    ADD_FAILURE() << "the offset stays unstable";
    return kNoOffset;
  }

  enum class Fate { missing, open, committed, aborted };

  // What became of the records that this incarnation wrote to the partition.
  Fate fate(std::int32_t partition, const ProducerIdentity& who) {
    auto fate = Fate::missing;
    std::int64_t offset = 0;
    for (;;) {
      const auto response = call(simulation::fetch_request("t", partition, offset), 12);
      auto bytes = response.responses.at(0).partitions.at(0).records->bytes;
      if (bytes.empty()) return fate;
      while (!bytes.empty()) {
        const auto batch = RecordBatchView::parse(bytes).value();
        bytes.remove_prefix(batch.size_in_bytes());
        offset = batch.last_offset().value + 1;
        if (batch.producer_id() != who.id) continue;
        if (!batch.is_control() && batch.producer_epoch() == who.epoch) fate = Fate::open;
        if (batch.is_control() && fate == Fate::open) fate = end_of(batch);
      }
    }
  }

  static Fate end_of(const RecordBatchView& batch) {
    std::string buffer;
    const auto records = uncompressed_records(batch, 1000, buffer).value();
    RecordReader reader(batch, records);
    RecordView record;
    EXPECT_TRUE(reader.next(record));
    return parse_end_transaction_marker(record)->committed ? Fate::committed : Fate::aborted;
  }

  ProducerIdentity who_;
};

TEST_F(TransactionCrash, a_power_cut_at_any_moment_leaves_all_of_a_transaction_or_nothing) {
  std::map<Fate, int> seen;
  int unheard = 0;  // committed, and nobody was told
  auto committed = kNoOffset;
  init();
  for (int round = 0; round < 200; ++round) {
    const bool commit = round % 4 != 0;
    const auto writer = who_;
    begin(commit, round);
    const auto moment = std::chrono::microseconds(simulation_.random().below(8000));
    const bool answered = is_answered_within(moment);
    cut_power_and_restart();
    init();
    const auto first = fate(0, writer);
    const auto second = fate(1, writer);
    SCOPED_TRACE("round " + std::to_string(round) + " cut after " + std::to_string(moment.count()) +
                 " us");
    ASSERT_NE(first, Fate::open);
    ASSERT_NE(second, Fate::open);
    ASSERT_EQ(first == Fate::committed, second == Fate::committed);
    if (answered) {
      ASSERT_EQ(first, commit ? Fate::committed : Fate::aborted);
    }
    if (!commit) {
      ASSERT_NE(first, Fate::committed);
    }
    if (first == Fate::committed) committed = Offset(round);
    ASSERT_EQ(committed_offset(), committed);
    ++seen[first];
    if (first == Fate::committed && !answered) ++unheard;
  }
  // The moments were of every kind.
  EXPECT_GT(seen[Fate::missing], 0);
  EXPECT_GT(seen[Fate::committed], 0);
  EXPECT_GT(seen[Fate::aborted], 0);
  EXPECT_GT(unheard, 0);
}

}  // namespace
}  // namespace ottla::broker
