#include "broker/group/pending_offsets.h"

#include <utility>

namespace ottla::broker {
namespace {

std::size_t memory_of(const CommittedOffset& committed) {
  return sizeof(CommittedOffset) + committed.metadata.size();
}

// Of a place in a transaction, with its names and the nodes of two maps.
std::size_t memory_of(std::string_view group, const TopicPartition& place) {
  constexpr std::size_t kNodes = 2 * (sizeof(TopicPartition) + 6 * sizeof(void*));
  return kNodes + group.size() + 2 * place.topic.size();
}

}  // namespace

template <class Condition>
void PendingOffsets::erase_if(Commits& commits, Condition condition) {
  std::erase_if(commits, [&](const CommittedOffset& committed) {
    if (!condition(committed)) return false;
    memory_ -= memory_of(committed);
    return true;
  });
}

void PendingOffsets::add(protocol::ProducerId producer, TransactionalCommit commit) {
  auto& commits = transactions_[producer][commit.group][commit.place];
  if (commits.empty()) {
    ++groups_[commit.group][commit.place];
    memory_ += memory_of(commit.group, commit.place);
  }
  memory_ += memory_of(commit.committed);
  commits.push_back(std::move(commit.committed));
}

PendingOffsets::Commits* PendingOffsets::find(protocol::ProducerId producer, std::string_view group,
                                              const TopicPartition& place) {
  const auto transaction = transactions_.find(producer);
  if (transaction == transactions_.end()) return nullptr;
  const auto places = transaction->second.find(group);
  if (places == transaction->second.end()) return nullptr;
  const auto commits = places->second.find(place);
  return commits == places->second.end() ? nullptr : &commits->second;
}

void PendingOffsets::settle(protocol::ProducerId producer, std::string_view group,
                            const TopicPartition& place, std::int64_t order) {
  auto* commits = find(producer, group, place);
  if (commits == nullptr) return;
  erase_if(*commits, [order](const CommittedOffset& each) { return each.order < order; });
  remove_empty(producer, group, place);
}

void PendingOffsets::drop(protocol::ProducerId producer, std::string_view group,
                          const TopicPartition& place, std::int64_t order) {
  auto* commits = find(producer, group, place);
  if (commits == nullptr) return;
  erase_if(*commits, [order](const CommittedOffset& each) { return each.order == order; });
  remove_empty(producer, group, place);
}

void PendingOffsets::remove_empty(protocol::ProducerId producer, std::string_view group,
                                  const TopicPartition& place) {
  const auto transaction = transactions_.find(producer);
  const auto places = transaction->second.find(group);
  const auto commits = places->second.find(place);
  if (!commits->second.empty()) return;
  forget(group, place);
  places->second.erase(commits);
  if (!places->second.empty()) return;
  transaction->second.erase(places);
  if (transaction->second.empty()) transactions_.erase(transaction);
}

// The place is in one transaction less.
void PendingOffsets::forget(std::string_view group, const TopicPartition& place) {
  memory_ -= memory_of(group, place);
  const auto places = groups_.find(group);
  const auto count = places->second.find(place);
  if (--count->second > 0) return;
  places->second.erase(count);
  if (places->second.empty()) groups_.erase(places);
}

std::vector<TransactionalCommit> PendingOffsets::take(protocol::ProducerId producer,
                                                      std::int64_t order) {
  std::vector<TransactionalCommit> taken;
  const auto transaction = transactions_.find(producer);
  if (transaction == transactions_.end()) return taken;
  for (const auto& [group, places] : transaction->second) {
    for (const auto& [place, commits] : places) {
      const CommittedOffset* newest = nullptr;
      for (const auto& each : commits) {
        if (each.order < order) newest = &each;
      }
      if (newest != nullptr) taken.push_back({group, place, *newest});
    }
  }
  for (const auto& [group, place, newest] : taken) {
    erase_if(*find(producer, group, place),
             [order](const CommittedOffset& each) { return each.order < order; });
    remove_empty(producer, group, place);
  }
  return taken;
}

void PendingOffsets::erase(std::string_view group, const TopicPartition& place,
                           std::int64_t order) {
  if (!contains(group, place)) return;
  std::vector<protocol::ProducerId> producers;
  for (const auto& [producer, transaction] : transactions_) producers.push_back(producer);
  for (const auto producer : producers) {
    auto* commits = find(producer, group, place);
    if (commits == nullptr) continue;
    erase_if(*commits, [order](const CommittedOffset& each) { return each.order < order; });
    remove_empty(producer, group, place);
  }
}

bool PendingOffsets::contains(std::string_view group, const TopicPartition& place) const {
  const auto places = groups_.find(group);
  return places != groups_.end() && places->second.contains(place);
}

std::vector<TopicPartition> PendingOffsets::places_of(std::string_view group) const {
  std::vector<TopicPartition> all;
  const auto places = groups_.find(group);
  if (places == groups_.end()) return all;
  for (const auto& [place, count] : places->second) all.push_back(place);
  return all;
}

std::vector<std::string> PendingOffsets::groups() const {
  std::vector<std::string> all;
  for (const auto& [group, places] : groups_) all.push_back(group);
  return all;
}

}  // namespace ottla::broker
