#include <algorithm>
#include <set>
#include <utility>

#include "base/endian.h"
#include "client/group/assignors.h"
#include "client/group/sticky.h"
#include "client/group/sticky_user_data.h"

namespace ottla::client {
namespace {

using ReadClaim = StickyClaim (*)(const AssignmentTask&, const GroupSubscription&);

StickyAnswer assign_sticky(const AssignmentTask& task, ReadClaim read) {
  if (task.member_count() == 0) return {};
  std::vector<StickyClaim> claims;
  for (std::size_t member = 0; member < task.member_count(); ++member) {
    claims.push_back(read(task, task.member(member).subscription));
  }
  const PreviousOwners previous(task, claims);
  return task.subscriptions_equal() ? assign_evenly(task, previous)
                                    : assign_unevenly(task, previous);
}

class StickyAssignor final : public ConsumerPartitionAssignor {
 public:
  std::string_view name() const override { return "sticky"; }

  std::optional<Bytes> subscription_user_data(const std::vector<std::string>&) override {
    if (!assigned_) return std::nullopt;
    return write_sticky_user_data(*assigned_, generation_);
  }

  Assignments assign(const std::vector<AssignableTopic>& topics,
                     const std::vector<GroupMember>& members) override {
    const AssignmentTask task(topics, members);
    return to_assignments(task, assign_sticky(task, read_sticky_claim).assignment);
  }

  void on_assignment(const GroupAssignment& assignment,
                     const ConsumerGroupMetadata& metadata) override {
    assigned_ = assignment.partitions;
    generation_ = metadata.generation_id;
  }

 private:
  std::optional<std::vector<TopicPartition>> assigned_;
  std::int32_t generation_ = -1;
};

// Partitions that a member got and did not have, and that somebody else had and did not get.
std::vector<bool> find_moving(const AssignmentTask& task, const NumberedAssignment& assignment) {
  std::vector<bool> added(task.partition_count());
  std::vector<bool> taken(task.partition_count());
  for (std::size_t member = 0; member < task.member_count(); ++member) {
    std::set<std::size_t> owned;
    for (const auto& name : task.member(member).subscription.owned_partitions) {
      const auto partition = task.find(name.topic, name.partition);
      if (partition != AssignmentTask::kNone) owned.insert(partition);
    }
    for (const auto partition : assignment[member]) {
      if (owned.erase(partition) == 0) added[partition] = true;
    }
    for (const auto partition : owned) taken[partition] = true;
  }
  std::transform(added.begin(), added.end(), taken.begin(), added.begin(),
                 [](bool a, bool b) { return a && b; });
  return added;
}

class CooperativeStickyAssignor final : public ConsumerPartitionAssignor {
 public:
  std::string_view name() const override { return "cooperative-sticky"; }

  std::vector<RebalanceProtocol> supported_protocols() const override {
    return {RebalanceProtocol::cooperative, RebalanceProtocol::eager};
  }

  std::optional<Bytes> subscription_user_data(const std::vector<std::string>&) override {
    Bytes data(sizeof generation_, '\0');
    base::store_be(data.data(), generation_);
    return data;
  }

  // What moves is not given to its new owner while the old one may still have it; that is for the
  // rebalance which the old one asks for as soon as it has let go.
  Assignments assign(const std::vector<AssignableTopic>& topics,
                     const std::vector<GroupMember>& members) override {
    const AssignmentTask task(topics, members);
    auto answer = assign_sticky(task, read_cooperative_claim);
    const auto moving = answer.moving ? *answer.moving : find_moving(task, answer.assignment);
    for (auto& partitions : answer.assignment) {
      std::erase_if(partitions, [&](auto partition) { return moving[partition]; });
    }
    return to_assignments(task, answer.assignment);
  }

  void on_assignment(const GroupAssignment&, const ConsumerGroupMetadata& metadata) override {
    generation_ = metadata.generation_id;
  }

 private:
  std::int32_t generation_ = -1;
};

}  // namespace

std::unique_ptr<ConsumerPartitionAssignor> make_sticky_assignor() {
  return std::make_unique<StickyAssignor>();
}

std::unique_ptr<ConsumerPartitionAssignor> make_cooperative_sticky_assignor() {
  return std::make_unique<CooperativeStickyAssignor>();
}

}  // namespace ottla::client
