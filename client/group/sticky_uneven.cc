#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "client/group/sticky.h"

namespace ottla::client {
namespace {

using Numbers = AssignmentTask::Numbers;

// Who moved what, so that two members do not hand partitions of a topic to and fro: rather than
// give one back for another, the first one returns.
class Movements {
 public:
  explicit Movements(const AssignmentTask& task) : task_(task) {}

  // The partition to move to `target` in the place of `partition`.
  std::size_t actual(std::size_t partition, std::size_t owner, std::size_t target) const {
    const auto moved = by_partition_.find(partition);
    const auto source = moved == by_partition_.end() ? owner : moved->second.first;
    const auto back = by_pair_.find({task_.topic_of(partition), {target, source}});
    return back == by_pair_.end() ? partition : *back->second.begin();
  }

  void note(std::size_t partition, std::size_t owner, std::size_t target) {
    const auto topic = task_.topic_of(partition);
    auto source = owner;
    if (const auto moved = by_partition_.find(partition); moved != by_partition_.end()) {
      source = moved->second.first;
      const auto pair = by_pair_.find({topic, moved->second});
      pair->second.erase(partition);
      if (pair->second.empty()) by_pair_.erase(pair);
      by_partition_.erase(moved);
    }
    if (source == target) return;
    by_partition_[partition] = {source, target};
    by_pair_[{topic, {source, target}}].insert(partition);
  }

 private:
  using Pair = std::pair<std::size_t, std::size_t>;  // from, to
  const AssignmentTask& task_;
  std::map<std::size_t, Pair> by_partition_;
  std::map<std::pair<std::size_t, Pair>, std::set<std::size_t>> by_pair_;
};

class UnevenAssignment {
  static constexpr auto kNone = AssignmentTask::kNone;

 public:
  UnevenAssignment(const AssignmentTask& task, const PreviousOwners& previous)
      : task_(task),
        previous_(previous),
        racks_(task),
        movements_(task),
        owner_(task.partition_count(), kNone),
        count_(task.member_count()),
        subscribers_(task.topic_count()) {
    for (std::size_t member = 0; member < task.member_count(); ++member) {
      for (const auto topic : task.topics_of(member)) ++subscribers_[topic];
    }
  }

  StickyAnswer run() {
    keep_owned();
    for (std::size_t m = 0; m < task_.member_count(); ++m) by_count_.emplace(count_[m], m);
    const auto all = by_subscribers();
    Numbers left;
    std::copy_if(all.begin(), all.end(), std::back_inserter(left),
                 [this](auto partition) { return owner_[partition] == kNone; });
    const bool from_nothing = by_count_.empty() || by_count_.rbegin()->first == 0;
    if (racks_.in_use()) deal(left, true);
    deal(left, false);
    balance(all, left, from_nothing);
    NumberedAssignment assignment(task_.member_count());
    for (std::size_t p = 0; p < owner_.size(); ++p) assignment[owner_[p]].push_back(p);
    return {std::move(assignment), std::nullopt};
  }

 private:
  void keep_owned() {
    for (std::size_t partition = 0; partition < owner_.size(); ++partition) {
      const auto owner = previous_.owner[partition];
      if (owner == kNone) continue;
      const bool keeps =
          task_.subscribes(owner, task_.topic_of(partition)) && !racks_.mismatch(owner, partition);
      if (keeps) {
        owner_[partition] = owner;
        ++count_[owner];
      } else {
        given_up_ = true;
      }
    }
  }

  // Partitions of topics with few subscribers first.
  Numbers by_subscribers() const {
    Numbers all(task_.partition_count());
    for (std::size_t partition = 0; partition < all.size(); ++partition) all[partition] = partition;
    std::stable_sort(all.begin(), all.end(), [this](auto left, auto right) {
      return subscribers_[task_.topic_of(left)] < subscribers_[task_.topic_of(right)];
    });
    return all;
  }

  // Each to the member with the fewest that may have it.
  void deal(const Numbers& partitions, bool near) {
    for (const auto partition : partitions) {
      if (owner_[partition] != kNone) continue;
      const auto found = std::find_if(by_count_.begin(), by_count_.end(), [&](const auto& entry) {
        return task_.subscribes(entry.second, task_.topic_of(partition)) &&
               !(near && racks_.mismatch(entry.second, partition));
      });
      if (found == by_count_.end()) continue;
      const auto member = found->second;
      owner_[partition] = member;
      recount(member, count_[member] + 1);
    }
  }

  void balance(const Numbers& all, const Numbers& dealt, bool from_nothing) {
    const auto shared = [this](const Numbers& partitions) {
      Numbers kept;
      std::copy_if(partitions.begin(), partitions.end(), std::back_inserter(kept),
                   [this](auto p) { return subscribers_[task_.topic_of(p)] >= 2; });
      return kept;
    };
    set_aside_fixed();
    const auto owner_before = owner_;
    const auto count_before = count_;
    if (!given_up_) move_all(shared(dealt));
    const bool moved = move_all(shared(all));
    if (from_nothing || !moved || imbalance(count_) < imbalance(count_before)) return;
    owner_ = owner_before;
    count_ = count_before;
  }

  // Members that have all they can have, and share none of it, take no part.
  void set_aside_fixed() {
    for (std::size_t member = 0; member < task_.member_count(); ++member) {
      std::size_t most = 0;
      bool shares = false;
      for (const auto topic : task_.topics_of(member)) {
        most += task_.partition_count(topic);
        shares = shares || subscribers_[topic] >= 2;
      }
      if (count_[member] == most && !shares) by_count_.erase({count_[member], member});
    }
  }

  // True if something was moved.
  bool move_all(const Numbers& partitions) {
    bool any = false;
    for (bool moved = true; moved;) {
      moved = false;
      bool balanced = is_balanced();
      for (const auto partition : partitions) {
        if (balanced) break;
        const auto target = better_owner(partition);
        if (target == kNone) continue;
        move(partition, target);
        moved = true;
        balanced = is_balanced();
      }
      any = any || moved;
    }
    return any;
  }

  // Nobody could have a partition of somebody who has two or more than that.
  bool is_balanced() const {
    Numbers largest(task_.topic_count());
    for (std::size_t partition = 0; partition < owner_.size(); ++partition) {
      auto& most = largest[task_.topic_of(partition)];
      most = std::max(most, count_[owner_[partition]]);
    }
    return std::none_of(by_count_.begin(), by_count_.end(), [&](const auto& entry) {
      const auto& topics = task_.topics_of(entry.second);
      return std::any_of(topics.begin(), topics.end(),
                         [&](auto topic) { return largest[topic] > entry.first + 1; });
    });
  }

  // Whoever had it before, or else has the fewest; kNone if that would not even it out.
  std::size_t better_owner(std::size_t partition) const {
    const auto topic = task_.topic_of(partition);
    const auto gains = [&](auto member) {
      return task_.subscribes(member, topic) && count_[owner_[partition]] > count_[member] + 1;
    };
    const auto before = previous_.earlier[partition].member;
    if (before != kNone && gains(before)) return before;
    const auto found = std::find_if(by_count_.begin(), by_count_.end(), [&](const auto& entry) {
      return task_.subscribes(entry.second, topic);
    });
    return found != by_count_.end() && gains(found->second) ? found->second : kNone;
  }

  void move(std::size_t partition, std::size_t target) {
    auto actual = movements_.actual(partition, owner_[partition], target);
    // Every move evens out, so that they come to an end.
    if (count_[owner_[actual]] <= count_[target] + 1) actual = partition;
    const auto source = owner_[actual];
    movements_.note(actual, source, target);
    owner_[actual] = target;
    recount(source, count_[source] - 1);
    recount(target, count_[target] + 1);
  }

  void recount(std::size_t member, std::size_t count) {
    by_count_.erase({count_[member], member});
    count_[member] = count;
    by_count_.emplace(count, member);
  }

  // The differences of all pairs of those that take part, added up.
  std::size_t imbalance(const Numbers& counts) const {
    Numbers sorted;
    for (const auto& [count, member] : by_count_) sorted.push_back(counts[member]);
    std::sort(sorted.begin(), sorted.end());
    std::size_t sum = 0;
    std::size_t before = 0;
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      sum += sorted[i] * i - before;
      before += sorted[i];
    }
    return sum;
  }

  const AssignmentTask& task_;
  const PreviousOwners& previous_;
  const StickyRacks racks_;
  Movements movements_;
  bool given_up_ = false;                                   // somebody has lost what it had
  Numbers owner_;                                           // by partition
  Numbers count_;                                           // by member
  Numbers subscribers_;                                     // by topic
  std::set<std::pair<std::size_t, std::size_t>> by_count_;  // members that take part
};

}  // namespace

StickyAnswer assign_unevenly(const AssignmentTask& task, const PreviousOwners& previous) {
  return UnevenAssignment(task, previous).run();
}

}  // namespace ottla::client
