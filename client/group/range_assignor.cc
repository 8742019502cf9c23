#include <algorithm>
#include <map>
#include <utility>

#include "client/group/assignment_task.h"
#include "client/group/assignors.h"

namespace ottla::client {
namespace {

using Numbers = AssignmentTask::Numbers;

// One topic while it is dealt out among the members that subscribe to it.
class TopicRange {
 public:
  TopicRange(const AssignmentTask& task, std::size_t topic)
      : task_(task), topic_(topic), taken_(task.partition_count(topic)) {
    for (const auto member : task.members_by_instance()) {
      if (task.subscribes(member, topic)) members_.push_back(member);
    }
    counts_.resize(members_.size());
    each_ = taken_.size() / members_.size();
    extra_left_ = taken_.size() % members_.size();
    const auto first = task.first_partition(topic);
    rack_aware_ = use_rack_aware(task, members_, first, first + taken_.size());
    has_racks_ = std::any_of(members_.begin(), members_.end(),
                             [&](auto member) { return !task.rack_of(member).empty(); });
  }

  const Numbers& members() const { return members_; }
  std::size_t partition_count() const { return taken_.size(); }
  bool has_racks() const { return has_racks_; }
  bool rack_aware() const { return rack_aware_; }

  bool rack_matches(std::size_t place, std::size_t index) const {
    const auto rack = task_.rack_of(members_[place]);
    return rack.empty() || task_.rack_holds(rack, task_.first_partition(topic_) + index);
  }

  // How many more the member at this place may have.
  std::size_t room(std::size_t place) const {
    const auto most = each_ + (extra_left_ > 0 ? 1 : 0);
    return most > counts_[place] ? most - counts_[place] : 0;
  }

  void give(std::size_t place, std::size_t index, NumberedAssignment& assignment) {
    taken_[index] = true;
    assignment[members_[place]].push_back(task_.first_partition(topic_) + index);
    ++counts_[place];
  }
  // Once after each round of `give` to the member at this place.
  void given(std::size_t place) {
    if (counts_[place] > each_) --extra_left_;
  }

  // In the order of the members each gets as many as it may have of those left that suit it.
  void deal(bool by_rack, NumberedAssignment& assignment) {
    for (std::size_t place = 0; place < members_.size(); ++place) {
      auto left = room(place);
      bool some = false;
      for (std::size_t index = 0; index < taken_.size() && left > 0; ++index) {
        if (taken_[index] || (by_rack && !rack_matches(place, index))) continue;
        give(place, index, assignment);
        some = true;
        --left;
      }
      if (some) given(place);
    }
  }

 private:
  const AssignmentTask& task_;
  const std::size_t topic_;
  std::vector<bool> taken_;
  Numbers members_;
  Numbers counts_;  // by place in members_
  std::size_t each_ = 0;
  std::size_t extra_left_ = 0;
  bool rack_aware_ = false;
  bool has_racks_ = false;
};

using Together = std::vector<TopicRange*>;

// Topics that are to be cut at the same places: an index goes to the first member that is near it
// in all of them and has room in all of them.
void deal_together(const Together& topics, NumberedAssignment& assignment) {
  const auto& first = *topics.front();
  Numbers left(first.members().size());
  for (std::size_t place = 0; place < left.size(); ++place) left[place] = place;
  for (std::size_t index = 0; index < first.partition_count() && !left.empty(); ++index) {
    const auto found = std::find_if(left.begin(), left.end(), [&](std::size_t place) {
      return std::all_of(topics.begin(), topics.end(), [&](const auto* topic) {
        return topic->rack_matches(place, index) && topic->room(place) > 0;
      });
    });
    if (found == left.end()) continue;
    for (auto* topic : topics) {
      topic->give(*found, index, assignment);
      topic->given(*found);
    }
    const bool full = std::none_of(topics.begin(), topics.end(),
                                   [&](const auto* topic) { return topic->room(*found) > 0; });
    if (full) left.erase(found);
  }
}

void deal_by_rack(std::vector<TopicRange>& topics, NumberedAssignment& assignment) {
  std::map<std::pair<Numbers, std::size_t>, Together> groups;
  for (auto& topic : topics) {
    if (topic.has_racks()) groups[{topic.members(), topic.partition_count()}].push_back(&topic);
  }
  for (auto& [key, together] : groups) {
    if (together.size() > 1) {
      deal_together(together, assignment);
    } else if (together.front()->rack_aware()) {
      together.front()->deal(true, assignment);
    }
  }
}

class RangeAssignor final : public ConsumerPartitionAssignor {
 public:
  std::string_view name() const override { return "range"; }

  Assignments assign(const std::vector<AssignableTopic>& topics,
                     const std::vector<GroupMember>& members) override {
    const AssignmentTask task(topics, members);
    std::vector<TopicRange> ranges;
    for (std::size_t topic = 0; topic < task.topic_count(); ++topic) {
      ranges.emplace_back(task, topic);
    }
    NumberedAssignment assignment(task.member_count());
    if (std::any_of(ranges.begin(), ranges.end(), [](auto& range) { return range.rack_aware(); })) {
      deal_by_rack(ranges, assignment);
    }
    for (auto& range : ranges) range.deal(false, assignment);
    for (auto& partitions : assignment) std::sort(partitions.begin(), partitions.end());
    return to_assignments(task, assignment);
  }
};

}  // namespace

std::unique_ptr<ConsumerPartitionAssignor> make_range_assignor() {
  return std::make_unique<RangeAssignor>();
}

}  // namespace ottla::client
