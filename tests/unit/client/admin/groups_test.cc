#include "client/admin/groups.h"

#include <gtest/gtest.h>

#include "protocol/group/consumer_protocol.h"
#include "protocol/messages/consumer_group_describe.h"
#include "protocol/messages/delete_groups.h"
#include "protocol/messages/describe_groups.h"
#include "protocol/messages/find_coordinator.h"
#include "protocol/messages/leave_group.h"
#include "protocol/messages/list_groups.h"
#include "protocol/messages/offset_commit.h"
#include "protocol/messages/offset_delete.h"
#include "protocol/messages/offset_fetch.h"
#include "tests/unit/client/admin/admin_world.h"

namespace ottla::client {
namespace {

using protocol::ConsumerGroupDescribeRequest;
using protocol::ConsumerGroupDescribeResponse;
using protocol::CoordinatorType;
using protocol::DeleteGroupsRequest;
using protocol::DeleteGroupsResponse;
using protocol::DescribeGroupsRequest;
using protocol::DescribeGroupsResponse;
using protocol::FindCoordinatorRequest;
using protocol::FindCoordinatorResponse;
using protocol::LeaveGroupRequest;
using protocol::LeaveGroupResponse;
using protocol::ListGroupsRequest;
using protocol::ListGroupsResponse;
using protocol::Offset;
using protocol::OffsetCommitRequest;
using protocol::OffsetCommitResponse;
using protocol::OffsetDeleteRequest;
using protocol::OffsetDeleteResponse;
using protocol::OffsetFetchRequest;
using protocol::OffsetFetchResponse;

using Strings = std::vector<std::string>;

template <class Outcomes, class Key>
ErrorCode code_of(const Outcomes& outcomes, const Key& key) {
  const auto& outcome = outcomes.at(key);
  if constexpr (requires { outcome.error(); }) {
    return outcome ? ErrorCode::none : outcome.error().code();
  } else {
    return outcome ? outcome->code() : ErrorCode::none;
  }
}

TEST(ListGroups, asks_every_broker_for_what_is_wanted) {
  AdminWorld world;
  Strings filters;
  for (const int id : {1, 2}) {
    world.broker(id).on<ListGroupsRequest>([&, id](const ListGroupsRequest& request, std::int16_t) {
      for (const auto state : request.states_filter) filters.emplace_back(state);
      for (const auto type : request.types_filter) filters.emplace_back(type);
      ListGroupsResponse response;
      if (id == 1) {
        response.groups = {{"b", "consumer", "Stable", "Classic"},
                           {"a", "", "Empty", "classic"},
                           {"c", "connect", "Stable", "Classic"}};
      } else {
        response.groups = {{"d", "consumer", "Floating", "Hovering"}};
      }
      return response;
    });
  }
  auto options = ListGroupsOptions::consumer_groups();
  options.states = {GroupState::stable, GroupState::preparing_rebalance};
  options.types = {GroupType::classic};
  const auto listed = world.wait(world.admin().list_groups(options)).value();
  ASSERT_EQ(listed.size(), 2U);
  EXPECT_EQ(listed.at(1).value(),
            (std::vector<GroupListing>{{"a", "", GroupState::empty, GroupType::classic},
                                       {"b", "consumer", GroupState::stable, GroupType::classic}}));
  EXPECT_EQ(
      listed.at(2).value(),
      (std::vector<GroupListing>{{"d", "consumer", GroupState::unknown, GroupType::unknown}}));
  EXPECT_EQ(filters, (Strings{"Stable", "PreparingRebalance", "classic", "Stable",
                              "PreparingRebalance", "classic"}));
}

TEST(ListGroups, a_filter_that_a_broker_is_too_old_for_is_its_own_error) {
  AdminWorld world;
  for (const int id : {1, 2}) {
    world.broker(id).on<ListGroupsRequest>(
        [](const ListGroupsRequest&, std::int16_t) { return ListGroupsResponse(); },
        id == 1 ? 5 : 4);
  }
  const auto listed =
      world.wait(world.admin().list_groups({.types = {GroupType::consumer}})).value();
  EXPECT_EQ(code_of(listed, 1), ErrorCode::none);
  EXPECT_EQ(code_of(listed, 2), ErrorCode::unsupported_version);
}

// Brokers 1 and 2 coordinate what `coordinators` says. Errors come as often as they stand in
// `errors` for a group, the last one first.
class GroupCoordinators : public testing::Test {
 protected:
  void SetUp() override {
    for (const int id : {1, 2}) {
      world.broker(id).on<FindCoordinatorRequest>(
          [this](const FindCoordinatorRequest& request, std::int16_t) { return find(request); });
      on<DescribeGroupsRequest>(id, [this](const auto& request) { return describe(request); });
      on<DeleteGroupsRequest>(id, [this](const auto& request) { return remove(request); });
      on<LeaveGroupRequest>(id, [this](const auto& request) { return leave(request); });
      on<OffsetCommitRequest>(id, [this](const auto& request) { return commit(request); });
      on<OffsetDeleteRequest>(id, [this](const auto& request) { return forget(request); });
      fetch_with(id, 10);
    }
  }

  template <class M>
  void on(int id, std::function<typename M::Response(const M&)> answer) {
    world.broker(id).on<M>([this, id, answer](const M& message, std::int16_t version) {
      seen.push_back(std::to_string(id));
      versions.push_back(version);
      return answer(message);
    });
  }

  void fetch_with(int id, std::int16_t newest) {
    world.broker(id).on<OffsetFetchRequest>(
        [this, id](const OffsetFetchRequest& request, std::int16_t version) {
          seen.push_back(std::to_string(id));
          versions.push_back(version);
          return fetch(request, version);
        },
        newest);
  }

  FindCoordinatorResponse find(const FindCoordinatorRequest& request) {
    EXPECT_EQ(request.key_type, CoordinatorType::group);
    FindCoordinatorResponse response;
    for (const auto key : request.coordinator_keys) {
      const auto node = coordinators.at(std::string(key));
      response.coordinators.push_back({.key = key,
                                       .node_id = BrokerId(node),
                                       .host = node == 1 ? "broker1" : "broker2",
                                       .port = 9092});
    }
    return response;
  }

  ErrorCode error_for(std::string_view group) {
    auto& left = errors[std::string(group)];
    if (left.empty()) return ErrorCode::none;
    const auto error = left.back();
    left.pop_back();
    return error;
  }

  DescribeGroupsResponse describe(const DescribeGroupsRequest& request) {
    DescribeGroupsResponse response;
    for (const auto group : request.groups) {
      auto& told = response.groups.emplace_back();
      told.group_id = group;
      told.error_code = error_for(group);
      told.group_state = group == "dead" ? "Dead" : "Stable";
      told.protocol_type = group == "connect" ? "connect" : "consumer";
      told.protocol_data = "range";
      told.members.push_back({.member_id = "member",
                              .group_instance_id = "instance",
                              .client_id = "client",
                              .client_host = "/127.0.0.1",
                              .member_metadata = {},
                              .member_assignment = {assignment}});
    }
    return response;
  }

  DeleteGroupsResponse remove(const DeleteGroupsRequest& request) {
    DeleteGroupsResponse response;
    for (const auto group : request.groups_names) {
      response.results.push_back({group, error_for(group)});
    }
    return response;
  }

  LeaveGroupResponse leave(const LeaveGroupRequest& request) {
    LeaveGroupResponse response;
    response.error_code = error_for(request.group_id);
    if (response.error_code != ErrorCode::none) return response;
    for (const auto& member : request.members) {
      reason = std::string(member.reason.value_or("none"));
      if (member.member_id == "left out") continue;
      response.members.push_back(
          {member.member_id, member.group_instance_id,
           member.member_id == "stranger" ? ErrorCode::unknown_member_id : ErrorCode::none});
    }
    return response;
  }

  // Partition 0 has offset 5, partition 1 none, partition 2 an error, partition 3 no answer.
  OffsetFetchResponse fetch(const OffsetFetchRequest& request, std::int16_t version) {
    OffsetFetchResponse response;
    const auto answer = [&](std::string_view group, const auto& asked) {
      std::vector<OffsetFetchResponse::Topic> topics;
      if (!asked) return std::vector<OffsetFetchResponse::Topic>{topic_of(group, {0, 1})};
      for (const auto& each : *asked) topics.push_back(topic_of(each.name, each.partition_indexes));
      return topics;
    };
    if (version < 8) {
      response.error_code = error_for(request.group_id);
      response.topics = answer(request.group_id, request.topics);
      return response;
    }
    require_stable = request.require_stable;
    for (const auto& group : request.groups) {
      response.groups.push_back(
          {group.group_id, answer(group.group_id, group.topics), error_for(group.group_id)});
    }
    return response;
  }

  static OffsetFetchResponse::Topic topic_of(std::string_view name,
                                             const std::vector<std::int32_t>& partitions) {
    OffsetFetchResponse::Topic topic{.name = name, .topic_id = {}, .partitions = {}};
    for (const auto partition : partitions) {
      if (partition == 3) continue;
      topic.partitions.push_back(
          {.partition_index = partition,
           .committed_offset = partition == 0 ? Offset(5) : protocol::kNoOffset,
           .committed_leader_epoch = protocol::LeaderEpoch(2),
           .metadata = "why",
           .error_code = partition == 2 ? ErrorCode::topic_authorization_failed : ErrorCode::none});
    }
    return topic;
  }

  OffsetCommitResponse commit(const OffsetCommitRequest& request) {
    EXPECT_EQ(request.generation_id_or_member_epoch, protocol::kNoGeneration);
    EXPECT_TRUE(request.member_id.empty());
    OffsetCommitResponse response;
    for (const auto& asked : request.topics) {
      auto& topic = response.topics.emplace_back();
      topic.name = asked.name;
      for (const auto& partition : asked.partitions) {
        committed.push_back(std::string(asked.name) + "-" +
                            std::to_string(partition.partition_index) + "@" +
                            std::to_string(partition.committed_offset.value) + " " +
                            std::string(partition.committed_metadata.value_or("null")));
        topic.partitions.push_back({partition.partition_index, error_for(request.group_id)});
      }
    }
    return response;
  }

  OffsetDeleteResponse forget(const OffsetDeleteRequest& request) {
    OffsetDeleteResponse response;
    response.error_code = error_for(request.group_id);
    if (response.error_code != ErrorCode::none) return response;
    for (const auto& asked : request.topics) {
      auto& topic = response.topics.emplace_back();
      topic.name = asked.name;
      for (const auto& partition : asked.partitions) {
        if (partition.partition_index == 3) continue;
        topic.partitions.push_back(
            {partition.partition_index, partition.partition_index == 1
                                            ? ErrorCode::group_subscribed_to_topic
                                            : ErrorCode::none});
      }
    }
    return response;
  }

  static std::string encoded_assignment() {
    protocol::ConsumerProtocolAssignment message;
    message.assigned_partitions = {{"u", {1, 0}}, {"t", {4}}};
    return protocol::encode(message).value();
  }

  AdminWorld world;
  std::map<std::string, std::int32_t> coordinators{{"a", 1},    {"b", 2},       {"c", 1},
                                                   {"dead", 1}, {"connect", 1}, {"", 1}};
  std::map<std::string, std::vector<ErrorCode>> errors;
  std::string assignment = encoded_assignment();
  Strings seen;
  std::vector<std::int16_t> versions;
  Strings committed;
  std::string reason;
  bool require_stable = false;
};

TEST_F(GroupCoordinators, describe_members_and_what_they_read) {
  const auto described =
      world.wait(world.admin().describe_consumer_groups({"a", "b", "connect"}, {})).value();
  const auto& b = described.at("b").value();
  EXPECT_EQ(b.state, GroupState::stable);
  EXPECT_EQ(b.partition_assignor, "range");
  EXPECT_EQ(b.coordinator, (Node{.id = 2, .host = "broker2", .port = 9092}));
  const MemberDescription member{.member_id = "member",
                                 .group_instance_id = "instance",
                                 .client_id = "client",
                                 .client_host = "/127.0.0.1",
                                 .assignment = {{"t", 4}, {"u", 0}, {"u", 1}}};
  EXPECT_EQ(b.members, std::vector{member});
  EXPECT_EQ(described.at("a").value().coordinator.id, 1);
  // What the members of others tell each other is theirs.
  EXPECT_TRUE(described.at("connect").value().members.at(0).assignment.empty());
  EXPECT_EQ(seen, (Strings{"1", "2"}));
}

TEST_F(GroupCoordinators, know_nothing_of_a_group_that_is_dead_or_not_there) {
  errors["a"] = {ErrorCode::group_id_not_found};
  errors["b"] = {ErrorCode::not_coordinator, ErrorCode::coordinator_load_in_progress};
  errors["c"] = {ErrorCode::group_authorization_failed};
  const auto described =
      world.wait(world.admin().describe_consumer_groups({"a", "b", "c", "dead"}, {})).value();
  EXPECT_EQ(code_of(described, "a"), ErrorCode::group_id_not_found);
  EXPECT_EQ(code_of(described, "b"), ErrorCode::none);
  EXPECT_EQ(code_of(described, "c"), ErrorCode::group_authorization_failed);
  EXPECT_EQ(code_of(described, "dead"), ErrorCode::group_id_not_found);
}

// Group "a" is one whose broker assigns, "c" is not there.
ConsumerGroupDescribeResponse describe_assigned(const ConsumerGroupDescribeRequest& request) {
  ConsumerGroupDescribeResponse response;
  for (const auto id : request.group_ids) {
    auto& told = response.groups.emplace_back();
    told.group_id = id;
    if (id == "c") {
      told.error_code = ErrorCode::group_id_not_found;
      told.error_message = "there is no c";
      continue;
    }
    told.group_state = "Reconciling";
    told.group_epoch = 7;
    told.assignment_epoch = 6;
    told.assignor_name = "uniform";
    auto& member = told.members.emplace_back();
    member.member_id = "member";
    member.client_id = "client";
    member.client_host = "/127.0.0.1";
    member.member_epoch = 5;
    member.assignment.topic_partitions = {{.topic_id = {}, .topic_name = "u", .partitions = {1}}};
    member.target_assignment.topic_partitions = {
        {.topic_id = {}, .topic_name = "u", .partitions = {1, 0}},
        {.topic_id = {}, .topic_name = "t", .partitions = {4}}};
  }
  return response;
}

TEST_F(GroupCoordinators, are_asked_otherwise_for_groups_that_are_not_classic) {
  Strings asked;
  world.broker(1).on<ConsumerGroupDescribeRequest>(
      [&](const ConsumerGroupDescribeRequest& request, std::int16_t) {
        for (const auto id : request.group_ids) asked.emplace_back(id);
        return describe_assigned(request);
      });
  errors["a"] = {ErrorCode::group_id_not_found};
  errors["b"] = {ErrorCode::group_id_not_found};
  errors["c"] = {ErrorCode::group_id_not_found};
  const auto described =
      world.wait(world.admin().describe_consumer_groups({"a", "b", "c", "connect"}, {})).value();
  const auto& a = described.at("a").value();
  EXPECT_EQ(a.type, GroupType::consumer);
  EXPECT_EQ(a.state, GroupState::reconciling);
  EXPECT_EQ(a.partition_assignor, "uniform");
  EXPECT_EQ(a.group_epoch, 7);
  EXPECT_EQ(a.target_assignment_epoch, 6);
  const MemberDescription member{.member_id = "member",
                                 .client_id = "client",
                                 .client_host = "/127.0.0.1",
                                 .assignment = {{"u", 1}},
                                 .member_epoch = 5,
                                 .target_assignment = {{"t", 4}, {"u", 0}, {"u", 1}}};
  EXPECT_EQ(a.members, std::vector{member});
  // Broker 2 knows of classic groups alone.
  EXPECT_EQ(code_of(described, "b"), ErrorCode::group_id_not_found);
  EXPECT_EQ(code_of(described, "c"), ErrorCode::group_id_not_found);
  EXPECT_NE(described.at("c").error().message().find("there is no c"), std::string::npos);
  EXPECT_EQ(described.at("connect").value().type, GroupType::classic);
  EXPECT_EQ(asked, (Strings{"a", "c"}));
}

TEST_F(GroupCoordinators, that_go_away_in_between_are_looked_for_again) {
  int attempts = 0;
  world.broker(1).on<ConsumerGroupDescribeRequest>(
      [&](const ConsumerGroupDescribeRequest& request, std::int16_t) {
        auto response = describe_assigned(request);
        if (++attempts == 1) response.groups[0].error_code = ErrorCode::not_coordinator;
        return response;
      });
  errors["a"] = {ErrorCode::group_id_not_found};
  const auto described = world.wait(world.admin().describe_consumer_groups({"a"}, {})).value();
  EXPECT_EQ(described.at("a").value().group_epoch, 7);
  EXPECT_EQ(attempts, 2);
}

TEST_F(GroupCoordinators, may_tell_assignments_that_are_none) {
  assignment = std::string("\0\0\xff\xff\xff\x7f lies", 11);
  const auto described = world.wait(world.admin().describe_consumer_groups({"a"}, {})).value();
  ASSERT_EQ(code_of(described, "a"), ErrorCode::corrupt_data);
  EXPECT_NE(described.at("a").error().message().find("member"), std::string::npos);
  assignment.clear();
  const auto without = world.wait(world.admin().describe_consumer_groups({"a"}, {})).value();
  EXPECT_TRUE(without.at("a").value().members.at(0).assignment.empty());
}

TEST_F(GroupCoordinators, delete_groups_one_by_one) {
  errors["b"] = {ErrorCode::non_empty_group};
  errors["c"] = {ErrorCode::coordinator_not_available};
  const auto deleted =
      world.wait(world.admin().delete_consumer_groups({"a", "b", "c"}, {})).value();
  EXPECT_EQ(code_of(deleted, "a"), ErrorCode::none);
  EXPECT_EQ(code_of(deleted, "b"), ErrorCode::non_empty_group);
  EXPECT_EQ(code_of(deleted, "c"), ErrorCode::none);
}

TEST_F(GroupCoordinators, remove_members_by_either_name) {
  const std::vector<MemberToRemove> members = {
      {"", "instance"}, {"dynamic", {}}, {"stranger", {}}, {"left out", {}}};
  const auto removed = world
                           .wait(world.admin().remove_members_from_consumer_group(
                               "b", members, {.reason = "maintenance"}))
                           .value();
  ASSERT_EQ(removed.size(), 4U);
  EXPECT_EQ(code_of(removed, "instance"), ErrorCode::none);
  EXPECT_EQ(code_of(removed, "dynamic"), ErrorCode::none);
  EXPECT_EQ(code_of(removed, "stranger"), ErrorCode::unknown_member_id);
  EXPECT_EQ(code_of(removed, "left out"), ErrorCode::unknown_server_error);
  EXPECT_EQ(reason, "maintenance");
  EXPECT_TRUE(
      world.wait(world.admin().remove_members_from_consumer_group("b", {}, {})).value().empty());
  EXPECT_EQ(seen.size(), 1U);
}

TEST_F(GroupCoordinators, tell_what_is_committed) {
  const auto listed = world
                          .wait(world.admin().list_consumer_group_offsets(
                              {{"a", {}}, {"b", {{"t", 1}, {"t", 0}, {"s", 1}, {"t", 0}}}},
                              {.require_stable = true}))
                          .value();
  const OffsetAndMetadata five{.offset = 5, .leader_epoch = 2, .metadata = "why"};
  EXPECT_EQ(listed.at("a").value(), (CommittedOffsets{{{"a", 0}, five}}));
  EXPECT_EQ(listed.at("b").value(), (CommittedOffsets{{{"t", 0}, five}}));
  EXPECT_TRUE(require_stable);
  EXPECT_EQ(versions, (std::vector<std::int16_t>{9, 9}));
}

TEST_F(GroupCoordinators, tell_of_one_group_at_a_time_where_they_are_older) {
  fetch_with(1, 5);
  const auto listed =
      world.wait(world.admin().list_consumer_group_offsets({{"a", {}}, {"c", {}}}, {})).value();
  EXPECT_EQ(listed.at("a").value().size(), 1U);
  EXPECT_EQ(listed.at("c").value().size(), 1U);
  EXPECT_EQ(seen, (Strings{"1", "1"}));
  const auto refused =
      world.wait(world.admin().list_consumer_group_offsets({{"a", {}}}, {.require_stable = true}))
          .value();
  EXPECT_EQ(code_of(refused, "a"), ErrorCode::unsupported_version);
}

TEST_F(GroupCoordinators, that_are_older_tell_of_the_others_while_a_group_loads) {
  fetch_with(1, 5);
  errors["a"] = std::vector<ErrorCode>(1000, ErrorCode::coordinator_load_in_progress);
  const auto listed = world
                          .wait(world.admin().list_consumer_group_offsets(
                              {{"a", {}}, {"c", {}}}, {.timeout = std::chrono::seconds(5)}))
                          .value();
  EXPECT_FALSE(listed.at("a"));
  EXPECT_EQ(listed.at("c").value().size(), 1U);
}

TEST_F(GroupCoordinators, answer_for_every_partition_or_none) {
  errors["a"] = {ErrorCode::unstable_offset_commit};
  const auto listed = world
                          .wait(world.admin().list_consumer_group_offsets(
                              {{"a", {}}, {"b", {{"t", 0}, {"t", 2}}}, {"c", {{"t", 3}}}}, {}))
                          .value();
  EXPECT_EQ(code_of(listed, "a"), ErrorCode::none);
  EXPECT_EQ(code_of(listed, "b"), ErrorCode::topic_authorization_failed);
  EXPECT_EQ(listed.at("b").error().context().partition, 2);
  EXPECT_EQ(code_of(listed, "c"), ErrorCode::unknown_server_error);
}

TEST_F(GroupCoordinators, take_offsets_from_outside_a_group) {
  errors["b"] = {ErrorCode::none, ErrorCode::offset_metadata_too_large, ErrorCode::not_coordinator,
                 ErrorCode::none};
  const auto altered =
      world
          .wait(world.admin().alter_consumer_group_offsets(
              "b", {{{"t", 0}, {.offset = 7, .metadata = "m"}}, {{"t", 1}, {.offset = 8}}}, {}))
          .value();
  EXPECT_EQ(code_of(altered, TopicPartition{"t", 0}), ErrorCode::offset_metadata_too_large);
  EXPECT_EQ(code_of(altered, TopicPartition{"t", 1}), ErrorCode::none);
  EXPECT_EQ(committed, (Strings{"t-0@7 m", "t-1@8 ", "t-0@7 m", "t-1@8 "}));
  EXPECT_LE(versions.front(), 9);
  const auto refused =
      world.wait(world.admin().alter_consumer_group_offsets("b", {{{"t", 0}, {.offset = -1}}}, {}));
  EXPECT_EQ(refused.error().code(), ErrorCode::invalid_argument);
  EXPECT_EQ(committed.size(), 4U);
}

TEST_F(GroupCoordinators, take_commits_back) {
  const auto deleted = world
                           .wait(world.admin().delete_consumer_group_offsets(
                               "a", {{"t", 0}, {"t", 1}, {"t", 3}}, {}))
                           .value();
  EXPECT_EQ(code_of(deleted, TopicPartition{"t", 0}), ErrorCode::none);
  EXPECT_EQ(code_of(deleted, TopicPartition{"t", 1}), ErrorCode::group_subscribed_to_topic);
  EXPECT_EQ(code_of(deleted, TopicPartition{"t", 3}), ErrorCode::unknown_server_error);
  errors["a"] = {ErrorCode::group_id_not_found};
  const auto refused = world.wait(world.admin().delete_consumer_group_offsets("a", {{"t", 0}}, {}));
  EXPECT_EQ(refused.error().code(), ErrorCode::group_id_not_found);
}

TEST(GroupNames, are_kafkas) {
  EXPECT_EQ(to_string(GroupState::completing_rebalance), "CompletingRebalance");
  EXPECT_EQ(to_string(GroupType::classic), "Classic");
}

}  // namespace
}  // namespace ottla::client
