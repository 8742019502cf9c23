// How do I decide myself who of a group reads what? Here members have weights, and one that is
// three times as strong gets three times as many partitions.
//
//   custom_assignor localhost:9092 TOPIC
//
// Each member tells its weight with its subscription; the group's leader alone asks its assignor.
#include <ottla/ottla.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace {

class Weighted final : public ottla::ConsumerPartitionAssignor {
 public:
  explicit Weighted(int weight) : weight_(weight) {}

  std::string_view name() const override { return "weighted"; }

  std::optional<ottla::Bytes> subscription_user_data(const std::vector<std::string>&) override {
    return std::to_string(weight_);
  }

  // Each partition to the member that has least of them for its weight.
  Assignments assign(const std::vector<ottla::AssignableTopic>& topics,
                     const std::vector<ottla::GroupMember>& members) override {
    Assignments assigned;
    for (const auto& topic : topics) {
      for (std::int32_t partition = 0; partition < topic.partition_count(); ++partition) {
        const ottla::GroupMember* best = nullptr;
        for (const auto& member : members) {
          const auto& wanted = member.subscription.topics;
          if (std::find(wanted.begin(), wanted.end(), topic.name) == wanted.end()) continue;
          if (best == nullptr || load(member, assigned) < load(*best, assigned)) best = &member;
        }
        if (best != nullptr)
          assigned[best->member_id].partitions.push_back({topic.name, partition});
      }
    }
    return assigned;
  }

 private:
  // With one more.
  static double load(const ottla::GroupMember& member, Assignments& assigned) {
    const auto has = assigned[member.member_id].partitions.size() + 1;
    return static_cast<double>(has) / weight_of(member);
  }
  // What other members say is not to be relied upon.
  static int weight_of(const ottla::GroupMember& member) {
    const auto said = std::atoi(member.subscription.user_data.value_or("1").c_str());
    return std::clamp(said, 1, 1000);
  }

  const int weight_;
};

ottla::Result<ottla::Consumer> open(const char* servers, const char* topic, int weight) {
  return ottla::Consumer::open({
      .bootstrap_servers = servers,
      .group_id = "weighted",
      .topics = {topic},
      .heartbeat_interval = std::chrono::milliseconds(100),  // hears of new members soon
      .partition_assignment_strategy = {[weight] { return std::make_unique<Weighted>(weight); }},
  });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: custom_assignor BOOTSTRAP_SERVERS TOPIC\n";
    return 2;
  }
  auto weak = open(argv[1], argv[2], 1);
  auto strong = open(argv[1], argv[2], 3);
  if (!weak || !strong) {
    std::cerr << (weak ? strong.error() : weak.error()) << '\n';
    return 1;
  }
  const auto known = weak->partitions_for(argv[2]).get();
  if (!known) {
    std::cerr << known.error() << '\n';
    return 1;
  }
  // Until both are members, and every partition is somebody's.
  while (weak->assignment().empty() || strong->assignment().empty() ||
         weak->assignment().size() + strong->assignment().size() != known->size()) {
    for (auto* member : {&*weak, &*strong}) {
      if (const auto polled = member->poll(std::chrono::milliseconds(50)); !polled) {
        std::cerr << polled.error() << '\n';
        return 1;
      }
    }
  }
  std::cout << "the weak one reads " << weak->assignment().size() << " partitions, the strong one "
            << strong->assignment().size() << '\n';
}
