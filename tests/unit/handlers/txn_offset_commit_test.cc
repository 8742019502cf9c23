#include <string>
#include <vector>

#include "broker/group/offsets_log.h"
#include "tests/unit/handlers/handler_fixture.h"

namespace ottla::broker {
namespace {

using namespace protocol;

class TxnOffsetCommitHandler : public HandlerFixture {
 protected:
  void SetUp() override {
    config_.offsets_topic_num_partitions = 1;
    // The producer has no transaction but what it says itself.
    config_.transaction_partition_verification_enable = false;
    HandlerFixture::SetUp();
    ASSERT_EQ(create_topic("t", 2), ErrorCode::none);
    FindCoordinatorRequest request;
    request.coordinator_keys = {"g"};
    ASSERT_EQ(call(request).coordinators.at(0).error_code, ErrorCode::none);
    wait_until_loaded();
  }

  void wait_until_loaded() {
    for (int i = 0; i < 1000; ++i) {
      if (fetch(false).error_code != ErrorCode::coordinator_load_in_progress) return;
    }
    FAIL() << "still loading";
  }

  static TxnOffsetCommitRequest commit_request(std::int64_t offset, std::int16_t epoch = 0) {
    TxnOffsetCommitRequest request;
    request.transactional_id = "id";
    request.group_id = "g";
    request.producer_id = ProducerId(7);
    request.producer_epoch = ProducerEpoch(epoch);
    request.topics.push_back({"t", {{0, Offset(offset), LeaderEpoch(4), "here"}}});
    return request;
  }

  std::vector<ErrorCode> commit(const TxnOffsetCommitRequest& request, std::int16_t version = 3) {
    std::vector<ErrorCode> all;
    const auto response = call(request, version);
    for (const auto& topic : response.topics) {
      for (const auto& partition : topic.partitions) all.push_back(partition.error_code);
    }
    return all;
  }

  ErrorCode end(bool commit, std::int16_t epoch = 0) {
    WriteTxnMarkersRequest request;
    request.markers.push_back({.producer_id = ProducerId(7),
                               .producer_epoch = ProducerEpoch(epoch),
                               .transaction_result = commit,
                               .topics = {{kOffsetsTopic, {0}}}});
    return call(request).markers.at(0).topics.at(0).partitions.at(0).error_code;
  }

  OffsetFetchResponse::Group fetch(bool stable, bool all = false) {
    OffsetFetchRequest request;
    request.require_stable = stable;
    request.groups.push_back({.group_id = "g", .topics = std::nullopt});
    if (!all) request.groups[0].topics.emplace().push_back({"t", {}, {0}});
    const auto response = call(request, 9);
    return response.groups.empty() ? OffsetFetchResponse::Group() : response.groups[0];
  }

  OffsetFetchResponse::Partition fetched(bool stable, bool all = false) {
    const auto group = fetch(stable, all);
    EXPECT_EQ(group.error_code, ErrorCode::none);
    return group.topics.empty() ? OffsetFetchResponse::Partition()
                                : group.topics[0].partitions.at(0);
  }
};

using Codes = std::vector<ErrorCode>;

TEST_F(TxnOffsetCommitHandler, offsets_count_when_the_transaction_is_committed) {
  ASSERT_EQ(commit(commit_request(5)), Codes{ErrorCode::none});
  EXPECT_EQ(fetched(false).committed_offset, kNoOffset);
  EXPECT_EQ(fetched(true).error_code, ErrorCode::unstable_offset_commit);
  EXPECT_TRUE(fetch(true, true).topics.empty()) << "nothing has been committed before";
  ASSERT_EQ(end(true), ErrorCode::none);
  const auto found = fetched(true);
  EXPECT_EQ(found.error_code, ErrorCode::none);
  EXPECT_EQ(found.committed_offset, Offset(5));
  EXPECT_EQ(found.committed_leader_epoch, LeaderEpoch(4));
  EXPECT_EQ(found.metadata, "here");
  ASSERT_EQ(commit(commit_request(9)), Codes{ErrorCode::none});
  EXPECT_EQ(fetched(true, true).error_code, ErrorCode::unstable_offset_commit);
  EXPECT_EQ(fetched(true, true).committed_offset, kNoOffset);
  EXPECT_EQ(fetched(false, true).committed_offset, Offset(5));
  ASSERT_EQ(end(false), ErrorCode::none);
  EXPECT_EQ(fetched(true, true).committed_offset, Offset(5));
}

TEST_F(TxnOffsetCommitHandler, what_was_answered_outlasts_a_power_cut) {
  ASSERT_EQ(commit(commit_request(5)), Codes{ErrorCode::none});
  cut_power_and_restart();
  wait_until_loaded();
  EXPECT_EQ(fetched(true).error_code, ErrorCode::unstable_offset_commit);
  ASSERT_EQ(end(true), ErrorCode::none);
  cut_power_and_restart();
  wait_until_loaded();
  EXPECT_EQ(fetched(true).committed_offset, Offset(5));
}

TEST_F(TxnOffsetCommitHandler, refuses_what_is_not_there) {
  auto request = commit_request(5);
  request.topics.push_back({"t", {{7, Offset(1), kNoLeaderEpoch, {}}}});
  request.topics.push_back({"u", {{0, Offset(1), kNoLeaderEpoch, {}}}});
  const std::string too_long(5000, 'x');
  request.topics.push_back({"t", {{1, Offset(1), kNoLeaderEpoch, too_long}}});
  EXPECT_EQ(commit(request),
            (Codes{ErrorCode::none, ErrorCode::unknown_topic_or_partition,
                   ErrorCode::unknown_topic_or_partition, ErrorCode::offset_metadata_too_large}));
  request.group_id = "";
  EXPECT_EQ(commit(request), Codes(4, ErrorCode::invalid_group_id));
  EXPECT_TRUE(commit({}, 0).empty());
}

TEST_F(TxnOffsetCommitHandler, refuses_a_producer_that_was_replaced_and_members_of_nothing) {
  ASSERT_EQ(commit(commit_request(5, 3)), Codes{ErrorCode::none});
  EXPECT_EQ(commit(commit_request(6, 2)), Codes{ErrorCode::invalid_producer_epoch});
  EXPECT_EQ(end(true, 2), ErrorCode::invalid_producer_epoch);
  ASSERT_EQ(end(true, 3), ErrorCode::none);
  EXPECT_EQ(fetched(true).committed_offset, Offset(5));
  auto of_member = commit_request(8, 3);
  of_member.member_id = "m";
  of_member.generation_id = GenerationId(1);
  EXPECT_EQ(commit(of_member), Codes{ErrorCode::unknown_member_id});
  of_member.group_id = "new";
  EXPECT_EQ(commit(of_member), Codes{ErrorCode::illegal_generation});
}

}  // namespace
}  // namespace ottla::broker
