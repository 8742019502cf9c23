#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/lifetime.h"
#include "base/loop.h"
#include "ottla/types.h"

namespace ottla::broker {

// A request that waits for something to happen to partitions, or for its deadline.
class DelayedOperation {
 public:
  virtual ~DelayedOperation() = default;

  // Completes if what it waits for has come true; says whether it is complete.
  virtual bool try_complete() = 0;

  // The deadline has passed: completes with what there is.
  virtual void expire() = 0;
};

// Where requests wait. A check of a partition costs as much as the operations that watch it. A
// completion can lead back into a check, of the same partition or another: that one is made when
// the check under way is through, so that however long the chain is the stack is not. On one loop's
// thread.
class Purgatory {
 public:
  explicit Purgatory(base::Loop& loop) : loop_(loop) {}
  ~Purgatory();

  // Tries `operation`; if it must wait, it does so until a check of one of `partitions` completes
  // it, `deadline` passes or it is cancelled by the number that is returned. 0: it did not wait.
  std::uint64_t complete_or_watch(std::unique_ptr<DelayedOperation> operation,
                                  const std::vector<TopicPartition>& partitions,
                                  base::TimePoint deadline);

  // Ends an operation without a word, if it still waits.
  void cancel(std::uint64_t id);

  // Something has happened to this partition.
  void check(const TopicPartition& partition);

  // Ends every waiting operation as if its deadline had passed.
  void expire_all();

  std::size_t waiting() const { return operations_.size(); }

 private:
  struct Entry {
    std::unique_ptr<DelayedOperation> operation;
    std::vector<TopicPartition> partitions;
    base::TimerId timer = base::TimerId::none;
    bool trying = false;  // what is being tried ends by that alone
  };

  void try_watchers(const TopicPartition& partition);
  void end(std::uint64_t id);
  void expire(std::uint64_t id);

  base::Loop& loop_;
  std::uint64_t next_id_ = 1;
  std::unordered_map<std::uint64_t, Entry> operations_;
  std::unordered_map<TopicPartition, std::vector<std::uint64_t>> watchers_;
  bool checking_ = false;
  std::deque<TopicPartition> to_check_;  // when the check under way is through
  base::Lifetime lifetime_;
};

}  // namespace ottla::broker
