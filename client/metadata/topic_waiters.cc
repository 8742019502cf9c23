#include "client/metadata/topic_waiters.h"

#include <algorithm>
#include <limits>

namespace ottla::client {

void TopicWaiters::add(Waiter waiter) {
  const auto id = next_id_++;
  by_topic_[waiter.topic].emplace(std::pair(waiter.partitions, id), waiter.deadline);
  const auto deadline = waiter.deadline;
  by_deadline_.emplace(std::pair(deadline, id), std::move(waiter));
}

base::TimePoint TopicWaiters::next_deadline() const {
  return by_deadline_.empty() ? base::kNever : by_deadline_.begin()->first.first;
}

std::vector<TopicWaiters::Waiter> TopicWaiters::take_satisfied(std::string_view topic,
                                                               std::size_t partitions) {
  const auto group = by_topic_.find(topic);
  if (group == by_topic_.end()) return {};
  constexpr std::size_t most = std::numeric_limits<std::int32_t>::max();
  const auto has = static_cast<std::int32_t>(std::min(partitions, most));
  return take(group, group->second.upper_bound({has, std::numeric_limits<Id>::max()}));
}

std::vector<TopicWaiters::Waiter> TopicWaiters::take_topic(std::string_view topic) {
  const auto group = by_topic_.find(topic);
  if (group == by_topic_.end()) return {};
  return take(group, group->second.end());
}

std::vector<TopicWaiters::Waiter> TopicWaiters::take(Groups::iterator group, Group::iterator end) {
  std::vector<Waiter> taken;
  auto& places = group->second;
  for (auto at = places.begin(); at != end; at = places.erase(at)) {
    const auto& [key, deadline] = *at;
    auto node = by_deadline_.extract({deadline, key.second});
    taken.push_back(std::move(node.mapped()));
  }
  if (places.empty()) by_topic_.erase(group);
  return taken;
}

std::vector<TopicWaiters::Waiter> TopicWaiters::take_late(base::TimePoint now) {
  std::vector<Waiter> late;
  while (next_deadline() <= now && !by_deadline_.empty()) {
    const auto id = by_deadline_.begin()->first.second;
    auto node = by_deadline_.extract(by_deadline_.begin());
    auto& waiter = late.emplace_back(std::move(node.mapped()));
    const auto group = by_topic_.find(waiter.topic);
    group->second.erase({waiter.partitions, id});
    if (group->second.empty()) by_topic_.erase(group);
  }
  return late;
}

std::vector<TopicWaiters::Waiter> TopicWaiters::take_all() {
  std::vector<Waiter> all;
  for (auto& [key, waiter] : by_deadline_) all.push_back(std::move(waiter));
  by_deadline_.clear();
  by_topic_.clear();
  return all;
}

}  // namespace ottla::client
