#pragma once

#include <cstddef>
#include <span>

#include "broker/log/log_segment.h"
#include "broker/log/log_types.h"
#include "ottla/result.h"

namespace ottla::broker {

// The segment that `offset` belongs to: the last one whose base offset is not above it, or the
// first. There is at least one segment.
std::size_t segment_of(std::span<const LogSegment> segments, Offset offset);

// As UnifiedLog::read, between offsets that have been checked. Opens what it needs if `mode` lets
// it sleep.
Result<LogRead> read_batches(std::span<LogSegment> segments, const ReadRequest& request,
                             ReadMode mode);

}  // namespace ottla::broker
