#include <algorithm>
#include <numeric>

#include "base/assert.h"
#include "client/group/sticky.h"

namespace ottla::client {
namespace {

using Numbers = AssignmentTask::Numbers;

// Everybody gets at least `least_`, and `most_over_` members one more than that.
class EvenAssignment {
  static constexpr auto kNone = AssignmentTask::kNone;

 public:
  EvenAssignment(const AssignmentTask& task, const PreviousOwners& previous)
      : task_(task),
        previous_(previous),
        racks_(task),
        least_(task.partition_count() / task.member_count()),
        most_over_(task.partition_count() % task.member_count()),
        assignment_(task.member_count()),
        assigned_(task.partition_count()),
        given_up_by_(task.partition_count(), kNone),
        moving_(task.partition_count()) {}

  StickyAnswer run() {
    keep_owned();
    std::sort(under_.begin(), under_.end());
    std::sort(at_least_.begin(), at_least_.end());
    auto left = unassigned();
    if (racks_.in_use()) deal_by_rack(left);
    deal(left);
    return {std::move(assignment_), std::move(moving_)};
  }

 private:
  // By partition, then topic; what was given up for its rack, or is disputed, is left out.
  NumberedAssignment owned_by_member() {
    Numbers order(task_.partition_count());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto index_of = [this](auto p) { return p - task_.first_partition(task_.topic_of(p)); };
    std::stable_sort(order.begin(), order.end(),
                     [&](auto left, auto right) { return index_of(left) < index_of(right); });
    NumberedAssignment owned(task_.member_count());
    for (const auto partition : order) {
      const auto owner = previous_.owner[partition];
      if (owner == kNone) continue;
      if (racks_.mismatch(owner, partition)) {
        given_up_by_[partition] = owner;
      } else if (!previous_.disputed[partition]) {
        owned[owner].push_back(partition);
      }
    }
    return owned;
  }

  void keep_owned() {
    const auto owned = owned_by_member();
    for (const auto member : task_.members_as_hashed()) {
      const auto& had = owned[member];
      if (had.size() < least_) {
        keep(member, had, had.size());
        under_.push_back(member);
      } else if (had.size() >= most() && over_ < most_over_) {
        keep(member, had, most());
        note_over();
      } else {
        keep(member, had, least_);
        if (over_ < most_over_) at_least_.push_back(member);
      }
    }
  }

  void keep(std::size_t member, const Numbers& had, std::size_t count) {
    for (std::size_t i = 0; i < had.size(); ++i) {
      if (i < count) {
        assignment_[member].push_back(had[i]);
        assigned_[had[i]] = true;
      } else {
        given_up_by_[had[i]] = member;
      }
    }
  }

  Numbers unassigned() const {
    Numbers left;
    for (std::size_t partition = 0; partition < assigned_.size(); ++partition) {
      if (!assigned_[partition]) left.push_back(partition);
    }
    return left;
  }

  // Those that few members are near come first; each goes to the next of the members in turn that
  // is near it. What nobody near has room for stays in `left`.
  void deal_by_rack(Numbers& left) {
    Numbers near(task_.partition_count());
    for (const auto partition : left) {
      for (std::size_t member = 0; member < task_.member_count(); ++member) {
        if (racks_.near(member, partition)) ++near[partition];
      }
    }
    std::stable_sort(left.begin(), left.end(), [&](auto a, auto b) { return near[a] < near[b]; });
    std::size_t turn = 0;
    std::erase_if(left, [&](auto partition) { return give_near(partition, turn); });
  }

  bool give_near(std::size_t partition, std::size_t& turn) {
    if (const auto place = find_near(under_, partition, turn); place != kNone) {
      const auto member = under_[place];
      give(member, partition);
      turn = place + 1;
      if (assignment_[member].size() >= least_) {
        under_.erase(under_.begin() + static_cast<std::ptrdiff_t>(place));
        if (assignment_[member].size() < most() && over_ < most_over_) at_least_.push_back(member);
        turn = place;
      }
      turn = under_.empty() ? 0 : turn % under_.size();
      return true;
    }
    const auto place = find_near(at_least_, partition, 0);
    if (place == kNone) return false;
    const auto member = at_least_[place];
    at_least_.erase(at_least_.begin() + static_cast<std::ptrdiff_t>(place));
    give(member, partition);
    note_over();
    return true;
  }

  std::size_t find_near(const Numbers& members, std::size_t partition, std::size_t first) const {
    for (std::size_t i = 0; i < members.size(); ++i) {
      const auto place = (first + i) % members.size();
      if (racks_.near(members[place], partition)) return place;
    }
    return kNone;
  }

  void deal(const Numbers& left) {
    std::size_t turn = 0;
    for (const auto partition : left) {
      if (turn == under_.size()) turn = 0;
      if (under_.empty()) {
        OTTLA_ASSERT(!at_least_.empty(), "the shares add up to all partitions");
        give(at_least_.front(), partition);
        at_least_.erase(at_least_.begin());
        continue;
      }
      const auto member = under_[turn++];
      give(member, partition);
      if (assignment_[member].size() == least_) {
        under_.erase(under_.begin() + static_cast<std::ptrdiff_t>(--turn));
        at_least_.push_back(member);
      }
    }
  }

  void give(std::size_t member, std::size_t partition) {
    assignment_[member].push_back(partition);
    const auto before = given_up_by_[partition];
    if ((before != kNone && before != member) || previous_.disputed[partition]) {
      moving_[partition] = true;
    }
  }

  std::size_t most() const { return least_ + (most_over_ > 0 ? 1 : 0); }

  void note_over() {
    if (++over_ == most_over_) at_least_.clear();
  }

  const AssignmentTask& task_;
  const PreviousOwners& previous_;
  const StickyRacks racks_;
  const std::size_t least_;
  const std::size_t most_over_;
  std::size_t over_ = 0;  // members that have one more

  NumberedAssignment assignment_;
  std::vector<bool> assigned_;
  Numbers given_up_by_;  // by partition
  std::vector<bool> moving_;
  Numbers under_;     // members that have too few
  Numbers at_least_;  // members that have `least_` and may get one more
};

}  // namespace

StickyAnswer assign_evenly(const AssignmentTask& task, const PreviousOwners& previous) {
  return EvenAssignment(task, previous).run();
}

}  // namespace ottla::client
