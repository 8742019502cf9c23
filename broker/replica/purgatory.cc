#include "broker/replica/purgatory.h"

#include <algorithm>
#include <utility>

namespace ottla::broker {

Purgatory::~Purgatory() {
  for (auto& [id, entry] : operations_) loop_.cancel(entry.timer);
}

void Purgatory::complete_or_watch(std::unique_ptr<DelayedOperation> operation,
                                  const std::vector<TopicPartition>& partitions,
                                  base::TimePoint deadline) {
  if (operation->try_complete()) return;
  if (deadline <= loop_.now()) return operation->expire();
  const auto id = next_id_++;
  auto& entry = operations_[id];
  entry.operation = std::move(operation);
  entry.partitions = partitions;
  for (const auto& partition : partitions) watchers_[partition].push_back(id);
  if (deadline != base::kNever) {
    entry.timer = loop_.call_at(deadline, lifetime_.guard([this, id] { expire(id); }));
  }
}

void Purgatory::check(const TopicPartition& partition) {
  const auto found = watchers_.find(partition);
  if (found == watchers_.end()) return;
  // A completion may bring about further checks and new operations: work on a copy.
  const auto ids = found->second;
  for (const auto id : ids) {
    const auto entry = operations_.find(id);
    if (entry == operations_.end() || entry->second.trying) continue;
    auto& tried = entry->second;  // map elements stay where they are
    tried.trying = true;
    const bool complete = tried.operation->try_complete();
    tried.trying = false;
    if (complete) end(id);
  }
}

void Purgatory::expire(std::uint64_t id) {
  const auto found = operations_.find(id);
  if (found == operations_.end()) return;
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
