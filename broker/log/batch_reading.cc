#include "broker/log/batch_reading.h"

#include <algorithm>

namespace ottla::broker {

std::size_t segment_of(std::span<const LogSegment> segments, Offset offset) {
  const auto above = std::upper_bound(
      segments.begin(), segments.end(), offset,
      [](Offset target, const LogSegment& segment) { return target < segment.base_offset(); });
  return above == segments.begin() ? 0 : static_cast<std::size_t>(above - segments.begin() - 1);
}

namespace {

// What was aborted between `from` and the end of what was read, by the indexes from segment `at`
// on.
Result<void> find_aborted(std::span<LogSegment> segments, Offset from, ReadMode mode,
                          LogRead& read) {
  for (std::size_t i = segment_of(segments, from); i < segments.size(); ++i) {
    auto& index = segments[i].transaction_index();
    auto more = index.find(from, read.end_offset, mode, read.aborted);
    if (!more) return more.error();
    if (!*more) break;
  }
  return {};
}

Result<LogRead> find_batches(std::span<LogSegment> segments, const ReadRequest& request,
                             ReadMode mode) {
  const auto& [from, bound, max_bytes, at_least_one_batch, with_aborted] = request;
  for (std::size_t i = segment_of(segments, from); i < segments.size(); ++i) {
    auto& segment = segments[i];
    if (bound <= segment.base_offset()) break;
    auto first = segment.find_batch(from, mode);
    if (!first) return first.error();
    if (!*first) continue;  // Compaction may have taken the end of a segment.
    const auto& batch = **first;
    const bool fits = batch.size <= max_bytes;
    if (batch.last_offset >= bound || (!fits && !at_least_one_batch)) break;
    LogSegment::End end{batch.end(), batch.last_offset + 1};
    if (fits) {
      const bool whole = i + 1 < segments.size() && segments[i + 1].base_offset() <= bound;
      auto found = segment.end_of_batches(batch, whole ? kNoBound : bound, max_bytes, mode);
      if (!found) return found.error();
      end = *found;
      if (whole) end.bound = std::min(end.bound, segments[i + 1].base_offset());
    }
    auto file = segment.file(mode);
    if (!file) return file.error();
    const auto length = static_cast<std::size_t>(end.position - batch.position);
    return LogRead{{{*file, batch.position, length}}, length, end.bound, {}};
  }
  return LogRead{};
}

}  // namespace

Result<LogRead> read_batches(std::span<LogSegment> segments, const ReadRequest& request,
                             ReadMode mode) {
  auto read = find_batches(segments, request, mode);
  if (!read || read->size == 0 || !request.with_aborted) return read;
  if (auto found = find_aborted(segments, request.from, mode, *read); !found) return found.error();
  return read;
}

}  // namespace ottla::broker
