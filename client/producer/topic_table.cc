#include "client/producer/topic_table.h"

#include <algorithm>

namespace ottla::client {

TopicEntry::TopicEntry(std::string_view name, const PartitioningConfig& config, std::uint64_t seed)
    : name_(std::make_shared<const std::string>(name)),
      sticky_(config.sticky, seed),
      partitioner_(config.partitioner
                       ? std::make_unique<TopicPartitioner>(config.partitioner, name_)
                       : nullptr) {}

void TopicEntry::set_partitions(const std::vector<bool>& has_leader) {
  if (has_leader.empty()) return;
  while (queues_.size() < has_leader.size()) {
    const auto number = static_cast<std::int32_t>(queues_.size());
    queues_.push_back(std::make_unique<PartitionQueue>(*this, number));
  }
  std::vector<StickyPartition::Candidate> candidates;
  std::vector<std::int32_t> led;
  for (std::size_t i = 0; i < has_leader.size(); ++i) {
    if (has_leader[i]) led.push_back(static_cast<std::int32_t>(i));
  }
  for (std::size_t i = 0; i < has_leader.size(); ++i) {
    if (!has_leader[i] && !led.empty()) continue;
    candidates.push_back({static_cast<std::int32_t>(i), &queues_[i]->load});
  }
  sticky_.set_candidates(std::move(candidates));
  if (partitioner_) partitioner_->set_available(std::move(led));
  const auto* current = partitions();
  if (current != nullptr && current->count == has_leader.size()) return;
  auto next = std::make_unique<Partitions>();
  next->count = has_leader.size();
  for (const auto& queue : queues_) next->queues.push_back(queue.get());
  partitions_.store(next.get(), std::memory_order_release);
  versions_.push_back(std::move(next));
}

void TopicEntry::observe_compression(std::size_t before, std::size_t after) {
  if (before == 0) return;
  const auto observed = static_cast<float>(after) / static_cast<float>(before);
  const auto known = compression_ratio();
  const auto next =
      observed > known ? std::max(known + 0.05F, observed) : std::max(known - 0.005F, observed);
  ratio_.store(next, std::memory_order_relaxed);
}

void TopicEntry::expect_no_compression() {
  ratio_.store(std::max(1.0F, compression_ratio()), std::memory_order_relaxed);
}

TopicTable::~TopicTable() {
  for (auto& bucket : buckets_) {
    for (auto* node = bucket.load(); node != nullptr;) {
      auto* const next = node->next;
      delete node;
      node = next;
    }
  }
}

namespace {

// What this thread looked up last; most send to one topic many times.
struct LastFound {
  std::uint64_t table = 0;
  TopicEntry* entry = nullptr;
};
thread_local LastFound last_found;

std::uint64_t next_table_id() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

}  // namespace

TopicTable::TopicTable(PartitioningConfig config, std::uint64_t seed)
    : id_(next_table_id()), config_(std::move(config)), seed_(seed) {}

TopicEntry* TopicTable::find(std::string_view name) const {
  if (last_found.table == id_ && *last_found.entry->name() == name) return last_found.entry;
  auto& bucket = const_cast<TopicTable*>(this)->bucket(name);
  for (auto* node = bucket.load(std::memory_order_acquire); node != nullptr; node = node->next) {
    if (*node->entry.name() != name) continue;
    last_found = {id_, &node->entry};
    return &node->entry;
  }
  return nullptr;
}

TopicEntry& TopicTable::find_or_add(std::string_view name, bool& added) {
  const std::lock_guard lock(mutex_);
  auto* found = find(name);
  added = found == nullptr;
  if (!added) return *found;
  auto& first = bucket(name);
  auto* const node = new Node(name, config_, seed_++, first.load(std::memory_order_relaxed));
  first.store(node, std::memory_order_release);
  return node->entry;
}

}  // namespace ottla::client
