#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "broker/group/committed_offsets.h"
#include "ottla/types.h"
#include "protocol/types.h"

namespace ottla::broker {

// An offset of a group, as a transaction committed it.
struct TransactionalCommit {
  std::string group;
  TopicPartition place;
  CommittedOffset committed;
};

// The offsets in one partition of __consumer_offsets that were committed in transactions which have
// not ended there. They are told from what was written before and after them by their `order` in
// the log. A value.
class PendingOffsets {
 public:
  void add(protocol::ProducerId producer, TransactionalCommit commit);

  // The commit with this order counts: those that the producer made of the same place before it are
  // not needed any more.
  void settle(protocol::ProducerId producer, std::string_view group, const TopicPartition& place,
              std::int64_t order);

  // The commit with this order is not in the log.
  void drop(protocol::ProducerId producer, std::string_view group, const TopicPartition& place,
            std::int64_t order);

  // The transaction has ended at `order`: what it committed before that, the newest of each place.
  // None of it is here any more.
  std::vector<TransactionalCommit> take(protocol::ProducerId producer, std::int64_t order);

  // The offset was forgotten at `order`: whatever transactions committed of it before, too.
  void erase(std::string_view group, const TopicPartition& place, std::int64_t order);

  bool contains(std::string_view group) const { return groups_.contains(group); }
  bool contains(std::string_view group, const TopicPartition& place) const;
  std::vector<TopicPartition> places_of(std::string_view group) const;
  std::vector<std::string> groups() const;

  bool empty() const { return transactions_.empty(); }
  std::size_t memory() const { return memory_; }

 private:
  // Of one producer and one place, in the order of the log.
  using Commits = std::vector<CommittedOffset>;
  using Places = std::map<TopicPartition, Commits>;
  using Transaction = std::map<std::string, Places, std::less<>>;  // by group

  Commits* find(protocol::ProducerId producer, std::string_view group, const TopicPartition& place);
  void remove_empty(protocol::ProducerId producer, std::string_view group,
                    const TopicPartition& place);
  void forget(std::string_view group, const TopicPartition& place);
  template <class Condition>
  void erase_if(Commits& commits, Condition condition);

  std::map<protocol::ProducerId, Transaction> transactions_;
  // By group: in how many transactions each place is.
  std::map<std::string, std::map<TopicPartition, std::size_t>, std::less<>> groups_;
  std::size_t memory_ = 0;
};

}  // namespace ottla::broker
