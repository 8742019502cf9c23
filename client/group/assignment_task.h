#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

#include "ottla/assignor.h"

namespace ottla::client {

// What there is to assign, by numbers: members by their ids, topics by their names, partitions by
// topic and partition, each counted from 0 in that order. Refers to what it was made of.
class AssignmentTask {
 public:
  using Numbers = std::vector<std::size_t>;
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  // Topics that nobody subscribes to, and those without partitions, are left out; of several
  // members of one id the first counts.
  AssignmentTask(const std::vector<AssignableTopic>& topics,
                 const std::vector<GroupMember>& members);

  std::size_t member_count() const { return members_.size(); }
  const GroupMember& member(std::size_t member) const { return *members_[member]; }
  // As the Java client iterates over them.
  const Numbers& members_as_hashed() const { return as_hashed_; }
  // Those with an instance id first, by that, then by member id.
  const Numbers& members_by_instance() const { return by_instance_; }

  std::size_t topic_count() const { return topics_.size(); }
  const AssignableTopic& topic(std::size_t topic) const { return *topics_[topic]; }
  std::size_t partition_count() const { return first_.back(); }
  std::size_t partition_count(std::size_t topic) const { return first_[topic + 1] - first_[topic]; }
  std::size_t first_partition(std::size_t topic) const { return first_[topic]; }
  std::size_t topic_of(std::size_t partition) const { return topic_of_[partition]; }
  // kNone if it is not there to be assigned.
  std::size_t find(std::string_view topic, std::int32_t partition) const;
  TopicPartition name(std::size_t partition) const;

  // The topics that a member subscribes to, in order.
  const Numbers& topics_of(std::size_t member) const { return topics_of_[member]; }
  bool subscribes(std::size_t member, std::size_t topic) const;
  // All members subscribe to the same topics, whether those exist or not.
  bool subscriptions_equal() const;

  // Empty if it has none.
  std::string_view rack_of(std::size_t member) const;
  bool rack_holds(std::string_view rack, std::size_t partition) const;

 private:
  void number_topics(const std::vector<AssignableTopic>& topics);
  void number_members(const std::vector<GroupMember>& members);

  std::vector<const GroupMember*> members_;
  Numbers as_hashed_;
  Numbers by_instance_;
  std::vector<Numbers> topics_of_;
  std::vector<const AssignableTopic*> topics_;
  Numbers first_;  // one more than there are topics
  Numbers topic_of_;
};

// Partitions by member.
using NumberedAssignment = std::vector<AssignmentTask::Numbers>;

ConsumerPartitionAssignor::Assignments to_assignments(const AssignmentTask& task,
                                                      const NumberedAssignment& assignment);

// Whether racks shall be looked at: some consumer's rack has replicas, and not every partition has
// replicas in every rack that has any.
bool use_rack_aware(const AssignmentTask& task, const AssignmentTask::Numbers& members,
                    std::size_t first_partition, std::size_t end_partition);

}  // namespace ottla::client
