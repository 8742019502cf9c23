#pragma once

#include <cstdint>
#include <optional>

#include "broker/log/log_types.h"
#include "broker/log/unified_log.h"

namespace ottla::broker {

// The part of a log that compaction may work on.
struct Cleanable {
  Offset first_dirty{0};  // below it the log is clean
  Offset end{0};          // what lies from here on must wait
  std::uint64_t clean_bytes = 0;
  std::uint64_t dirty_bytes = 0;
  bool overdue = false;  // something dirty is older than max.compaction.lag.ms

  double dirty_ratio() const {
    return static_cast<double>(dirty_bytes) / static_cast<double>(clean_bytes + dirty_bytes);
  }
};

// What of the log may be cleaned, given where the last cleaning ended: whole segments below the
// last stable offset and `safe`, but the active one, that are older than min.compaction.lag.ms.
// None if that is nothing, or the log is not to be compacted. Above `safe` recovery may read again,
// and must find no gaps.
std::optional<Cleanable> find_cleanable(const UnifiedLog& log, Offset cleaned_until, Offset safe,
                                        WallMillis now);

// Whether the log is dirty enough to be cleaned.
bool wants_cleaning(const Cleanable& cleanable, const LogConfig& config);

}  // namespace ottla::broker
