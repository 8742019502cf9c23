#include "client/group/membership.h"

#include <gtest/gtest.h>

#include <string>

#include "protocol/group/consumer_protocol.h"

namespace ottla::client {
namespace {

using namespace std::chrono_literals;
using protocol::GenerationId;

base::TimePoint at(std::chrono::milliseconds time) {
  return base::TimePoint(time);
}

// A member of the group g, subscribed to t, which has four partitions; the coordinator is played.
class MembershipWorld {
 public:
  explicit MembershipWorld(AssignorFactory assignor = range_assignor(),
                           std::optional<std::string> instance = {}, std::string rack = {}) {
    auto assignors = Membership::make_assignors({std::move(assignor)}).value();
    MembershipConfig config;
    config.group_id = "g";
    config.group_instance_id = std::move(instance);
    config.client_rack = std::move(rack);
    member.emplace(config, std::move(assignors), 1, base::Logger());
    set_partitions(4);
    member->subscribe({"t"}, true);
    member->on_polling(true, now);
  }

  // All with their replica in this rack.
  void set_partitions(std::size_t count, std::string_view rack = "a") {
    protocol::MetadataResponse response;
    response.brokers.resize(1);
    response.brokers[0].node_id = protocol::BrokerId(1);
    response.brokers[0].port = 9092;
    response.brokers[0].rack = rack;
    response.topics.resize(1);
    response.topics[0].name = "t";
    for (std::size_t i = 0; i < count; ++i) {
      auto& partition = response.topics[0].partitions.emplace_back();
      partition.partition_index = static_cast<std::int32_t>(i);
      partition.replica_nodes = {protocol::BrokerId(1)};
    }
    cluster.update(response);
  }

  std::vector<GroupDraft> poll() {
    auto polled = member->poll(now, true, cluster);
    next = polled.next;
    forgotten = polled.forget_coordinator;
    return std::move(polled.requests);
  }
  // The one request of this kind among those that are to be sent.
  template <class Draft>
  std::optional<Draft> wanted() {
    for (auto& draft : poll()) {
      if (auto* found = std::get_if<Draft>(&draft)) return std::move(*found);
    }
    return std::nullopt;
  }

  bool answer_join(const JoinDraft& draft, std::int32_t generation, std::string_view leader,
                   ErrorCode error = ErrorCode::none) {
    protocol::JoinGroupResponse response;
    response.error_code = error;
    response.generation_id = GenerationId(generation);
    response.protocol_name = draft.protocols.front().first;
    response.leader = leader;
    response.member_id = "m-1";
    if (leader == "m-1") {
      response.members.resize(1);
      response.members[0].member_id = "m-1";
      response.members[0].metadata.view = draft.protocols.front().second;
    }
    return member->on_join(draft.attempt, response, now);
  }
  bool answer_sync(const SyncDraft& draft, const std::vector<std::int32_t>& partitions,
                   ErrorCode error = ErrorCode::none) {
    protocol::ConsumerProtocolAssignment assignment;
    assignment.assigned_partitions.push_back({"t", partitions});
    const auto bytes = protocol::encode(assignment).value();
    protocol::SyncGroupResponse response;
    response.error_code = error;
    response.assignment.view = bytes;
    return member->on_sync(draft.attempt, response, now);
  }
  bool answer_heartbeat(const HeartbeatDraft& draft, ErrorCode error) {
    protocol::HeartbeatResponse response;
    response.error_code = error;
    return member->on_heartbeat(draft, response, now);
  }
  // Runs what waits for the consumer.
  RebalanceStep run_step() {
    EXPECT_TRUE(member->step().has_value());
    auto step = member->take_step();
    member->on_step_done();
    return step;
  }
  void become_stable(std::int32_t generation, const std::vector<std::int32_t>& partitions) {
    const auto join = wanted<JoinDraft>();
    ASSERT_TRUE(join);
    answer_join(*join, generation, "other");
    const auto sync = wanted<SyncDraft>();
    ASSERT_TRUE(sync);
    answer_sync(*sync, partitions);
    run_step();
    EXPECT_TRUE(member->stable());
  }

  base::TimePoint now = at(1000ms);
  base::TimePoint next{};
  bool forgotten = false;
  Cluster cluster;
  std::optional<Membership> member;
};

using Partitions = std::vector<TopicPartition>;

TEST(Membership, joins_only_once_the_application_polls) {
  MembershipWorld world;
  auto assignors = Membership::make_assignors({range_assignor()}).value();
  Membership fresh({.group_id = "g", .group_instance_id = {}, .client_rack = {}},
                   std::move(assignors), 1, base::Logger());
  fresh.subscribe({"t"}, true);
  EXPECT_TRUE(fresh.poll(world.now, true, world.cluster).requests.empty());
  fresh.on_polling(true, world.now);
  EXPECT_EQ(fresh.poll(world.now, true, world.cluster).requests.size(), 1U);
}

TEST(Membership, comes_back_with_the_member_id_it_was_given) {
  MembershipWorld world;
  const auto first = world.wanted<JoinDraft>();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->member_id, "");
  EXPECT_FALSE(world.answer_join(*first, -1, "", ErrorCode::member_id_required));
  const auto second = world.wanted<JoinDraft>();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->member_id, "m-1");
}

TEST(Membership, as_leader_assigns_the_group) {
  MembershipWorld world;
  const auto join = world.wanted<JoinDraft>();
  world.answer_join(*join, 1, "m-1");
  EXPECT_EQ(world.member->group_topics(), std::set<std::string>{"t"});
  const auto sync = world.wanted<SyncDraft>();
  ASSERT_TRUE(sync);
  ASSERT_EQ(sync->assignments.size(), 1U);
  const auto assigned = protocol::parse_assignment(sync->assignments[0].second).value();
  EXPECT_EQ(assigned.assigned_partitions[0].partitions, (std::vector<std::int32_t>{0, 1, 2, 3}));
  world.answer_sync(*sync, {0, 1, 2, 3});
  const auto step = world.run_step();
  EXPECT_EQ(step.added.size(), 4U);
  EXPECT_TRUE(step.assigned);
  EXPECT_TRUE(world.member->stable());
}

TEST(Membership, an_eager_member_gives_up_everything_before_it_joins_again) {
  MembershipWorld world;
  world.become_stable(1, {0, 1});
  world.now += 3s;
  const auto beat = world.wanted<HeartbeatDraft>();
  ASSERT_TRUE(beat);
  world.answer_heartbeat(*beat, ErrorCode::rebalance_in_progress);
  EXPECT_FALSE(world.wanted<JoinDraft>());
  EXPECT_EQ(world.run_step().revoked, (Partitions{{"t", 0}, {"t", 1}}));
  const auto join = world.wanted<JoinDraft>();
  ASSERT_TRUE(join);
  const auto said = protocol::parse_subscription(join->protocols[0].second).value();
  EXPECT_TRUE(said.owned_partitions.empty());
}

TEST(Membership, a_cooperative_member_keeps_what_it_has_and_joins_again_after_giving_some_up) {
  MembershipWorld world(cooperative_sticky_assignor());
  world.become_stable(1, {0, 1});
  world.member->request_rejoin("test");
  const auto join = world.wanted<JoinDraft>();
  ASSERT_TRUE(join);
  const auto said = protocol::parse_subscription(join->protocols[0].second).value();
  EXPECT_EQ(said.owned_partitions[0].partitions, (std::vector<std::int32_t>{0, 1}));
  EXPECT_EQ(said.generation_id, GenerationId(1));
  world.answer_join(*join, 2, "other");
  world.answer_sync(*world.wanted<SyncDraft>(), {1, 2});
  const auto step = world.run_step();
  EXPECT_EQ(step.revoked, (Partitions{{"t", 0}}));
  EXPECT_EQ(step.added, (Partitions{{"t", 2}}));
  EXPECT_TRUE(world.wanted<JoinDraft>());
}

TEST(Membership, what_a_member_that_fell_out_had_is_lost) {
  MembershipWorld world;
  world.become_stable(1, {0, 1});
  world.now += 3s;
  world.answer_heartbeat(*world.wanted<HeartbeatDraft>(), ErrorCode::unknown_member_id);
  EXPECT_FALSE(world.wanted<JoinDraft>());
  EXPECT_EQ(world.run_step().lost, (Partitions{{"t", 0}, {"t", 1}}));
  const auto join = world.wanted<JoinDraft>();
  ASSERT_TRUE(join);
  EXPECT_EQ(join->member_id, "");
}

TEST(Membership, an_illegal_generation_keeps_the_member_id) {
  MembershipWorld world;
  world.become_stable(1, {});
  world.now += 3s;
  world.answer_heartbeat(*world.wanted<HeartbeatDraft>(), ErrorCode::illegal_generation);
  const auto join = world.wanted<JoinDraft>();
  ASSERT_TRUE(join);
  EXPECT_EQ(join->member_id, "m-1");
}

TEST(Membership, falling_out_while_a_step_runs_loses_what_the_step_brought) {
  MembershipWorld world;
  world.answer_join(*world.wanted<JoinDraft>(), 1, "other");
  world.answer_sync(*world.wanted<SyncDraft>(), {3});
  world.member->take_step();
  world.member->on_commit_error(ErrorCode::unknown_member_id, world.member->member());
  EXPECT_FALSE(world.wanted<JoinDraft>());
  world.member->on_step_done();
  EXPECT_FALSE(world.wanted<JoinDraft>());
  EXPECT_EQ(world.run_step().lost, (Partitions{{"t", 3}}));
  EXPECT_TRUE(world.wanted<JoinDraft>());
}

TEST(Membership, a_fenced_static_member_tells_it_at_every_poll_and_does_not_come_back) {
  MembershipWorld world(range_assignor(), "i-1");
  world.become_stable(1, {});
  world.now += 3s;
  world.answer_heartbeat(*world.wanted<HeartbeatDraft>(), ErrorCode::fenced_instance_id);
  for (int i = 0; i < 2; ++i) {
    const auto error = world.member->take_error();
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code(), ErrorCode::fenced_instance_id);
    world.member->on_polling(true, world.now);
    EXPECT_TRUE(world.poll().empty());
  }
}

TEST(Membership, a_fenced_static_member_loses_what_it_had) {
  MembershipWorld world(cooperative_sticky_assignor(), "i-1");
  world.become_stable(1, {0});
  world.member->request_rejoin("test");
  world.answer_join(*world.wanted<JoinDraft>(), 2, "other");
  world.answer_sync(*world.wanted<SyncDraft>(), {0, 1});
  world.member->take_step();
  world.member->on_commit_error(ErrorCode::fenced_instance_id, world.member->member());
  world.member->on_step_done();
  EXPECT_EQ(world.run_step().lost, (Partitions{{"t", 0}, {"t", 1}}));
  EXPECT_FALSE(world.member->step());
  EXPECT_FALSE(world.member->between_generations());
  world.member->on_polling(true, world.now);
  EXPECT_TRUE(world.poll().empty());
}

TEST(Membership, a_group_that_refuses_it_is_asked_again_when_the_application_polls_again) {
  MembershipWorld world;
  world.answer_join(*world.wanted<JoinDraft>(), -1, "", ErrorCode::group_authorization_failed);
  EXPECT_TRUE(world.poll().empty());
  EXPECT_EQ(world.member->take_error()->code(), ErrorCode::group_authorization_failed);
  EXPECT_FALSE(world.member->take_error());
  world.member->on_polling(true, world.now);
  EXPECT_TRUE(world.wanted<JoinDraft>());
}

TEST(Membership, a_coordinator_that_moved_is_looked_for_and_asked_after_a_pause) {
  for (const auto code : {ErrorCode::not_coordinator, ErrorCode::coordinator_not_available}) {
    MembershipWorld world;
    EXPECT_TRUE(world.answer_join(*world.wanted<JoinDraft>(), -1, "", code));
    EXPECT_TRUE(world.poll().empty());
    world.now = world.next;
    EXPECT_TRUE(world.wanted<JoinDraft>());
  }
}

TEST(Membership, a_coordinator_that_loads_is_asked_again) {
  MembershipWorld world;
  EXPECT_FALSE(world.answer_join(*world.wanted<JoinDraft>(), -1, "",
                                 ErrorCode::coordinator_load_in_progress));
  world.now += 2s;
  EXPECT_TRUE(world.wanted<JoinDraft>());
}

TEST(Membership, a_rebalance_during_sync_joins_again_in_the_same_generation) {
  MembershipWorld world;
  world.answer_join(*world.wanted<JoinDraft>(), 5, "other");
  world.answer_sync(*world.wanted<SyncDraft>(), {}, ErrorCode::rebalance_in_progress);
  const auto join = world.wanted<JoinDraft>();
  ASSERT_TRUE(join);
  EXPECT_EQ(join->member_id, "m-1");
}

TEST(Membership, leaves_when_the_application_does_not_poll_and_returns_when_it_does) {
  MembershipWorld world;
  world.become_stable(1, {0});
  world.member->on_polling(false, world.now);
  world.now += 5min;
  (void)world.poll();
  const auto leave = world.wanted<LeaveDraft>();
  ASSERT_TRUE(leave);
  EXPECT_EQ(leave->member_id, "m-1");
  EXPECT_TRUE(world.poll().empty());
  world.member->on_polling(true, world.now);
  EXPECT_FALSE(world.wanted<JoinDraft>());
  EXPECT_EQ(world.run_step().lost, (Partitions{{"t", 0}}));
  EXPECT_TRUE(world.wanted<JoinDraft>());
}

TEST(Membership, a_static_member_does_not_say_that_it_leaves_unless_it_is_told_to) {
  MembershipWorld world(range_assignor(), "i-1");
  world.become_stable(1, {});
  world.member->leave("test", false);
  EXPECT_FALSE(world.member->leaving());
  world.become_stable(2, {});
  world.member->leave("test", true);
  EXPECT_TRUE(world.member->leaving());
}

TEST(Membership, the_leader_joins_again_when_a_topic_gets_more_partitions) {
  MembershipWorld world;
  world.answer_join(*world.wanted<JoinDraft>(), 1, "m-1");
  world.answer_sync(*world.wanted<SyncDraft>(), {});
  world.run_step();
  world.member->on_metadata(world.cluster);
  EXPECT_FALSE(world.wanted<JoinDraft>());
  world.set_partitions(5);
  world.member->on_metadata(world.cluster);
  EXPECT_TRUE(world.wanted<JoinDraft>());
}

TEST(Membership, a_leader_with_a_rack_joins_again_when_racks_change) {
  for (const std::string rack : {"", "a"}) {
    MembershipWorld world(range_assignor(), {}, rack);
    world.set_partitions(1, "a");
    world.answer_join(*world.wanted<JoinDraft>(), 1, "m-1");
    world.answer_sync(*world.wanted<SyncDraft>(), {});
    world.run_step();
    world.set_partitions(1, "b");
    world.member->on_metadata(world.cluster);
    EXPECT_EQ(world.wanted<JoinDraft>().has_value(), !rack.empty());
  }
}

TEST(Membership, another_subscription_joins_again_and_gives_up_topics_that_are_not_in_it) {
  MembershipWorld world(cooperative_sticky_assignor());
  world.become_stable(1, {0});
  world.member->subscribe({"u"}, true);
  EXPECT_FALSE(world.wanted<JoinDraft>());
  EXPECT_EQ(world.run_step().revoked, (Partitions{{"t", 0}}));
  EXPECT_TRUE(world.wanted<JoinDraft>());
}

TEST(Membership, a_coordinator_that_is_silent_for_a_session_is_looked_for_again) {
  MembershipWorld world;
  world.become_stable(1, {});
  world.now += 45s;
  (void)world.poll();
  EXPECT_TRUE(world.forgotten);
}

TEST(Membership, answers_to_what_was_asked_before_it_fell_out_count_for_nothing) {
  MembershipWorld world;
  const auto join = world.wanted<JoinDraft>();
  world.member->leave("test", false);
  world.answer_join(*join, 7, "other");
  EXPECT_EQ(world.member->member().generation_id, -1);
}

TEST(Membership, an_assignment_that_cannot_be_read_is_an_error_of_poll) {
  MembershipWorld world;
  world.answer_join(*world.wanted<JoinDraft>(), 1, "other");
  const auto sync = world.wanted<SyncDraft>();
  protocol::SyncGroupResponse response;
  response.assignment.view = std::string_view("\0\0\x7f\xff\xff\xff", 6);
  world.member->on_sync(sync->attempt, response, world.now);
  EXPECT_FALSE(world.member->step());
  EXPECT_TRUE(world.member->take_error());
}

TEST(Membership, partitions_of_topics_that_it_did_not_subscribe_to_are_not_taken) {
  MembershipWorld world;
  world.answer_join(*world.wanted<JoinDraft>(), 1, "other");
  protocol::ConsumerProtocolAssignment assignment;
  assignment.assigned_partitions.push_back({"secret", {0}});
  const auto bytes = protocol::encode(assignment).value();
  protocol::SyncGroupResponse response;
  response.assignment.view = bytes;
  world.member->on_sync(world.wanted<SyncDraft>()->attempt, response, world.now);
  EXPECT_TRUE(world.run_step().added.empty());
}

TEST(Membership, an_assignment_of_more_partitions_than_there_can_be_is_an_error_of_poll) {
  MembershipWorld world;
  world.answer_join(*world.wanted<JoinDraft>(), 1, "other");
  world.answer_sync(*world.wanted<SyncDraft>(), std::vector<std::int32_t>(1'000'001, 0));
  EXPECT_FALSE(world.member->step());
  EXPECT_TRUE(world.member->take_error());
}

TEST(Membership, as_leader_takes_no_names_that_no_topic_can_have) {
  MembershipWorld world;
  const auto join = world.wanted<JoinDraft>();
  const std::string long_name(250, 'x');
  protocol::ConsumerProtocolSubscription said;
  said.topics = {"", "u", long_name};
  const auto bytes = protocol::encode(said).value();
  protocol::JoinGroupResponse response;
  response.generation_id = GenerationId(1);
  response.protocol_name = "range";
  response.leader = response.member_id = "m-1";
  response.members.resize(1);
  response.members[0].member_id = "m-1";
  response.members[0].metadata.view = bytes;
  world.member->on_join(join->attempt, response, world.now);
  EXPECT_EQ(world.member->group_topics(), std::set<std::string>{"u"});
}

class Throwing final : public ConsumerPartitionAssignor {
 public:
  std::string_view name() const override { return "throwing"; }
  Assignments assign(const std::vector<AssignableTopic>&,
                     const std::vector<GroupMember>&) override {
    throw std::runtime_error("no");
  }
};

TEST(Membership, an_assignor_that_throws_fails_the_rebalance_and_poll_says_why) {
  MembershipWorld world([] { return std::make_unique<Throwing>(); });
  world.answer_join(*world.wanted<JoinDraft>(), 1, "m-1");
  EXPECT_FALSE(world.wanted<SyncDraft>());
  const auto error = world.member->take_error();
  ASSERT_TRUE(error);
  EXPECT_NE(error->message().find("threw: no"), std::string::npos);
}

// Throws when it is asked for its name, or later for its protocols.
class ThrowingAtOnce final : public ConsumerPartitionAssignor {
 public:
  explicit ThrowingAtOnce(bool at_name) : at_name_(at_name) {}
  std::string_view name() const override {
    if (at_name_) throw std::runtime_error("no name");
    return "at-once";
  }
  std::vector<RebalanceProtocol> supported_protocols() const override {
    throw std::runtime_error("no protocols");
  }
  Assignments assign(const std::vector<AssignableTopic>&,
                     const std::vector<GroupMember>&) override {
    return {};
  }

 private:
  const bool at_name_;
};

TEST(Membership, an_assignor_that_throws_as_it_is_made_is_an_invalid_argument) {
  const auto why = [](const AssignorFactory& factory) {
    const auto made = Membership::make_assignors({range_assignor(), factory});
    EXPECT_FALSE(made);
    EXPECT_EQ(made.error().code(), ErrorCode::invalid_argument);
    return made.error().message();
  };
  using Made = std::unique_ptr<ConsumerPartitionAssignor>;
  EXPECT_NE(why([]() -> Made { throw std::runtime_error("no factory"); }).find("no factory"),
            std::string::npos);
  EXPECT_NE(why([]() -> Made { return nullptr; }).find("no assignor"), std::string::npos);
  EXPECT_NE(why([] { return std::make_unique<ThrowingAtOnce>(true); }).find("no name"),
            std::string::npos);
  EXPECT_NE(why([] {
              return std::make_unique<ThrowingAtOnce>(false);
            }).find("at-once threw: no protocols"),
            std::string::npos);
}

// Throws when it is asked for user data, or hears of an assignment that is not empty.
class ThrowingElsewhere final : public ConsumerPartitionAssignor {
 public:
  explicit ThrowingElsewhere(bool at_user_data) : at_user_data_(at_user_data) {}
  std::string_view name() const override { return "throwing"; }
  std::optional<Bytes> subscription_user_data(const std::vector<std::string>&) override {
    if (at_user_data_) throw std::runtime_error("no");
    return std::nullopt;
  }
  Assignments assign(const std::vector<AssignableTopic>&,
                     const std::vector<GroupMember>&) override {
    return {};
  }
  void on_assignment(const GroupAssignment& got, const ConsumerGroupMetadata&) override {
    EXPECT_EQ(got.partitions, (Partitions{{"t", 0}, {"t", 1}})) << "sorted, each once";
    throw std::runtime_error("no");
  }

 private:
  const bool at_user_data_;
};

TEST(Membership, an_assignor_that_throws_its_user_data_keeps_it_from_joining_and_poll_says_why) {
  MembershipWorld world([] { return std::make_unique<ThrowingElsewhere>(true); });
  EXPECT_FALSE(world.wanted<JoinDraft>());
  const auto error = world.member->take_error();
  ASSERT_TRUE(error);
  EXPECT_NE(error->message().find("threw: no"), std::string::npos);
}

TEST(Membership, an_assignor_that_throws_at_its_assignment_gets_nothing_and_poll_says_why) {
  MembershipWorld world([] { return std::make_unique<ThrowingElsewhere>(false); });
  world.answer_join(*world.wanted<JoinDraft>(), 1, "other");
  world.answer_sync(*world.wanted<SyncDraft>(), {1, 0, 1});
  EXPECT_FALSE(world.member->step());
  const auto error = world.member->take_error();
  ASSERT_TRUE(error);
  EXPECT_NE(error->message().find("threw: no"), std::string::npos);
}

}  // namespace
}  // namespace ottla::client
