#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ottla/embedded_broker.h"
#include "protocol/messages/all.h"
#include "protocol/wire/frame.h"
#include "tests/integration/child_process.h"
#include "tests/integration/raw_client.h"

// A group over real sockets, on real files.
namespace ottla::integration {
namespace {

using namespace protocol;

constexpr std::string_view kGroup = "readers";
// The first generation has one member alone.
constexpr GenerationId kGeneration{2};

class GroupOverSockets : public testing::Test {
 protected:
  void SetUp() override { start({{.name = "lines", .partitions = 2}}); }

  void start(std::vector<EmbeddedTopic> topics = {}) {
    broker_.reset();
    auto started = EmbeddedBroker::start({.topics = std::move(topics),
                                          .data_directory = data_.path(),
                                          .properties = {},
                                          .log_sink = {}});
    ASSERT_TRUE(started.has_value()) << started.error();
    broker_ = std::make_unique<EmbeddedBroker>(std::move(*started));
    clients_.clear();
    for (int i = 0; i < 3; ++i) clients_.push_back(std::make_unique<RawClient>(broker_->address()));
  }

  template <class M>
  void send(std::size_t client, const M& message, std::int16_t version) {
    const auto frame = encode_request(message, version, 7, "test");
    EXPECT_TRUE(clients_[client]->send(std::string(frame.value().bytes.view())));
  }

  // Borrows from `answers_`.
  template <class M>
  typename M::Response receive(std::size_t client, std::int16_t version) {
    answers_[client] = clients_[client]->receive_frame();
    const auto body = read_response(answers_[client], M::api, version);
    EXPECT_TRUE(body) << body.error();
    auto response = decode<typename M::Response>(body.value_or(BytesView()), version);
    EXPECT_TRUE(response) << response.error();
    return response ? *std::move(response) : typename M::Response();
  }

  template <class M>
  typename M::Response call(const M& message, std::int16_t version = M::api.max) {
    send(0, message, version);
    return receive<M>(0, version);
  }

  void find_coordinator() {
    FindCoordinatorRequest request;
    request.coordinator_keys = {kGroup};
    EXPECT_EQ(call(request).coordinators.at(0).error_code, ErrorCode::none);
  }

  static JoinGroupRequest join_request(std::string_view member_id) {
    JoinGroupRequest join;
    join.group_id = kGroup;
    join.session_timeout_ms = 30'000;
    join.member_id = member_id;
    join.protocol_type = "consumer";
    join.protocols.push_back({"range", {"what I read"}});
    return join;
  }

  std::string state() {
    DescribeGroupsRequest request;
    request.groups = {kGroup};
    send(2, request, 5);
    return std::string(receive<DescribeGroupsRequest>(2, 5).groups.at(0).group_state);
  }

  // Both clients in one generation; the first one leads.
  void join_and_sync() {
    constexpr std::int16_t kVersion = 3;
    send(0, join_request(""), kVersion);
    ids_.emplace_back(receive<JoinGroupRequest>(0, kVersion).member_id);
    send(1, join_request(""), kVersion);
    while (state() != "PreparingRebalance") {
    }
    send(0, join_request(ids_[0]), kVersion);
    ASSERT_EQ(receive<JoinGroupRequest>(0, kVersion).generation_id, kGeneration);
    const auto joined = receive<JoinGroupRequest>(1, kVersion);
    ASSERT_EQ(joined.error_code, ErrorCode::none);
    ASSERT_EQ(joined.generation_id, kGeneration);
    ASSERT_EQ(joined.leader, ids_[0]);
    ids_.emplace_back(joined.member_id);
    for (std::size_t i = 0; i < 2; ++i) {
      SyncGroupRequest sync;
      sync.group_id = kGroup;
      sync.generation_id = kGeneration;
      sync.member_id = ids_[i];
      for (const auto& id : ids_) {
        if (i == 0) sync.assignments.push_back({id, {id}});
      }
      send(i, sync, kVersion);
    }
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_EQ(receive<SyncGroupRequest>(i, kVersion).assignment.view, ids_[i]);
    }
  }

  ErrorCode commit(const std::string& member_id, std::int64_t offset) {
    OffsetCommitRequest request;
    request.group_id = kGroup;
    request.generation_id_or_member_epoch = kGeneration;
    request.member_id = member_id;
    request.topics.push_back({"lines", {}, {{1, Offset(offset), kNoLeaderEpoch, "m"}}});
    return call(request, 9).topics.at(0).partitions.at(0).error_code;
  }

  void expect_kept() {
    OffsetFetchRequest fetch;
    fetch.groups.push_back({.group_id = kGroup, .topics = std::nullopt});
    auto fetched = call(fetch, 9);
    while (fetched.groups.at(0).error_code == ErrorCode::coordinator_load_in_progress) {
      fetched = call(fetch, 9);
    }
    const auto& topics = fetched.groups.at(0).topics;
    ASSERT_EQ(topics.size(), 1U);
    EXPECT_EQ(topics[0].partitions.at(0).committed_offset, Offset(41));
    EXPECT_EQ(topics[0].partitions.at(0).metadata, "m");
    DescribeGroupsRequest describe;
    describe.groups = {kGroup};
    const auto described = call(describe);
    EXPECT_EQ(described.groups.at(0).group_state, "Stable");
    ASSERT_EQ(described.groups.at(0).members.size(), 2U);
    for (const auto& member : described.groups[0].members) {
      EXPECT_EQ(member.member_assignment.view, member.member_id);
      EXPECT_EQ(member.member_metadata.view, "what I read");
    }
  }

  TemporaryDirectory data_;
  std::unique_ptr<EmbeddedBroker> broker_;
  std::vector<std::unique_ptr<RawClient>> clients_;
  std::map<std::size_t, std::string> answers_;
  std::vector<std::string> ids_;
};

TEST_F(GroupOverSockets, is_the_same_after_the_broker_was_started_again) {
  find_coordinator();
  join_and_sync();
  EXPECT_EQ(commit(ids_[0], 41), ErrorCode::none);
  EXPECT_EQ(commit("somebody else", 42), ErrorCode::unknown_member_id);
  expect_kept();
  start();
  find_coordinator();
  expect_kept();
  HeartbeatRequest heartbeat;
  heartbeat.group_id = kGroup;
  heartbeat.generation_id = kGeneration;
  heartbeat.member_id = ids_[1];
  EXPECT_EQ(call(heartbeat).error_code, ErrorCode::none);
}

TEST_F(GroupOverSockets, goes_on_when_a_client_hangs_up_while_it_waits) {
  find_coordinator();
  join_and_sync();
  // Waits for the others to join again, and is gone.
  auto join = join_request(ids_[1]);
  join.rebalance_timeout_ms = 1'000;
  join.protocols[0].metadata.view = "something else";
  send(1, join, 3);
  clients_[1].reset();
  HeartbeatRequest heartbeat;
  heartbeat.group_id = kGroup;
  heartbeat.generation_id = kGeneration;
  heartbeat.member_id = ids_[0];
  while (call(heartbeat).error_code != ErrorCode::rebalance_in_progress) {
  }
  join.member_id = ids_[0];
  const auto joined = call(join, 3);
  EXPECT_EQ(joined.error_code, ErrorCode::none);
  EXPECT_EQ(joined.generation_id, kGeneration + 1);
  // The broker has not lost the join of the one that is gone: its member is there.
  EXPECT_EQ(joined.members.size(), 2U);
}

}  // namespace
}  // namespace ottla::integration
