#include <algorithm>

#include "broker/group/offsets_log.h"
#include "protocol/group/consumer_protocol.h"
#include "protocol/group/group_records.h"
#include "tests/unit/handlers/handler_fixture.h"

namespace ottla::broker {
namespace {

using namespace protocol;

class GroupHandlers : public HandlerFixture {
 protected:
  void SetUp() override {
    config_.offsets_topic_num_partitions = 3;
    HandlerFixture::SetUp();
  }

  ErrorCode find_coordinator(std::string_view group) {
    FindCoordinatorRequest request;
    request.coordinator_keys = {group};
    const auto response = call(request);
    EXPECT_EQ(response.coordinators.size(), 1U);
    return response.coordinators.empty() ? ErrorCode::unknown_server_error
                                         : response.coordinators[0].error_code;
  }

  // Until the coordinator has read its partitions.
  void wait_until_loaded(std::string_view group) {
    ASSERT_EQ(find_coordinator(group), ErrorCode::none);
    for (int i = 0; i < 1000; ++i) {
      if (fetch(group).error_code != ErrorCode::coordinator_load_in_progress) return;
    }
    FAIL() << "still loading";
  }

  JoinGroupRequest join_request(std::string_view group, std::string_view member_id) {
    JoinGroupRequest request;
    request.group_id = group;
    request.session_timeout_ms = 10'000;
    request.rebalance_timeout_ms = 20'000;
    request.member_id = member_id;
    request.protocol_type = "consumer";
    request.protocols.push_back({"range", {subscription_}});
    return request;
  }

  // Joins as the only member and takes all the work: the member id.
  std::string join_alone(std::string_view group, const std::string& work = "work") {
    const std::string id(call(join_request(group, "")).member_id);
    const auto joined = call(join_request(group, id));
    EXPECT_EQ(joined.error_code, ErrorCode::none);
    EXPECT_EQ(joined.leader, id);
    generation_ = joined.generation_id;
    SyncGroupRequest sync;
    sync.group_id = group;
    sync.generation_id = generation_;
    sync.member_id = id;
    sync.protocol_type = "consumer";
    sync.protocol_name = "range";
    sync.assignments.push_back({id, {work}});
    const auto synced = call(sync);
    EXPECT_EQ(synced.error_code, ErrorCode::none);
    EXPECT_EQ(synced.assignment.view, work);
    return id;
  }

  ErrorCode heartbeat(std::string_view group, std::string_view member_id) {
    HeartbeatRequest request;
    request.group_id = group;
    request.generation_id = generation_;
    request.member_id = member_id;
    return call(request).error_code;
  }

  OffsetCommitRequest commit_request(std::string_view group, std::string_view topic,
                                     std::int64_t offset, std::int32_t partition = 0) {
    OffsetCommitRequest request;
    request.group_id = group;
    request.topics.push_back({topic, {}, {{partition, Offset(offset), LeaderEpoch(4), "here"}}});
    return request;
  }

  ErrorCode commit(std::string_view group, std::string_view topic, std::int64_t offset,
                   std::int32_t partition = 0) {
    const auto response = call(commit_request(group, topic, offset, partition), 9);
    return response.topics.empty() ? ErrorCode::unknown_server_error
                                   : response.topics[0].partitions[0].error_code;
  }

  // Everything that a group has committed.
  OffsetFetchResponse::Group fetch(std::string_view group) {
    OffsetFetchRequest request;
    request.groups.push_back({.group_id = group, .topics = std::nullopt});
    const auto response = call(request, 9);
    return response.groups.empty() ? OffsetFetchResponse::Group() : response.groups[0];
  }

  std::int64_t committed(std::string_view group, std::string_view topic,
                         std::int32_t partition = 0) {
    for (const auto& found : fetch(group).topics) {
      if (found.name != topic) continue;
      for (const auto& one : found.partitions) {
        if (one.partition_index == partition) return one.committed_offset.value;
      }
    }
    return -1;
  }

  DescribeGroupsResponse::Group describe(std::string_view group,
                                         std::int16_t version = DescribeGroupsRequest::api.max) {
    DescribeGroupsRequest request;
    request.groups = {group};
    const auto response = call(request, version);
    return response.groups.empty() ? DescribeGroupsResponse::Group() : response.groups[0];
  }

  std::vector<std::string> list(std::vector<std::string_view> states = {},
                                std::vector<std::string_view> types = {}) {
    ListGroupsRequest request;
    request.states_filter = std::move(states);
    request.types_filter = std::move(types);
    const auto response = call(request);
    EXPECT_EQ(response.error_code, ErrorCode::none);
    std::vector<std::string> ids;
    for (const auto& group : response.groups) ids.emplace_back(group.group_id);
    std::sort(ids.begin(), ids.end());
    return ids;
  }

  const std::string subscription_ = [] {
    ConsumerProtocolSubscription subscription;
    subscription.topics = {"t"};
    return encode(subscription).value();
  }();
  GenerationId generation_ = kNoGeneration;
};

TEST_F(GroupHandlers, the_first_look_for_a_coordinator_makes_the_offsets_topic) {
  EXPECT_EQ(heartbeat("g", "m"), ErrorCode::not_coordinator);
  FindCoordinatorRequest request;
  request.coordinator_keys = {"g", "h"};
  const auto response = call(request);
  ASSERT_EQ(response.coordinators.size(), 2U);
  for (const auto& found : response.coordinators) {
    EXPECT_EQ(found.error_code, ErrorCode::none);
    EXPECT_EQ(found.node_id, BrokerId(1));
    EXPECT_EQ(found.host, "broker");
    EXPECT_EQ(found.port, kPort);
  }
  const auto old = call(FindCoordinatorRequest{.key = "g"}, 0);
  EXPECT_EQ(old.error_code, ErrorCode::none);
  EXPECT_EQ(old.node_id, BrokerId(1));

  MetadataRequest metadata;
  metadata.topics.emplace().push_back({.topic_id = {}, .name = kOffsetsTopic});
  const auto topics = call(metadata).topics;
  ASSERT_EQ(topics.size(), 1U);
  EXPECT_TRUE(topics[0].is_internal);
  EXPECT_EQ(topics[0].partitions.size(), 3U);
  DescribeConfigsRequest configs;
  configs.resources.push_back({protocol::ConfigResourceType::topic, kOffsetsTopic, std::nullopt});
  std::map<std::string, std::string> settings;
  const auto described = call(configs);
  for (const auto& config : described.results.at(0).configs) {
    settings[std::string(config.name)] = config.value.value_or("");
  }
  EXPECT_EQ(settings["cleanup.policy"], "compact");
  EXPECT_EQ(settings["segment.bytes"], "104857600");
  EXPECT_EQ(settings["compression.type"], "producer");
}

TEST_F(GroupHandlers, other_coordinators_are_not_there) {
  FindCoordinatorRequest request{.key_type = CoordinatorType::share};
  request.coordinator_keys = {"g:t:0"};
  EXPECT_EQ(call(request).coordinators.at(0).error_code, ErrorCode::coordinator_not_available);
  request.key_type = static_cast<CoordinatorType>(9);
  EXPECT_EQ(call(request).coordinators.at(0).error_code, ErrorCode::invalid_request);
}

TEST_F(GroupHandlers, clients_cannot_write_into_what_coordinators_rely_on) {
  ASSERT_EQ(find_coordinator("g"), ErrorCode::none);
  const auto batch = simulation::batch_of(1, "garbage");
  const auto response = call(simulation::produce_request(kOffsetsTopic, 0, batch), 9);
  EXPECT_EQ(response.responses.at(0).partition_responses.at(0).error_code,
            ErrorCode::invalid_topic_exception);
}

TEST_F(GroupHandlers, a_member_joins_syncs_lives_commits_and_leaves) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  wait_until_loaded("g");
  const auto id = join_alone("g");
  EXPECT_EQ(heartbeat("g", id), ErrorCode::none);
  auto request = commit_request("g", "t", 42);
  request.generation_id_or_member_epoch = generation_;
  request.member_id = id;
  EXPECT_EQ(call(request, 9).topics[0].partitions[0].error_code, ErrorCode::none);
  EXPECT_EQ(commit("g", "t", 1), ErrorCode::unknown_member_id);
  EXPECT_EQ(committed("g", "t"), 42);

  const auto described = describe("g");
  EXPECT_EQ(described.group_state, "Stable");
  EXPECT_EQ(described.protocol_type, "consumer");
  EXPECT_EQ(described.protocol_data, "range");
  ASSERT_EQ(described.members.size(), 1U);
  EXPECT_EQ(described.members[0].client_id, "test");
  EXPECT_TRUE(described.members[0].client_host.starts_with("/"));
  EXPECT_EQ(described.members[0].member_assignment.view, "work");
  EXPECT_EQ(list(), std::vector<std::string>{"g"});
  EXPECT_EQ(list({"sTable"}), std::vector<std::string>{"g"});
  EXPECT_TRUE(list({"Empty"}).empty());
  EXPECT_TRUE(list({}, {"consumer"}).empty());
  EXPECT_EQ(list({}, {"Classic"}), std::vector<std::string>{"g"});

  LeaveGroupRequest leave;
  leave.group_id = "g";
  leave.members.push_back({.member_id = id});
  leave.members.push_back({.member_id = "nobody"});
  const auto left = call(leave);
  ASSERT_EQ(left.members.size(), 2U);
  EXPECT_EQ(left.members[0].error_code, ErrorCode::none);
  EXPECT_EQ(left.members[1].error_code, ErrorCode::unknown_member_id);
  EXPECT_EQ(describe("g").group_state, "Empty");
  EXPECT_EQ(call(LeaveGroupRequest{.group_id = "g", .member_id = "nobody"}, 2).error_code,
            ErrorCode::unknown_member_id);
}

TEST_F(GroupHandlers, members_on_several_connections_share_a_generation) {
  config_.group_initial_rebalance_delay_ms = 500;
  restart();
  wait_until_loaded("g");
  for (std::size_t i = 0; i < 3; ++i) client(i).send(join_request("g", ""), 3);
  std::set<std::string> ids;
  std::string leader;
  std::size_t told_all = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto frame = client(i).receive();
    ASSERT_TRUE(frame);
    const auto body = read_response(*frame, JoinGroupRequest::api, 3).value();
    const auto joined = decode<JoinGroupResponse>(body, 3).value();
    EXPECT_EQ(joined.error_code, ErrorCode::none);
    EXPECT_EQ(joined.generation_id, GenerationId(1));
    ids.emplace(joined.member_id);
    leader = joined.leader;
    told_all += joined.members.size();
  }
  EXPECT_EQ(ids.size(), 3U);
  EXPECT_TRUE(ids.contains(leader));
  EXPECT_EQ(told_all, 3U);
}

// A large one is beyond the budget, and only one at a time may be.
TEST_F(GroupHandlers, a_member_that_waits_for_others_keeps_no_large_request_out) {
  config_.group_initial_rebalance_delay_ms = 5000;
  config_.queued_max_request_bytes = 64 << 10;
  restart();
  wait_until_loaded("g");
  const std::string large(200 << 10, 'x');
  auto join = join_request("g", "");
  join.protocols[0].metadata.view = large;
  client(0).send(join, 3);
  simulation_.run_for(std::chrono::milliseconds(500));
  join.group_id = "";
  client(1).send(join, 3);
  EXPECT_TRUE(client(1).receive(std::chrono::seconds(1)));
  EXPECT_FALSE(client(0).receive(std::chrono::milliseconds(1)));
  EXPECT_TRUE(client(0).receive(std::chrono::seconds(10)));
}

TEST_F(GroupHandlers, requests_that_make_no_sense_have_kafkas_errors) {
  wait_until_loaded("g");
  EXPECT_EQ(call(join_request("", "")).error_code, ErrorCode::invalid_group_id);
  auto hasty = join_request("g", "");
  hasty.session_timeout_ms = 5;
  EXPECT_EQ(call(hasty).error_code, ErrorCode::invalid_session_timeout);
  hasty.session_timeout_ms = std::numeric_limits<std::int32_t>::max();
  EXPECT_EQ(call(hasty).error_code, ErrorCode::invalid_session_timeout);
  EXPECT_EQ(call(join_request("g", "made-up")).error_code, ErrorCode::unknown_member_id);
  const std::string endless(40'000, 'x');
  EXPECT_EQ(call(join_request(endless, "")).error_code, ErrorCode::invalid_group_id);
  auto lengthy = join_request("g", "");
  lengthy.group_instance_id = endless;
  EXPECT_EQ(call(lengthy).error_code, ErrorCode::invalid_request);
  auto nothing = join_request("g", "");
  nothing.protocols.clear();
  for (std::int16_t version = 0; version <= JoinGroupRequest::api.max; ++version) {
    EXPECT_EQ(call(nothing, version).error_code, ErrorCode::inconsistent_group_protocol);
  }
  EXPECT_EQ(call(SyncGroupRequest{.group_id = "g"}).error_code,
            ErrorCode::inconsistent_group_protocol);
  EXPECT_EQ(call(SyncGroupRequest{.group_id = "none"}, 4).error_code, ErrorCode::unknown_member_id);
  EXPECT_EQ(call(HeartbeatRequest{.group_id = "none"}).error_code, ErrorCode::unknown_member_id);
  EXPECT_EQ(call(HeartbeatRequest{}).error_code, ErrorCode::invalid_group_id);
  EXPECT_EQ(call(LeaveGroupRequest{}).error_code, ErrorCode::invalid_group_id);
}

TEST_F(GroupHandlers, commits_are_refused_partition_by_partition) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  wait_until_loaded("g");
  const std::string large(config_.offset_metadata_max_bytes + 1, 'x');
  OffsetCommitRequest request;
  request.group_id = "g";
  request.topics.push_back({"t", {}, {{0, Offset(7), kNoLeaderEpoch, std::nullopt}}});
  request.topics[0].partitions.push_back({1, Offset(7), kNoLeaderEpoch, ""});
  request.topics.push_back({"nothing", {}, {{0, Offset(7), kNoLeaderEpoch, ""}}});
  request.topics.push_back({"t", {}, {{0, Offset(8), kNoLeaderEpoch, large}}});
  const auto response = call(request, 9);
  ASSERT_EQ(response.topics.size(), 3U);
  EXPECT_EQ(response.topics[0].partitions[0].error_code, ErrorCode::none);
  EXPECT_EQ(response.topics[0].partitions[1].error_code, ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(response.topics[1].partitions[0].error_code, ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(response.topics[2].partitions[0].error_code, ErrorCode::offset_metadata_too_large);
  EXPECT_EQ(committed("g", "t"), 7);
  request.generation_id_or_member_epoch = GenerationId(3);
  request.group_id = "unknown";
  EXPECT_EQ(call(request, 9).topics[0].partitions[0].error_code, ErrorCode::group_id_not_found);
  EXPECT_EQ(call(request, 8).topics[0].partitions[0].error_code, ErrorCode::illegal_generation);
}

TEST_F(GroupHandlers, offsets_travel_by_topic_id) {
  ASSERT_EQ(create_topic("t", 2), ErrorCode::none);
  wait_until_loaded("g");
  const auto id = topic_id("t");
  auto request = commit_request("g", "", 5, 1);
  request.topics[0].topic_id = id;
  request.topics.push_back({"", Uuid{9, 9}, {{0, Offset(1), kNoLeaderEpoch, ""}}});
  const auto response = call(request, 10);
  EXPECT_EQ(response.topics[0].topic_id, id);
  EXPECT_EQ(response.topics[0].partitions[0].error_code, ErrorCode::none);
  EXPECT_EQ(response.topics[1].partitions[0].error_code, ErrorCode::unknown_topic_id);

  OffsetFetchRequest fetch;
  auto& asked = fetch.groups.emplace_back();
  asked.group_id = "g";
  asked.topics.emplace();
  asked.topics->push_back({"", id, {0, 1}});
  asked.topics->push_back({"", Uuid{9, 9}, {0}});
  const auto fetched = call(fetch, 10);
  const auto& topics = fetched.groups.at(0).topics;
  ASSERT_EQ(topics.size(), 2U);
  EXPECT_EQ(topics[0].partitions[0].committed_offset, kNoOffset);
  EXPECT_EQ(topics[0].partitions[1].committed_offset, Offset(5));
  EXPECT_EQ(topics[0].partitions[1].committed_leader_epoch, LeaderEpoch(4));
  EXPECT_EQ(topics[0].partitions[1].metadata, "here");
  EXPECT_EQ(topics[1].partitions[0].error_code, ErrorCode::unknown_topic_id);
}

TEST_F(GroupHandlers, every_version_of_commit_and_fetch_is_served) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  wait_until_loaded("g");
  for (std::int16_t version = 2; version <= 9; ++version) {
    EXPECT_EQ(call(commit_request("g", "t", version), version).topics[0].partitions[0].error_code,
              ErrorCode::none);
    EXPECT_EQ(committed("g", "t"), version);
  }
  for (std::int16_t version = 1; version <= 7; ++version) {
    OffsetFetchRequest request{.group_id = "g"};
    request.topics.emplace().push_back({"t", {}, {0, 1}});
    const auto response = call(request, version);
    ASSERT_EQ(response.topics.size(), 1U);
    EXPECT_EQ(response.topics[0].partitions[0].committed_offset, Offset(9));
    EXPECT_EQ(response.topics[0].partitions[1].committed_offset, kNoOffset);
    if (version < 2) continue;
    request.topics.reset();
    EXPECT_EQ(call(request, version).topics.size(), 1U);
  }
}

TEST_F(GroupHandlers, what_is_committed_survives_a_power_cut) {
  ASSERT_EQ(create_topic("t", 2), ErrorCode::none);
  wait_until_loaded("g");
  const auto id = join_alone("members", "some work");
  for (int i = 0; i <= 20; ++i) ASSERT_EQ(commit("g", "t", i, i % 2), ErrorCode::none);
  ASSERT_EQ(commit("gone", "t", 1), ErrorCode::none);
  DeleteGroupsRequest deletion;
  deletion.groups_names = {"gone", "members", "never"};
  const auto deleted = call(deletion);
  EXPECT_EQ(deleted.results[0].error_code, ErrorCode::none);
  EXPECT_EQ(deleted.results[1].error_code, ErrorCode::non_empty_group);
  EXPECT_EQ(deleted.results[2].error_code, ErrorCode::group_id_not_found);

  cut_power_and_restart();
  wait_until_loaded("g");
  wait_until_loaded("members");
  wait_until_loaded("gone");
  EXPECT_EQ(committed("g", "t", 0), 20);
  EXPECT_EQ(committed("g", "t", 1), 19);
  EXPECT_EQ(committed("gone", "t"), -1);
  EXPECT_EQ(list(), (std::vector<std::string>{"g", "members"}));
  const auto described = describe("members");
  EXPECT_EQ(described.group_state, "Stable");
  ASSERT_EQ(described.members.size(), 1U);
  EXPECT_EQ(described.members[0].member_id, id);
  EXPECT_EQ(described.members[0].member_assignment.view, "some work");
  EXPECT_EQ(heartbeat("members", id), ErrorCode::none);

  restart();
  wait_until_loaded("g");
  EXPECT_EQ(committed("g", "t", 0), 20);
}

TEST_F(GroupHandlers, groups_and_offsets_are_deleted_only_when_nobody_uses_them) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  ASSERT_EQ(create_topic("u"), ErrorCode::none);
  wait_until_loaded("g");
  ASSERT_EQ(commit("g", "t", 1), ErrorCode::none);
  ASSERT_EQ(commit("g", "u", 1), ErrorCode::none);
  join_alone("g");
  OffsetDeleteRequest request;
  request.group_id = "g";
  for (const std::string_view topic : {"t", "u", "nothing"}) {
    request.topics.push_back({topic, {{0}}});
  }
  const auto response = call(request);
  EXPECT_EQ(response.error_code, ErrorCode::none);
  ASSERT_EQ(response.topics.size(), 3U);
  EXPECT_EQ(response.topics[0].partitions[0].error_code, ErrorCode::group_subscribed_to_topic);
  EXPECT_EQ(response.topics[1].partitions[0].error_code, ErrorCode::none);
  EXPECT_EQ(response.topics[2].partitions[0].error_code, ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(committed("g", "t"), 1);
  EXPECT_EQ(committed("g", "u"), -1);
  request.group_id = "nobody";
  EXPECT_EQ(call(request).error_code, ErrorCode::group_id_not_found);
}

TEST_F(GroupHandlers, offsets_of_a_deleted_topic_are_forgotten) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  wait_until_loaded("g");
  ASSERT_EQ(commit("g", "t", 9), ErrorCode::none);
  DeleteTopicsRequest request;
  request.timeout_ms = 5000;
  request.topics.push_back({"t", {}});
  EXPECT_EQ(call(request).responses.at(0).error_code, ErrorCode::none);
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  ASSERT_TRUE(run_until([&] { return committed("g", "t") == -1; }));
  cut_power_and_restart();
  wait_until_loaded("g");
  EXPECT_EQ(committed("g", "t"), -1);
}

TEST_F(GroupHandlers, an_unused_group_expires_with_its_offsets) {
  config_.offsets_retention_minutes = 1;
  config_.offsets_retention_check_interval_ms = 10'000;
  restart();
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  wait_until_loaded("g");
  ASSERT_EQ(commit("g", "t", 9), ErrorCode::none);
  simulation_.run_for(std::chrono::seconds(40));
  EXPECT_EQ(committed("g", "t"), 9);
  simulation_.run_for(std::chrono::seconds(40));
  EXPECT_EQ(committed("g", "t"), -1);
  EXPECT_TRUE(list().empty());
}

TEST_F(GroupHandlers, describing_what_is_not_there_depends_on_the_version) {
  wait_until_loaded("g");
  EXPECT_EQ(describe("g", 5).group_state, "Dead");
  EXPECT_EQ(describe("g", 5).error_code, ErrorCode::none);
  EXPECT_EQ(describe("g", 6).error_code, ErrorCode::group_id_not_found);
}

TEST_F(GroupHandlers, who_waits_to_join_hears_of_the_shutdown) {
  wait_until_loaded("g");
  const auto id = join_alone("g");
  // Waits for the first member, which does not come.
  client(1).send(join_request("g", ""), 3);
  ASSERT_TRUE(run_until([&] { return describe("g").group_state == "PreparingRebalance"; }));
  bool stopped = false;
  node_.loop().post([&] { broker_->stop([&](const Result<void>&) { stopped = true; }); });
  const auto frame = client(1).receive();
  if (frame) {
    const auto body = read_response(*frame, JoinGroupRequest::api, 3).value();
    EXPECT_EQ(decode<JoinGroupResponse>(body, 3).value().error_code, ErrorCode::not_coordinator);
  } else {
    EXPECT_TRUE(client(1).closed);
  }
  EXPECT_TRUE(run_until([&] { return stopped; }));
}

// A coordinator that dies at any moment forgets nothing that it acknowledged.
TEST_F(GroupHandlers, commits_survive_crashes_at_any_moment) {
  ASSERT_EQ(create_topic("t", 4), ErrorCode::none);
  base::Random dice(5);
  const std::vector<std::string> groups = {"a", "b", "c"};
  std::map<std::pair<std::string, std::int32_t>, std::int64_t> acknowledged;
  std::map<std::pair<std::string, std::int32_t>, std::int64_t> tried;
  std::int64_t next = 0;
  for (int life = 0; life < 12; ++life) {
    for (const auto& group : groups) wait_until_loaded(group);
    for (const auto& [key, offset] : acknowledged) {
      const auto found = committed(key.first, "t", key.second);
      EXPECT_GE(found, offset) << key.first << " " << key.second;
      EXPECT_LE(found, tried[key]) << key.first << " " << key.second;
    }
    const auto commits = dice.below(30);
    for (std::uint64_t i = 0; i < commits; ++i) {
      const auto& group = groups[dice.below(groups.size())];
      const auto partition = static_cast<std::int32_t>(dice.below(4));
      tried[{group, partition}] = ++next;
      if (commit(group, "t", next, partition) == ErrorCode::none) {
        acknowledged[{group, partition}] = next;
      }
    }
    // One more, whose answer nobody waits for.
    tried[{groups[0], 0}] = ++next;
    client().send(commit_request(groups[0], "t", next, 0), 9);
    simulation_.run_for(std::chrono::microseconds(dice.below(3'000)));
    cut_power_and_restart();
  }
}

}  // namespace
}  // namespace ottla::broker
