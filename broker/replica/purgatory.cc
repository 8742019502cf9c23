#include "broker/replica/purgatory.h"

#include <algorithm>
#include <utility>

namespace ottla::broker {

Purgatory::~Purgatory() {
  for (auto& [id, entry] : operations_) loop_.cancel(entry.timer);
}

std::uint64_t Purgatory::complete_or_watch(std::unique_ptr<DelayedOperation> operation,
                                           const std::vector<TopicPartition>& partitions,
                                           base::TimePoint deadline) {
  if (operation->try_complete()) return 0;
  if (deadline <= loop_.now()) {
    operation->expire();
    return 0;
  }
  const auto id = next_id_++;
  auto& entry = operations_[id];
  entry.operation = std::move(operation);
  entry.partitions = partitions;
  for (const auto& partition : partitions) {
    auto& watchers = watchers_[partition];
    if (watchers.empty() || watchers.back() != id) watchers.push_back(id);
  }
  if (deadline != base::kNever) {
    entry.timer = loop_.call_at(deadline, lifetime_.guard([this, id] { expire(id); }));
  }
  return id;
}

void Purgatory::cancel(std::uint64_t id) {
  const auto found = operations_.find(id);
  if (found == operations_.end() || found->second.trying) return;
  const auto operation = std::move(found->second.operation);
  end(id);
}

void Purgatory::check(const TopicPartition& partition) {
  if (watchers_.find(partition) == watchers_.end()) return;
  if (checking_) {
    if (to_check_.empty() || to_check_.back() != partition) to_check_.push_back(partition);
    return;
  }
  checking_ = true;
  try_watchers(partition);
  while (!to_check_.empty()) {
    const auto next = std::move(to_check_.front());
    to_check_.pop_front();
    try_watchers(next);
  }
  checking_ = false;
}

void Purgatory::try_watchers(const TopicPartition& partition) {
  const auto found = watchers_.find(partition);
  if (found == watchers_.end()) return;
  // A completion may bring about new operations and end others: work on a copy.
  const auto ids = found->second;
  for (const auto id : ids) {
    const auto entry = operations_.find(id);
    if (entry == operations_.end()) continue;
    auto& tried = entry->second;  // map elements stay where they are
    tried.trying = true;
    const bool complete = tried.operation->try_complete();
    tried.trying = false;
    if (complete) end(id);
  }
}

void Purgatory::expire(std::uint64_t id) {
  const auto found = operations_.find(id);
  if (found == operations_.end() || found->second.trying) return;
  const auto operation = std::move(found->second.operation);
  end(id);
  operation->expire();
}

void Purgatory::expire_all() {
  std::vector<std::uint64_t> ids;
  for (const auto& [id, entry] : operations_) ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  for (const auto id : ids) expire(id);
}

void Purgatory::end(std::uint64_t id) {
  const auto found = operations_.find(id);
  if (found == operations_.end()) return;
  const auto entry = std::move(found->second);
  operations_.erase(found);
  loop_.cancel(entry.timer);
  for (const auto& partition : entry.partitions) {
    const auto watchers = watchers_.find(partition);
    if (watchers == watchers_.end()) continue;
    std::erase(watchers->second, id);
    if (watchers->second.empty()) watchers_.erase(watchers);
  }
}

}  // namespace ottla::broker
