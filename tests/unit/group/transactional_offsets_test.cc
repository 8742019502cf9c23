#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "protocol/record/control_record.h"
#include "tests/simulation/seeds.h"
#include "tests/unit/group/coordinator_world.h"

namespace ottla::broker {
namespace {

using protocol::ProducerEpoch;
using protocol::ProducerId;
using Answer = std::shared_ptr<std::optional<ErrorCode>>;

class TransactionalOffsets : public CoordinatorWorld {
 protected:
  Answer commit_in(std::int64_t producer, std::string_view group, std::int64_t offset,
                   const MemberIdentity& member = {}, GenerationId generation = kNoGeneration) {
    auto answer = std::make_shared<std::optional<ErrorCode>>();
    const GroupCoordinator::Committer committer{.member = member,
                                                .generation = generation,
                                                .producer_id = ProducerId(producer),
                                                .producer_epoch = ProducerEpoch(0)};
    coordinator_->commit(group, committer, {{"t", 0, {.offset = protocol::Offset(offset)}}},
                         [answer](ErrorCode error) { *answer = error; });
    turn();
    return answer;
  }

  Answer end(std::int64_t producer, bool commit) {
    auto answer = std::make_shared<std::optional<ErrorCode>>();
    auto marker = protocol::end_transaction_batch({commit, 0}, ProducerId(producer),
                                                  ProducerEpoch(0), node_.loop().wall_now());
    coordinator_->end_transaction(0, {ProducerId(producer), commit}, std::move(marker),
                                  [answer](ErrorCode error) { *answer = error; });
    turn();
    return answer;
  }

  Answer forget(std::string_view group) {
    auto answer = std::make_shared<std::optional<ErrorCode>>();
    coordinator_->delete_offsets(group, {{"t", 0}}, [answer](const auto& forgotten) {
      *answer = forgotten ? ErrorCode::none : forgotten.error().code();
    });
    turn();
    return answer;
  }

  bool unstable(std::string_view group) {
    const auto view = coordinator_->find(group);
    return view && view->group != nullptr && view->is_unstable("t", 0);
  }

  // The broker begins anew with what is in the log.
  void restart() {
    coordinator_.reset();
    make();
  }
};

TEST_F(TransactionalOffsets, count_when_the_commit_marker_is_durable_and_not_before) {
  ASSERT_EQ(*commit("g", 1), ErrorCode::none);
  ASSERT_EQ(*commit_in(7, "g", 5), ErrorCode::none);
  EXPECT_EQ(committed("g"), 1);
  EXPECT_TRUE(unstable("g"));
  log_->held = true;
  const auto ended = end(7, true);
  EXPECT_EQ(committed("g"), 1);
  EXPECT_TRUE(unstable("g"));
  EXPECT_FALSE(*ended);
  log_->finish();
  turn();
  EXPECT_EQ(*ended, ErrorCode::none);
  EXPECT_EQ(committed("g"), 5);
  EXPECT_FALSE(unstable("g"));
}

TEST_F(TransactionalOffsets, are_never_seen_of_a_transaction_that_was_aborted) {
  ASSERT_EQ(*commit("g", 1), ErrorCode::none);
  ASSERT_EQ(*commit_in(7, "g", 5), ErrorCode::none);
  ASSERT_EQ(*end(7, false), ErrorCode::none);
  EXPECT_EQ(committed("g"), 1);
  EXPECT_FALSE(unstable("g"));
  ASSERT_EQ(*end(7, true), ErrorCode::none);
  EXPECT_EQ(committed("g"), 1) << "a marker that is written again finds nothing";
  restart();
  EXPECT_EQ(committed("g"), 1);
}

TEST_F(TransactionalOffsets, are_unstable_from_the_append_on) {
  ASSERT_EQ(*commit("g", 1), ErrorCode::none);
  log_->held = true;
  const auto answer = commit_in(7, "g", 5);
  EXPECT_FALSE(*answer);
  EXPECT_TRUE(unstable("g"));
  log_->finish({.error = ErrorCode::invalid_producer_epoch, .refused = true});
  turn();
  EXPECT_EQ(*answer, ErrorCode::invalid_producer_epoch);
  EXPECT_FALSE(unstable("g")) << "it is not in the log";
  EXPECT_EQ(log_->loads, 1);
}

TEST_F(TransactionalOffsets, that_were_refused_leave_those_before_them) {
  ASSERT_EQ(*commit_in(7, "g", 5), ErrorCode::none);
  log_->held = true;
  const auto refused = commit_in(7, "g", 6);
  log_->finish({.error = ErrorCode::kafka_storage_error, .refused = true});
  turn();
  ASSERT_EQ(*refused, ErrorCode::kafka_storage_error);
  EXPECT_TRUE(unstable("g"));
  log_->held = false;
  ASSERT_EQ(*end(7, true), ErrorCode::none);
  EXPECT_EQ(committed("g"), 5);
}

TEST_F(TransactionalOffsets, of_a_place_the_last_commit_of_a_transaction_counts) {
  ASSERT_EQ(*commit_in(7, "g", 5), ErrorCode::none);
  ASSERT_EQ(*commit_in(7, "g", 4), ErrorCode::none);
  ASSERT_EQ(*commit_in(8, "g", 9), ErrorCode::none);
  ASSERT_EQ(*end(7, true), ErrorCode::none);
  EXPECT_EQ(committed("g"), 4);
  EXPECT_TRUE(unstable("g")) << "the other transaction is open";
  ASSERT_EQ(*end(8, false), ErrorCode::none);
  EXPECT_EQ(committed("g"), 4);
  EXPECT_FALSE(unstable("g"));
}

TEST_F(TransactionalOffsets, do_not_replace_what_was_committed_behind_them) {
  ASSERT_EQ(*commit_in(7, "g", 5), ErrorCode::none);
  ASSERT_EQ(*commit("g", 2), ErrorCode::none);
  ASSERT_EQ(*end(7, true), ErrorCode::none);
  EXPECT_EQ(committed("g"), 2);
  restart();
  EXPECT_EQ(committed("g"), 2);
}

TEST_F(TransactionalOffsets, of_an_open_transaction_are_pending_after_a_restart) {
  ASSERT_EQ(*commit("g", 1), ErrorCode::none);
  ASSERT_EQ(*commit_in(7, "g", 5), ErrorCode::none);
  ASSERT_EQ(*commit_in(7, "h", 6), ErrorCode::none);
  restart();
  EXPECT_EQ(committed("g"), 1);
  EXPECT_TRUE(unstable("g"));
  EXPECT_EQ(committed("h"), -1);
  EXPECT_TRUE(unstable("h")) << "a group that has nothing else";
  ASSERT_EQ(*end(7, true), ErrorCode::none);
  EXPECT_EQ(committed("g"), 5);
  EXPECT_EQ(committed("h"), 6);
}

TEST_F(TransactionalOffsets, are_forgotten_with_the_offset) {
  ASSERT_EQ(*commit_in(7, "g", 5), ErrorCode::none);
  ASSERT_EQ(*forget("g"), ErrorCode::none);
  EXPECT_FALSE(unstable("g"));
  ASSERT_EQ(*end(7, true), ErrorCode::none);
  EXPECT_EQ(committed("g"), -1);
  restart();
  EXPECT_EQ(committed("g"), -1);
}

TEST_F(TransactionalOffsets, of_a_deleted_group_do_not_bring_it_back) {
  ASSERT_EQ(*commit("g", 1), ErrorCode::none);
  ASSERT_EQ(*commit_in(7, "g", 5), ErrorCode::none);
  ASSERT_EQ(*remove("g"), ErrorCode::none);
  ASSERT_EQ(*end(7, true), ErrorCode::none);
  EXPECT_EQ(committed("g"), -1);
  restart();
  EXPECT_EQ(committed("g"), -1);
  EXPECT_EQ(coordinator_->groups()->size(), 0U);
}

TEST_F(TransactionalOffsets, of_a_deleted_topic_are_forgotten) {
  ASSERT_EQ(*commit_in(7, "g", 5), ErrorCode::none);
  auto topic = std::make_shared<TopicImage>();
  topic->name = "t";
  topic->partitions[0] = {};
  delete_topic(topic);
  EXPECT_FALSE(unstable("g"));
  ASSERT_EQ(*end(7, true), ErrorCode::none);
  EXPECT_EQ(committed("g"), -1);
}

TEST_F(TransactionalOffsets, keep_what_they_may_replace_and_their_group_from_expiring) {
  config_.offsets_retention_minutes = 1;
  config_.offsets_retention_check_interval_ms = 1000;
  restart();
  ASSERT_EQ(*commit("g", 1), ErrorCode::none);
  ASSERT_EQ(*commit_in(7, "g", 5), ErrorCode::none);
  ASSERT_EQ(*commit_in(7, "empty but for it", 5), ErrorCode::none);
  simulation_.run_for(std::chrono::minutes(3));
  EXPECT_EQ(committed("g"), 1);
  EXPECT_TRUE(unstable("empty but for it"));
  ASSERT_EQ(*end(7, false), ErrorCode::none);
  simulation_.run_for(std::chrono::minutes(3));
  EXPECT_EQ(committed("g"), -1);
  EXPECT_EQ(coordinator_->groups()->size(), 0U);
}

TEST_F(TransactionalOffsets, of_members_are_fenced_by_their_generation) {
  const auto joining = join("g");
  simulation_.run_for(std::chrono::seconds(4));
  ASSERT_TRUE(*joining);
  const auto& member = (*joining)->member_id;
  const auto generation = (*joining)->generation;
  EXPECT_EQ(*commit_in(7, "g", 5, {member, {}}, generation), ErrorCode::none)
      << "while the group is being assigned";
  const GenerationId next(generation.value + 1);
  EXPECT_EQ(*commit_in(7, "g", 5, {member, {}}, next), ErrorCode::illegal_generation);
  EXPECT_EQ(*commit_in(7, "g", 5, {"nobody", {}}, generation), ErrorCode::unknown_member_id);
  EXPECT_EQ(*commit_in(7, "g", 5, {member, "i"}, generation), ErrorCode::unknown_member_id);
  EXPECT_EQ(*commit_in(7, "new", 5, {member, {}}, generation), ErrorCode::illegal_generation);
  EXPECT_EQ(*commit_in(7, "g", 6), ErrorCode::none) << "old clients name no member";
  ASSERT_EQ(*end(7, true), ErrorCode::none);
  EXPECT_EQ(committed("g"), 6);
}

TEST_F(TransactionalOffsets, are_refused_beyond_the_memory_they_may_take) {
  make(1);
  EXPECT_EQ(*commit_in(7, "g", 5), ErrorCode::none);
  EXPECT_EQ(*commit_in(7, "g", 6), ErrorCode::policy_violation);
  ASSERT_EQ(*end(7, true), ErrorCode::none);
  EXPECT_EQ(committed("g"), 5);
}

TEST_F(TransactionalOffsets, a_marker_of_which_nobody_knows_is_looked_for_in_the_log) {
  ASSERT_EQ(*commit_in(7, "g", 5), ErrorCode::none);
  log_->held = true;
  const auto ended = end(7, true);
  log_->finish({.error = ErrorCode::kafka_storage_error});
  turn();
  EXPECT_EQ(*ended, ErrorCode::kafka_storage_error);
  EXPECT_EQ(log_->loads, 2);
  EXPECT_TRUE(unstable("g"));
  log_->held = false;
  ASSERT_EQ(*end(7, true), ErrorCode::none);
  EXPECT_EQ(committed("g"), 5);
}

TEST_F(TransactionalOffsets, a_marker_waits_for_a_coordinator_that_is_loading) {
  ASSERT_EQ(*commit_in(7, "g", 5), ErrorCode::none);
  log_->loads_held = true;
  restart();
  EXPECT_EQ(*end(7, true), ErrorCode::coordinator_load_in_progress);
  log_->held_loads.back()();
  turn();
  ASSERT_EQ(*end(7, true), ErrorCode::none);
  EXPECT_EQ(committed("g"), 5);
}

// Whatever happens, what the coordinator knows is what the durable part of its log says.
class TransactionalOffsetsSeeds : public TransactionalOffsets {
 protected:
  static constexpr std::string_view kGroups[] = {"a", "b", "c"};

  void step(base::Random& random) {
    const auto producer = static_cast<std::int64_t>(random.below(3));
    const auto group = kGroups[random.below(3)];
    switch (random.below(10)) {
      case 0:
      case 1:
        commit(group, ++offset_);
        break;
      case 2:
      case 3:
      case 4:
        commit_in(producer, group, ++offset_);
        break;
      case 5:
      case 6:
        end(producer, random.below(2) == 0);
        break;
      case 7:
        random.below(2) == 0 ? forget(group) : remove(group);
        break;
      default:
        if (log_->waiting() > 0) finish(random);
    }
  }

  void finish(base::Random& random) {
    OffsetsLog::Outcome outcome;
    // Alone: of what comes behind it nobody would know either.
    if (log_->waiting() == 1 && random.one_in(4)) {
      outcome.error = ErrorCode::kafka_storage_error;
      outcome.refused = random.one_in(2);
    }
    log_->finish(outcome);
    turn();
  }

  // By group, where there is one.
  std::map<std::string, std::int64_t> known() {
    std::map<std::string, std::int64_t> all;
    for (const auto group : kGroups) {
      if (const auto offset = committed(group); offset >= 0) all[std::string(group)] = offset;
    }
    return all;
  }

  void expect_what_the_log_says() {
    const auto loaded = log_->replay(0);
    std::map<std::string, std::int64_t> said;
    for (const auto& [id, group] : loaded.groups) {
      if (const auto* found = group.offsets.find("t", 0)) said[id] = found->offset.value;
    }
    EXPECT_EQ(known(), said);
    if (log_->waiting() > 0) return;
    for (const auto group : kGroups) {
      EXPECT_EQ(unstable(group), loaded.pending.contains(group, {"t", 0})) << group;
    }
  }

  std::int64_t offset_ = 0;
};

TEST_F(TransactionalOffsetsSeeds, memory_is_never_ahead_of_the_log_nor_behind_it) {
  simulation::for_each_seed(300, [this](std::uint64_t seed) {
    base::Random random(seed);
    log_ = std::make_unique<HeldLog>(node_.loop());
    restart();
    log_->held = true;
    for (int i = 0; i < 60 && !HasFailure(); ++i) {
      step(random);
      expect_what_the_log_says();
    }
    while (log_->waiting() > 0) finish(random);
    expect_what_the_log_says();
    const auto before = known();
    restart();
    EXPECT_EQ(known(), before);
    coordinator_.reset();
  });
}

}  // namespace
}  // namespace ottla::broker
