#include "broker/log/cleaner/cleanable.h"

#include <algorithm>

namespace ottla::broker {
namespace {

// A checkpoint may be from another time: of a log that was since deleted or cut.
Offset first_dirty_of(const UnifiedLog& log, Offset cleaned_until) {
  const bool sound = cleaned_until >= log.log_start_offset() &&
                     cleaned_until <= log.segments().back().base_offset();
  return sound ? cleaned_until : log.log_start_offset();
}

bool too_young(const LogSegment& segment, const LogConfig& config, WallMillis now) {
  if (config.min_compaction_lag_ms <= 0) return false;
  const auto newest = segment.known_max_timestamp().value_or(now);
  return newest > now - config.min_compaction_lag_ms;
}

bool too_old(const LogSegment& segment, const LogConfig& config, WallMillis now) {
  auto oldest = segment.known_first_timestamp();
  if (!oldest) oldest = segment.known_max_timestamp();
  return oldest && *oldest > 0 && *oldest < now &&
         now - *oldest > std::max<std::int64_t>(config.max_compaction_lag_ms, 0);
}

}  // namespace

std::optional<Cleanable> find_cleanable(const UnifiedLog& log, Offset cleaned_until, Offset safe,
                                        WallMillis now) {
  const auto& segments = log.segments();
  const auto& config = log.config();
  if (!config.cleanup_compact || log.offline() || segments.size() < 2) return {};
  Cleanable found;
  found.first_dirty = first_dirty_of(log, cleaned_until);
  found.end = segments.front().base_offset();
  const Offset bound = std::min(log.last_stable_offset(), safe);
  for (std::size_t i = 0; i + 1 < segments.size(); ++i) {
    const auto& segment = segments[i];
    const Offset next = segments[i + 1].base_offset();
    const bool clean = next <= found.first_dirty;
    if (next > bound || (!clean && too_young(segment, config, now))) break;
    found.end = next;
    (clean ? found.clean_bytes : found.dirty_bytes) += segment.size();
    if (!clean) found.overdue = found.overdue || too_old(segment, config, now);
  }
  if (found.dirty_bytes == 0 || found.end <= found.first_dirty) return {};
  return found;
}

bool wants_cleaning(const Cleanable& cleanable, const LogConfig& config) {
  return cleanable.overdue || cleanable.dirty_ratio() > config.min_cleanable_dirty_ratio;
}

}  // namespace ottla::broker
