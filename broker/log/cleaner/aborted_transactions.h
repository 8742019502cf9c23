#pragma once

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <vector>

#include "broker/log/batch_scan.h"
#include "broker/log/log_types.h"

namespace ottla::broker {

// Which batches of a part of a log belong to transactions that were aborted. Is shown the batches
// of that part, and those behind it as far as the ends of its transactions may lie, in order; then
// asked. One thread.
class AbortedTransactions {
 public:
  // A batch of records of a transaction.
  void on_data(const BatchHeader& batch) {
    open_.try_emplace(batch.producer_id, batch.base_offset);
  }

  // The end of the producer's transaction.
  void on_marker(const BatchHeader& marker, bool committed) {
    const auto open = open_.find(marker.producer_id);
    if (open == open_.end()) return;
    if (!committed) aborted_[marker.producer_id].push_back({open->second, marker.base_offset});
    open_.erase(open);
  }

  bool contains(ProducerId producer, Offset offset) const {
    const auto known = aborted_.find(producer);
    if (known == aborted_.end()) return false;
    // The ranges of one producer follow each other.
    const auto above = std::upper_bound(
        known->second.begin(), known->second.end(), offset,
        [](Offset target, const Range& transaction) { return target < transaction.first; });
    return above != known->second.begin() && offset < std::prev(above)->marker;
  }

 private:
  struct Range {
    Offset first;   // of its data
    Offset marker;  // that ended it
  };
  std::unordered_map<ProducerId, Offset> open_;
  std::unordered_map<ProducerId, std::vector<Range>> aborted_;
};

}  // namespace ottla::broker
