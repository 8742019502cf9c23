#pragma once

#include <optional>
#include <string>
#include <vector>

#include "broker/log/log_types.h"
#include "ottla/bytes.h"
#include "ottla/result.h"

namespace ottla::broker {

// Which leader epoch begins at which offset: what leader-epoch-checkpoint holds. Both rise from
// entry to entry. A value.
class LeaderEpochCache {
 public:
  struct Entry {
    LeaderEpoch epoch;
    Offset start_offset;

    bool operator==(const Entry&) const = default;
  };

  // The text of leader-epoch-checkpoint: "0", the number of entries, one "epoch offset" a line.
  static Result<LeaderEpochCache> parse(BytesView text);
  std::string to_text() const;

  // Notes that records of `epoch` begin at `offset`. True if that was news. Entries that
  // contradict it (a later epoch, a later start) give way.
  bool assign(LeaderEpoch epoch, Offset offset);

  std::optional<LeaderEpoch> latest_epoch() const;
  // The epoch of the record at `offset`.
  std::optional<LeaderEpoch> epoch_of(Offset offset) const;
  // Where `epoch` ends, given the log end (kafka-facts 7.2).
  EpochEndOffset end_offset_of(LeaderEpoch epoch, Offset log_end_offset) const;

  // Drops what begins at or above `offset`. True if something was dropped.
  bool truncate_from_end(Offset offset);
  // Drops what ends at or below `offset`; the epoch that holds it then begins at it.
  bool truncate_from_start(Offset offset);

  const std::vector<Entry>& entries() const { return entries_; }
  bool operator==(const LeaderEpochCache&) const = default;

 private:
  std::vector<Entry> entries_;
};

}  // namespace ottla::broker
