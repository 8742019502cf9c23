#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "broker/group/group.h"
#include "protocol/group/consumer_protocol.h"

namespace ottla::broker {

using namespace std::chrono_literals;

// A Group with a clock of its own and a log that takes everything at once, unless told otherwise.
class GroupWorld : public testing::Test {
 protected:
  static constexpr auto kSession = 10s;
  static constexpr auto kRebalance = 60s;

  GroupTime time() const { return {now_, wall_}; }

  struct Who {
    std::string member_id;
    std::optional<std::string> instance_id;
    std::vector<GroupProtocol> protocols = {{"range", "m"}};
    bool asks_for_id = false;
    bool skips = true;
  };

  RequestId join(const Who& who) {
    JoinRequest request;
    request.request = ++last_request_;
    request.member.member_id = who.member_id;
    if (who.instance_id) request.member.instance_id = *who.instance_id;
    request.client_id = "client";
    request.client_host = "/host";
    request.session_timeout = kSession;
    request.rebalance_timeout = kRebalance;
    request.protocol_type = "consumer";
    request.protocols = who.protocols;
    request.member_id_required = who.asks_for_id;
    request.knows_skip_assignment = who.skips;
    const auto id = request.request;
    GroupEffects effects;
    group_.join(request, time(), random_, effects);
    take(std::move(effects));
    return id;
  }

  RequestId sync(const std::string& member_id, GenerationId generation,
                 const std::map<std::string, std::string>& assignments = {},
                 std::optional<std::string> instance_id = {}) {
    SyncRequest request;
    request.request = ++last_request_;
    request.member.member_id = member_id;
    if (instance_id) request.member.instance_id = *instance_id;
    request.generation = generation;
    for (const auto& [member, bytes] : assignments) request.assignments.push_back({member, bytes});
    GroupEffects effects;
    group_.sync(request, time(), effects);
    take(std::move(effects));
    return last_request_;
  }

  ErrorCode heartbeat(const std::string& member_id, GenerationId generation) {
    return group_.heartbeat({member_id, std::nullopt}, generation, time());
  }

  std::vector<ErrorCode> leave(const std::vector<MemberIdentity>& leaving) {
    GroupEffects effects;
    auto outcomes = group_.leave(leaving, time(), effects);
    take(std::move(effects));
    return outcomes;
  }

  void advance(base::Duration by) {
    const auto until = now_ + by;
    while (group_.wake_at() <= until) {
      now_ = std::max(now_, group_.wake_at());
      GroupEffects effects;
      group_.on_time(time(), effects);
      take(std::move(effects));
    }
    now_ = until;
    wall_ += std::chrono::duration_cast<std::chrono::milliseconds>(by).count();
  }

  // Members that join an empty group together and sync; the leader first. Their ids.
  std::vector<std::string> stable_group(const std::vector<Who>& all) {
    std::vector<RequestId> joins;
    for (const auto& who : all) joins.push_back(join(who));
    advance(0s);
    std::vector<std::string> ids;
    std::map<std::string, std::string> assignments;
    for (const auto request : joins) {
      ids.push_back(joined(request).member_id);
      assignments[ids.back()] = "work of " + ids.back();
    }
    const auto leader = joined(joins.front()).leader;
    for (const auto& id : ids) {
      if (id != leader) sync(id, group_.generation());
    }
    sync(leader, group_.generation(), assignments);
    EXPECT_EQ(group_.state(), GroupState::stable);
    return ids;
  }

  bool answered(RequestId request) const {
    return joins_.contains(request) || syncs_.contains(request);
  }
  const JoinAnswer& joined(RequestId request) {
    EXPECT_TRUE(joins_.contains(request)) << "the join is not answered";
    return joins_[request];
  }
  const SyncAnswer& synced(RequestId request) {
    EXPECT_TRUE(syncs_.contains(request)) << "the sync is not answered";
    return syncs_[request];
  }

  void take(GroupEffects effects) {
    for (auto& answer : effects.joins) {
      EXPECT_TRUE(joins_.emplace(answer.request, answer).second) << "answered twice";
    }
    for (auto& answer : effects.syncs) {
      EXPECT_TRUE(syncs_.emplace(answer.request, answer).second) << "answered twice";
    }
    for (const auto id : effects.stores) {
      stored_ = protocol::encode(group_.to_store(id), 3).value();
      pending_stores_.push_back(id);
    }
    if (!hold_stores_) finish_stores(ErrorCode::none);
  }

  void finish_stores(ErrorCode outcome) {
    for (const auto id : std::exchange(pending_stores_, {})) {
      GroupEffects effects;
      group_.on_stored(id, outcome, time(), effects);
      take(std::move(effects));
    }
  }

  GroupSettings settings_;
  Group group_{"g", settings_, 0};
  base::Random random_{7};
  base::TimePoint now_{};
  base::WallMillis wall_ = 1'000'000;
  RequestId last_request_ = 0;
  std::map<RequestId, JoinAnswer> joins_;
  std::map<RequestId, SyncAnswer> syncs_;
  std::string stored_;  // the last record
  bool hold_stores_ = false;
  std::vector<std::uint64_t> pending_stores_;
};

inline std::string subscription(std::vector<std::string_view> topics) {
  protocol::ConsumerProtocolSubscription made;
  made.topics = std::move(topics);
  return protocol::encode(made).value();
}

}  // namespace ottla::broker
