#include "client/group/assignment_task.h"
#include "client/group/assignors.h"

namespace ottla::client {
namespace {

class RoundRobinAssignor final : public ConsumerPartitionAssignor {
 public:
  std::string_view name() const override { return "roundrobin"; }

  Assignments assign(const std::vector<AssignableTopic>& topics,
                     const std::vector<GroupMember>& members) override {
    const AssignmentTask task(topics, members);
    const auto& order = task.members_by_instance();
    NumberedAssignment assignment(task.member_count());
    std::size_t next = 0;
    for (std::size_t partition = 0; partition < task.partition_count(); ++partition) {
      // Every topic that is here has a member that subscribes to it.
      while (!task.subscribes(order[next], task.topic_of(partition))) {
        next = (next + 1) % order.size();
      }
      assignment[order[next]].push_back(partition);
      next = (next + 1) % order.size();
    }
    return to_assignments(task, assignment);
  }
};

}  // namespace

std::unique_ptr<ConsumerPartitionAssignor> make_round_robin_assignor() {
  return std::make_unique<RoundRobinAssignor>();
}

}  // namespace ottla::client
