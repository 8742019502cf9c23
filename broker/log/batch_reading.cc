#include "broker/log/batch_reading.h"

#include <algorithm>

namespace ottla::broker {

std::size_t segment_of(std::span<const LogSegment> segments, Offset offset) {
  const auto above = std::upper_bound(
      segments.begin(), segments.end(), offset,
      [](Offset target, const LogSegment& segment) { return target < segment.base_offset(); });
  return above == segments.begin() ? 0 : static_cast<std::size_t>(above - segments.begin() - 1);
}

Result<LogRead> read_batches(std::span<LogSegment> segments, Offset from, Offset bound,
                             std::size_t max_bytes, bool at_least_one_batch, ReadMode mode) {
  for (std::size_t i = segment_of(segments, from); i < segments.size(); ++i) {
    auto& segment = segments[i];
    if (bound <= segment.base_offset()) break;
    auto first = segment.find_batch(from, mode);
    if (!first) return first.error();
    if (!*first) continue;  // Compaction may have taken the end of a segment.
    const auto& batch = **first;
    const bool fits = batch.size <= max_bytes;
    if (batch.last_offset >= bound || (!fits && !at_least_one_batch)) break;
    std::uint64_t end = batch.end();
    if (fits) {
      const bool whole = i + 1 < segments.size() && segments[i + 1].base_offset() <= bound;
      auto found = segment.end_of_batches(batch, whole ? kNoBound : bound, max_bytes, mode);
      if (!found) return found.error();
      end = *found;
    }
    auto file = segment.file(mode);
    if (!file) return file.error();
    const auto length = static_cast<std::size_t>(end - batch.position);
    return LogRead{{{*file, batch.position, length}}, length};
  }
  return LogRead{};
}

}  // namespace ottla::broker
