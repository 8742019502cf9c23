#include <algorithm>

#include "tests/unit/group/group_world.h"

namespace ottla::broker {
namespace {

using GroupRebalance = GroupWorld;
using GroupMembership = GroupWorld;
using GroupSync = GroupWorld;
using GroupTimes = GroupWorld;

TEST_F(GroupRebalance, the_first_members_get_one_generation_and_their_assignments) {
  const auto ids = stable_group({{}, {}, {}});
  EXPECT_EQ(group_.generation(), GenerationId(1));
  EXPECT_EQ(group_.members().size(), 3U);
  for (const auto& id : ids) {
    EXPECT_EQ(group_.members().find(id)->second.assignment, "work of " + id);
    EXPECT_EQ(heartbeat(id, GenerationId(1)), ErrorCode::none);
  }
}

TEST_F(GroupRebalance, only_the_leader_hears_who_the_members_are) {
  const auto first = join({.protocols = {{"range", "a"}}});
  const auto second = join({.protocols = {{"range", "b"}}});
  advance(0s);
  const auto& leading = joined(first);
  const auto& following = joined(second);
  EXPECT_EQ(leading.leader, leading.member_id);
  EXPECT_EQ(following.leader, leading.member_id);
  EXPECT_EQ(leading.members.size(), 2U);
  EXPECT_TRUE(following.members.empty());
  EXPECT_EQ(leading.protocol_name, "range");
  EXPECT_EQ(leading.protocol_type, "consumer");
}

TEST_F(GroupRebalance, a_newcomer_makes_everybody_join_again) {
  const auto ids = stable_group({{}, {}});
  const auto newcomer = join({});
  EXPECT_EQ(group_.state(), GroupState::preparing_rebalance);
  EXPECT_EQ(heartbeat(ids[0], GenerationId(1)), ErrorCode::rebalance_in_progress);
  const auto first = join({.member_id = ids[0]});
  EXPECT_FALSE(answered(newcomer));
  const auto second = join({.member_id = ids[1]});
  EXPECT_EQ(joined(newcomer).generation, GenerationId(2));
  EXPECT_EQ(joined(first).leader, ids[0]);
  EXPECT_EQ(joined(second).generation, GenerationId(2));
}

TEST_F(GroupRebalance, who_does_not_join_in_time_is_out) {
  const auto ids = stable_group({{}, {}});
  const auto newcomer = join({});
  join({.member_id = ids[0]});
  for (auto waited = 0s; waited < kRebalance - 5s; waited += 5s) {
    EXPECT_EQ(heartbeat(ids[1], GenerationId(1)), ErrorCode::rebalance_in_progress);
    advance(5s);
  }
  EXPECT_FALSE(answered(newcomer));
  advance(5s);
  EXPECT_EQ(joined(newcomer).generation, GenerationId(2));
  EXPECT_EQ(heartbeat(ids[1], GenerationId(1)), ErrorCode::unknown_member_id);
  EXPECT_EQ(group_.members().size(), 2U);
}

TEST_F(GroupRebalance, a_leader_that_does_not_come_is_replaced) {
  const auto ids = stable_group({{}, {}});
  const auto again = join({.member_id = ids[1], .protocols = {{"range", "other"}}});
  advance(kRebalance);
  EXPECT_EQ(joined(again).leader, ids[1]);
  EXPECT_EQ(joined(again).members.size(), 1U);
}

TEST_F(GroupRebalance, the_initial_delay_is_extended_by_newcomers_up_to_the_rebalance_timeout) {
  settings_.initial_rebalance_delay = 3s;
  const auto first = join({});
  advance(2s);
  EXPECT_FALSE(answered(first));
  const auto second = join({});
  advance(2s);
  EXPECT_FALSE(answered(first));
  advance(2s);
  EXPECT_EQ(joined(first).generation, GenerationId(1));
  EXPECT_EQ(joined(second).generation, GenerationId(1));
}

TEST_F(GroupRebalance, the_protocol_is_what_most_members_want_of_what_all_know) {
  const auto first = join({.protocols = {{"roundrobin", ""}, {"range", ""}, {"own", ""}}});
  join({.protocols = {{"range", ""}, {"roundrobin", ""}}});
  join({.protocols = {{"range", ""}, {"roundrobin", ""}}});
  advance(0s);
  EXPECT_EQ(joined(first).protocol_name, "range");
}

TEST_F(GroupRebalance, who_knows_no_protocol_of_the_others_is_refused) {
  stable_group({{}});
  EXPECT_EQ(joined(join({.protocols = {{"sticky", ""}}})).error,
            ErrorCode::inconsistent_group_protocol);
  EXPECT_EQ(joined(join({.protocols = {}})).error, ErrorCode::inconsistent_group_protocol);
  EXPECT_EQ(group_.state(), GroupState::stable);
}

TEST_F(GroupRebalance, the_last_member_leaves_an_empty_group_that_is_stored) {
  const auto ids = stable_group({{}});
  EXPECT_EQ(leave({{ids[0], std::nullopt}}), std::vector{ErrorCode::none});
  EXPECT_EQ(group_.state(), GroupState::empty);
  EXPECT_EQ(group_.generation(), GenerationId(2));
  const auto stored = protocol::parse_group_metadata_value(stored_);
  ASSERT_TRUE(stored) << stored.error();
  EXPECT_TRUE(stored->members.empty());
  EXPECT_EQ(stored->generation, GenerationId(2));
  EXPECT_EQ(stored->protocol_type, "consumer");
  EXPECT_EQ(stored->protocol, std::nullopt);
}

TEST_F(GroupMembership, a_client_that_can_is_asked_to_come_back_with_an_id) {
  const auto first = join({.asks_for_id = true});
  EXPECT_EQ(joined(first).error, ErrorCode::member_id_required);
  const auto id = joined(first).member_id;
  EXPECT_TRUE(id.starts_with("client-"));
  EXPECT_EQ(group_.members().size(), 0U);
  EXPECT_EQ(group_.pending_members(), 1U);
  const auto second = join({.member_id = id, .asks_for_id = true});
  advance(0s);
  EXPECT_EQ(joined(second).error, ErrorCode::none);
  EXPECT_EQ(joined(second).member_id, id);
}

TEST_F(GroupMembership, an_id_that_nobody_comes_back_with_holds_a_rebalance_up_for_a_session) {
  const auto ids = stable_group({{}});
  joined(join({.asks_for_id = true}));
  const auto again = join({.member_id = ids[0]});
  EXPECT_FALSE(answered(again));
  advance(kSession - 1s);
  EXPECT_FALSE(answered(again));
  advance(1s);
  EXPECT_EQ(joined(again).generation, GenerationId(2));
  EXPECT_EQ(group_.pending_members(), 0U);
}

TEST_F(GroupMembership, an_id_that_nobody_gave_is_unknown) {
  EXPECT_EQ(joined(join({.member_id = "made-up"})).error, ErrorCode::unknown_member_id);
  stable_group({{}});
  EXPECT_EQ(joined(join({.member_id = "made-up"})).error, ErrorCode::unknown_member_id);
  EXPECT_EQ(heartbeat("made-up", GenerationId(1)), ErrorCode::unknown_member_id);
}

TEST_F(GroupMembership, a_lost_answer_is_given_again_without_a_rebalance) {
  const auto first = join({});
  const auto second = join({});
  advance(0s);
  const auto leader = joined(first).member_id;
  const auto follower = joined(second).member_id;
  EXPECT_EQ(joined(join({.member_id = leader})).members.size(), 2U);
  EXPECT_EQ(joined(join({.member_id = follower})).generation, GenerationId(1));
  sync(follower, GenerationId(1));
  sync(leader, GenerationId(1));
  EXPECT_EQ(group_.state(), GroupState::stable);
  EXPECT_EQ(joined(join({.member_id = follower})).generation, GenerationId(1));
  EXPECT_EQ(group_.state(), GroupState::stable);
  join({.member_id = leader});
  EXPECT_EQ(group_.state(), GroupState::preparing_rebalance);
}

TEST_F(GroupMembership, whoever_joins_twice_is_answered_twice) {
  const auto ids = stable_group({{}, {}});
  join({});
  const auto lost = join({.member_id = ids[0]});
  const auto again = join({.member_id = ids[0]});
  EXPECT_EQ(joined(lost).error, ErrorCode::rebalance_in_progress);
  EXPECT_FALSE(answered(again));
  join({.member_id = ids[1]});
  EXPECT_EQ(joined(again).error, ErrorCode::none);
}

TEST_F(GroupMembership, a_full_group_takes_nobody_in) {
  settings_.max_size = 2;
  const auto ids = stable_group({{}, {}});
  const auto third = join({});
  EXPECT_EQ(joined(third).error, ErrorCode::group_max_size_reached);
  EXPECT_EQ(joined(third).member_id, "");
  EXPECT_EQ(group_.state(), GroupState::stable);
  join({.member_id = ids[0]});
  EXPECT_EQ(group_.state(), GroupState::preparing_rebalance);
}

TEST_F(GroupMembership, members_leave_by_id_and_by_instance) {
  const auto ids = stable_group({{}, {.instance_id = "i"}, {}});
  const auto pending = joined(join({.asks_for_id = true})).member_id;
  const std::vector outcomes = leave({{"", "i"},
                                      {"", "unknown"},
                                      {"made-up", std::nullopt},
                                      {pending, std::nullopt},
                                      {ids[2], std::nullopt}});
  EXPECT_EQ(outcomes,
            (std::vector{ErrorCode::none, ErrorCode::unknown_member_id,
                         ErrorCode::unknown_member_id, ErrorCode::none, ErrorCode::none}));
  EXPECT_EQ(group_.members().size(), 1U);
  EXPECT_EQ(group_.state(), GroupState::preparing_rebalance);
}

TEST_F(GroupMembership, a_static_member_that_starts_again_keeps_its_work_and_the_generation) {
  const auto ids = stable_group({{}, {.instance_id = "i"}});
  const auto again = join({.instance_id = "i"});
  const auto& answer = joined(again);
  EXPECT_EQ(answer.error, ErrorCode::none);
  EXPECT_EQ(answer.generation, GenerationId(1));
  EXPECT_NE(answer.member_id, ids[1]);
  EXPECT_FALSE(answer.skip_assignment);
  EXPECT_EQ(group_.state(), GroupState::stable);
  EXPECT_EQ(synced(sync(answer.member_id, GenerationId(1), {}, "i")).assignment,
            "work of " + ids[1]);
  // Whoever was it before is fenced.
  EXPECT_EQ(group_.heartbeat({ids[1], "i"}, GenerationId(1), time()),
            ErrorCode::fenced_instance_id);
  EXPECT_EQ(synced(sync(ids[1], GenerationId(1), {}, "i")).error, ErrorCode::fenced_instance_id);
  EXPECT_EQ(group_.check_commit({ids[1], "i"}, GenerationId(1), time()),
            ErrorCode::fenced_instance_id);
  EXPECT_EQ(joined(join({.member_id = ids[1], .instance_id = "i"})).error,
            ErrorCode::fenced_instance_id);
}

TEST_F(GroupMembership, a_static_leader_that_starts_again_need_not_assign) {
  stable_group({{.instance_id = "i"}, {}});
  const auto& answer = joined(join({.instance_id = "i"}));
  EXPECT_TRUE(answer.skip_assignment);
  EXPECT_EQ(answer.leader, answer.member_id);
  EXPECT_EQ(answer.members.size(), 2U);
}

TEST_F(GroupMembership, an_old_client_that_was_static_leader_is_told_its_old_id) {
  const auto ids = stable_group({{.instance_id = "i"}, {}});
  const auto& answer = joined(join({.instance_id = "i", .skips = false}));
  EXPECT_FALSE(answer.skip_assignment);
  EXPECT_EQ(answer.leader, ids[0]);
  EXPECT_TRUE(answer.members.empty());
}

TEST_F(GroupMembership, a_static_member_that_wants_another_protocol_makes_a_rebalance) {
  const std::vector<GroupProtocol> both = {{"range", ""}, {"sticky", ""}};
  const auto ids = stable_group({{.protocols = both}, {.instance_id = "i", .protocols = both}});
  join({.instance_id = "i", .protocols = {{"sticky", ""}}});
  EXPECT_EQ(group_.state(), GroupState::preparing_rebalance);
  const auto again = join({.member_id = ids[0], .protocols = both});
  EXPECT_EQ(joined(again).protocol_name, "sticky");
}

TEST_F(GroupMembership, a_static_member_replaced_while_it_waits_is_fenced) {
  stable_group({{}});
  const auto first = join({.instance_id = "i"});
  const auto second = join({.instance_id = "i"});
  EXPECT_EQ(joined(first).error, ErrorCode::fenced_instance_id);
  EXPECT_FALSE(answered(second));
}

TEST_F(GroupMembership, a_static_member_is_waited_for_until_its_session_ends) {
  const auto ids = stable_group({{}, {.instance_id = "i"}});
  const auto again = join({.member_id = ids[0]});
  EXPECT_FALSE(answered(again));
  advance(kSession);
  EXPECT_EQ(joined(again).members.size(), 1U);
}

TEST_F(GroupSync, waits_for_the_leader_and_for_the_log) {
  hold_stores_ = true;
  const auto first = join({});
  const auto second = join({});
  advance(0s);
  const auto leader = joined(first).member_id;
  const auto follower = joined(second).member_id;
  const auto early = sync(follower, GenerationId(1));
  EXPECT_FALSE(answered(early));
  const auto leading = sync(leader, GenerationId(1), {{follower, "f"}});
  EXPECT_FALSE(answered(leading));
  EXPECT_EQ(group_.state(), GroupState::completing_rebalance);
  finish_stores(ErrorCode::none);
  EXPECT_EQ(synced(early).assignment, "f");
  EXPECT_EQ(synced(leading).assignment, "");
  const auto stored = protocol::parse_group_metadata_value(stored_);
  ASSERT_TRUE(stored) << stored.error();
  EXPECT_EQ(stored->leader, leader);
  ASSERT_EQ(stored->members.size(), 2U);
  for (const auto& member : stored->members) {
    EXPECT_EQ(member.assignment.view, member.member_id == follower ? "f" : "");
    EXPECT_EQ(member.subscription.view, "m");
    EXPECT_EQ(member.client_host, "/host");
  }
}

TEST_F(GroupSync, that_cannot_be_stored_is_refused_and_the_group_joins_again) {
  hold_stores_ = true;
  const auto first = join({});
  advance(0s);
  const auto leader = joined(first).member_id;
  const auto leading = sync(leader, GenerationId(1), {{leader, "all"}});
  finish_stores(ErrorCode::coordinator_not_available);
  EXPECT_EQ(synced(leading).error, ErrorCode::coordinator_not_available);
  EXPECT_EQ(group_.state(), GroupState::preparing_rebalance);
}

TEST_F(GroupSync, of_a_generation_that_is_over_when_it_is_stored_does_nothing) {
  hold_stores_ = true;
  const auto first = join({});
  advance(0s);
  const auto leader = joined(first).member_id;
  const auto leading = sync(leader, GenerationId(1), {{leader, "all"}});
  join({});
  EXPECT_EQ(synced(leading).error, ErrorCode::rebalance_in_progress);
  finish_stores(ErrorCode::none);
  EXPECT_EQ(group_.state(), GroupState::preparing_rebalance);
}

TEST_F(GroupSync, is_refused_with_kafkas_errors) {
  EXPECT_EQ(synced(sync("m", GenerationId(0))).error, ErrorCode::unknown_member_id);
  const auto ids = stable_group({{}});
  EXPECT_EQ(synced(sync("m", GenerationId(1))).error, ErrorCode::unknown_member_id);
  EXPECT_EQ(synced(sync(ids[0], GenerationId(2))).error, ErrorCode::illegal_generation);
  SyncRequest wrong{.request = ++last_request_, .member = {ids[0], std::nullopt}};
  wrong.generation = GenerationId(1);
  wrong.protocol_name = "sticky";
  GroupEffects effects;
  group_.sync(wrong, time(), effects);
  EXPECT_EQ(effects.syncs.at(0).error, ErrorCode::inconsistent_group_protocol);
  join({.member_id = ids[0], .protocols = {{"range", "new"}}});
  EXPECT_EQ(group_.generation(), GenerationId(2));
}

TEST_F(GroupSync, who_does_not_sync_in_time_is_out) {
  const auto first = join({});
  const auto second = join({});
  advance(0s);
  const auto leader = joined(first).member_id;
  const auto lazy = joined(second).member_id;
  sync(leader, GenerationId(1), {});
  EXPECT_EQ(group_.state(), GroupState::stable);
  for (auto waited = 0s; waited < kRebalance; waited += 5s) {
    heartbeat(leader, GenerationId(1));
    EXPECT_EQ(heartbeat(lazy, GenerationId(1)), ErrorCode::none);
    advance(5s);
  }
  EXPECT_EQ(heartbeat(lazy, GenerationId(1)), ErrorCode::unknown_member_id);
  EXPECT_EQ(heartbeat(leader, GenerationId(1)), ErrorCode::rebalance_in_progress);
}

TEST_F(GroupTimes, heartbeats_keep_a_session_alive_and_silence_ends_it) {
  const auto ids = stable_group({{}, {}});
  for (int i = 0; i < 5; ++i) {
    advance(kSession - 1s);
    EXPECT_EQ(heartbeat(ids[0], GenerationId(1)),
              i == 0 ? ErrorCode::none : ErrorCode::rebalance_in_progress);
    EXPECT_EQ(group_.members().size(), i == 0 ? 2U : 1U);
  }
}

TEST_F(GroupTimes, who_waits_for_the_others_to_join_need_not_send_heartbeats) {
  const auto ids = stable_group({{}, {}});
  const auto again = join({.member_id = ids[0]});
  for (auto waited = 0s; waited < kRebalance - 5s; waited += 5s) {
    heartbeat(ids[1], GenerationId(1));
    advance(5s);
  }
  EXPECT_FALSE(answered(again));
  join({.member_id = ids[1]});
  EXPECT_EQ(joined(again).generation, GenerationId(2));
}

TEST_F(GroupTimes, a_newcomer_whose_client_is_gone_is_forgotten) {
  settings_.new_member_join_timeout = 20s;
  const auto ids = stable_group({{}});
  const auto gone = join({});
  for (auto waited = 0s; waited < 20s; waited += 5s) {
    heartbeat(ids[0], GenerationId(1));
    advance(5s);
  }
  EXPECT_EQ(joined(gone).error, ErrorCode::unknown_member_id);
  EXPECT_EQ(group_.members().size(), 1U);
}

TEST_F(GroupTimes, generations_do_not_overflow) {
  protocol::GroupMetadataValue stored;
  stored.protocol_type = "consumer";
  stored.generation = GenerationId(std::numeric_limits<std::int32_t>::max());
  Group group("old", settings_, stored, time());
  JoinRequest request{.request = 1, .protocol_type = "consumer", .protocols = {{"range", ""}}};
  GroupEffects effects;
  group.join(request, time(), random_, effects);
  group.on_time(time(), effects);
  EXPECT_EQ(effects.joins.at(0).generation, GenerationId(0));
}

TEST_F(GroupMembership, only_members_of_the_generation_commit) {
  using Identity = MemberIdentity;
  EXPECT_EQ(group_.check_commit(Identity{}, kNoGeneration, time()), ErrorCode::none);
  EXPECT_EQ(group_.check_commit(Identity{"m", {}}, GenerationId(1), time()),
            ErrorCode::unknown_member_id);
  const auto first = join({});
  advance(0s);
  const auto id = joined(first).member_id;
  EXPECT_EQ(group_.check_commit(Identity{id, {}}, GenerationId(1), time()),
            ErrorCode::rebalance_in_progress);
  sync(id, GenerationId(1));
  EXPECT_EQ(group_.check_commit(Identity{id, {}}, GenerationId(1), time()), ErrorCode::none);
  EXPECT_EQ(group_.check_commit(Identity{id, {}}, GenerationId(0), time()),
            ErrorCode::illegal_generation);
  EXPECT_EQ(group_.check_commit(Identity{id, {}}, kNoGeneration, time()),
            ErrorCode::illegal_generation);
  EXPECT_EQ(group_.check_commit(Identity{"other", {}}, GenerationId(1), time()),
            ErrorCode::unknown_member_id);
  EXPECT_EQ(group_.check_commit(Identity{}, kNoGeneration, time()), ErrorCode::unknown_member_id);
}

TEST_F(GroupMembership, a_dead_group_sends_everybody_away) {
  group_.die(time());
  EXPECT_EQ(joined(join({})).error, ErrorCode::coordinator_not_available);
  EXPECT_EQ(synced(sync("m", GenerationId(0))).error, ErrorCode::coordinator_not_available);
  EXPECT_EQ(heartbeat("m", GenerationId(0)), ErrorCode::coordinator_not_available);
  EXPECT_EQ(group_.check_commit({}, kNoGeneration, time()), ErrorCode::coordinator_not_available);
}

TEST_F(GroupMembership, what_is_read_from_the_log_is_what_was_stored) {
  const auto ids = stable_group({{}, {.instance_id = "i"}});
  const auto stored = protocol::parse_group_metadata_value(stored_);
  ASSERT_TRUE(stored) << stored.error();
  Group loaded("g", settings_, *stored, time());
  EXPECT_EQ(loaded.state(), GroupState::stable);
  EXPECT_EQ(loaded.generation(), group_.generation());
  EXPECT_EQ(loaded.leader(), group_.leader());
  EXPECT_EQ(loaded.protocol_name(), group_.protocol_name());
  for (const auto& id : ids) {
    const auto& before = group_.members().at(id);
    const auto& after = loaded.members().at(id);
    EXPECT_EQ(after.instance_id, before.instance_id);
    EXPECT_EQ(after.assignment, before.assignment);
    EXPECT_EQ(after.protocols, before.protocols);
    EXPECT_EQ(after.session_timeout, before.session_timeout);
    EXPECT_EQ(after.rebalance_timeout, before.rebalance_timeout);
  }
  EXPECT_EQ(loaded.heartbeat({ids[0], std::nullopt}, GenerationId(1), time()), ErrorCode::none);
}

TEST_F(GroupMembership, memory_is_given_back_when_the_members_go) {
  const auto before = group_.memory();
  const std::string large(100'000, 'x');
  std::vector<MemberIdentity> all;
  const auto ids = stable_group(
      {{.protocols = {{"range", large}}}, {.instance_id = "i", .protocols = {{"range", large}}}});
  joined(join({.protocols = {{"range", large}}, .asks_for_id = true}));
  EXPECT_GT(group_.memory(), before + 2 * large.size());
  join({.instance_id = "i", .protocols = {{"range", "small"}}});
  for (const auto& [id, member] : group_.members()) all.push_back({id, std::nullopt});
  leave(all);
  advance(kSession);
  EXPECT_EQ(group_.state(), GroupState::empty);
  EXPECT_EQ(group_.memory(), before);
}

TEST_F(GroupMembership, subscriptions_are_known_of_consumers_alone) {
  stable_group({{.protocols = {{"range", subscription({"a", "b"})}}},
                {.protocols = {{"range", subscription({"b", "c"})}}}});
  const auto topics = group_.subscribed_topics();
  ASSERT_TRUE(topics);
  EXPECT_EQ(*topics, (std::set<std::string, std::less<>>{"a", "b", "c"}));
}

}  // namespace
}  // namespace ottla::broker
