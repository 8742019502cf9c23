#include "client/group/assignment_task.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "client/group/java_order.h"

namespace ottla::client {
namespace {

bool instance_less(const GroupMember& left, const GroupMember& right) {
  const auto& l = left.subscription.group_instance_id;
  const auto& r = right.subscription.group_instance_id;
  if (l && r) return java_less(*l, *r);
  if (l || r) return l.has_value();
  return java_less(left.member_id, right.member_id);
}

}  // namespace

AssignmentTask::AssignmentTask(const std::vector<AssignableTopic>& topics,
                               const std::vector<GroupMember>& members) {
  number_members(members);
  number_topics(topics);
}

void AssignmentTask::number_members(const std::vector<GroupMember>& members) {
  std::map<std::string_view, const GroupMember*, decltype(&java_less)> by_id(&java_less);
  std::vector<std::string_view> as_given;
  for (const auto& member : members) {
    if (by_id.emplace(member.member_id, &member).second) as_given.push_back(member.member_id);
  }
  std::map<std::string_view, std::size_t> numbers;
  for (const auto& [id, member] : by_id) {
    numbers[id] = members_.size();
    members_.push_back(member);
  }
  for (const auto place : java_hash_map_order(as_given)) {
    as_hashed_.push_back(numbers[as_given[place]]);
  }
  by_instance_ = as_hashed_;
  std::stable_sort(by_instance_.begin(), by_instance_.end(), [&](auto left, auto right) {
    return instance_less(*members_[left], *members_[right]);
  });
}

void AssignmentTask::number_topics(const std::vector<AssignableTopic>& topics) {
  std::set<std::string_view> wanted;
  for (const auto* member : members_) {
    wanted.insert(member->subscription.topics.begin(), member->subscription.topics.end());
  }
  std::map<std::string_view, const AssignableTopic*, decltype(&java_less)> by_name(&java_less);
  for (const auto& topic : topics) {
    if (topic.partition_count() > 0 && wanted.contains(topic.name)) {
      by_name.emplace(topic.name, &topic);
    }
  }
  std::map<std::string_view, std::size_t> numbers;
  first_.push_back(0);
  for (const auto& [name, topic] : by_name) {
    numbers[name] = topics_.size();
    topic_of_.insert(topic_of_.end(), topic->partition_racks.size(), topics_.size());
    topics_.push_back(topic);
    first_.push_back(topic_of_.size());
  }
  for (const auto* member : members_) {
    std::set<std::size_t> subscribed;
    for (const auto& name : member->subscription.topics) {
      if (const auto found = numbers.find(name); found != numbers.end()) {
        subscribed.insert(found->second);
      }
    }
    topics_of_.emplace_back(subscribed.begin(), subscribed.end());
  }
}

std::size_t AssignmentTask::find(std::string_view topic, std::int32_t partition) const {
  const auto found = std::lower_bound(
      topics_.begin(), topics_.end(), topic,
      [](const auto* known, const auto& name) { return java_less(known->name, name); });
  if (found == topics_.end() || (*found)->name != topic) return kNone;
  if (partition < 0 || partition >= (*found)->partition_count()) return kNone;
  const auto number = static_cast<std::size_t>(found - topics_.begin());
  return first_[number] + static_cast<std::size_t>(partition);
}

TopicPartition AssignmentTask::name(std::size_t partition) const {
  const auto topic = topic_of_[partition];
  return {topics_[topic]->name, static_cast<std::int32_t>(partition - first_[topic])};
}

bool AssignmentTask::subscribes(std::size_t member, std::size_t topic) const {
  return std::binary_search(topics_of_[member].begin(), topics_of_[member].end(), topic);
}

bool AssignmentTask::subscriptions_equal() const {
  std::set<std::string_view> first;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const auto& topics = members_[i]->subscription.topics;
    if (i == 0) first.insert(topics.begin(), topics.end());
    const bool equal =
        topics.size() == first.size() &&
        std::all_of(topics.begin(), topics.end(), [&](const auto& t) { return first.contains(t); });
    if (!equal) return false;
  }
  return true;
}

std::string_view AssignmentTask::rack_of(std::size_t member) const {
  const auto& rack = members_[member]->subscription.rack_id;
  return rack ? std::string_view(*rack) : std::string_view();
}

bool AssignmentTask::rack_holds(std::string_view rack, std::size_t partition) const {
  const auto topic = topic_of_[partition];
  const auto& racks = topics_[topic]->partition_racks[partition - first_[topic]];
  return std::find(racks.begin(), racks.end(), rack) != racks.end();
}

ConsumerPartitionAssignor::Assignments to_assignments(const AssignmentTask& task,
                                                      const NumberedAssignment& assignment) {
  ConsumerPartitionAssignor::Assignments named;
  for (std::size_t member = 0; member < task.member_count(); ++member) {
    auto& partitions = named[task.member(member).member_id].partitions;
    for (const auto partition : assignment[member]) partitions.push_back(task.name(partition));
  }
  return named;
}

bool use_rack_aware(const AssignmentTask& task, const AssignmentTask::Numbers& members,
                    std::size_t first_partition, std::size_t end_partition) {
  std::set<std::string_view> member_racks;
  for (const auto member : members) {
    if (!task.rack_of(member).empty()) member_racks.insert(task.rack_of(member));
  }
  if (member_racks.empty()) return false;
  std::vector<std::set<std::string_view>> racks_of;
  std::set<std::string_view> all;
  for (auto partition = first_partition; partition < end_partition; ++partition) {
    const auto topic = task.topic_of(partition);
    const auto& racks = task.topic(topic).partition_racks[partition - task.first_partition(topic)];
    racks_of.emplace_back(racks.begin(), racks.end());
    all.insert(racks.begin(), racks.end());
  }
  const bool meet = std::any_of(member_racks.begin(), member_racks.end(),
                                [&](const auto& rack) { return all.contains(rack); });
  return meet && !std::all_of(racks_of.begin(), racks_of.end(),
                              [&](const auto& racks) { return racks == all; });
}

}  // namespace ottla::client
