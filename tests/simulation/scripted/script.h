#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "base/time.h"
#include "ottla/api_key.h"
#include "ottla/error_code.h"
#include "protocol/types.h"

namespace ottla::simulation {

// What a scripted broker does instead of what it should.
enum class Trick : std::uint8_t {
  none,
  stall,                 // never answers; what follows on the connection waits behind it
  delay,                 // does it, answers later
  close_before,          // closes the connection and does nothing
  close_after,           // does it, and closes the connection without an answer
  error,                 // answers with `Rule::error` for everything that was asked, does nothing
  error_after,           // does it, and says it failed with `Rule::error`
  wrong_correlation_id,  // answers something that nobody asked
  shorten,               // a whole frame that ends before its body does
  cut_off,               // a part of the frame, and the connection closes
  garbage,               // random bytes for a body
  huge_count,            // somewhere in the body stands a length or a count beyond all bounds
  negative_size,         // the frame says that it has fewer than no bytes
  oversized,             // the frame says that it has 2 GiB
  missing_partition,     // the last partition that was asked for is not answered
  foreign_partition,     // a partition that was not asked for is answered
  doubled_partition,     // the last partition is answered twice, first as it is
  twice,                 // the whole answer comes twice
  wrong_offsets,         // offsets that cannot be
  old_records,           // (Fetch) batches from the beginning, whatever was asked
  corrupt_records,       // (Fetch) one bit of the records is not what it was
};

// When to play a trick: at the `after`-th matching request from now on, and `times` times.
struct Rule {
  static constexpr std::uint64_t kAlways = std::numeric_limits<std::uint64_t>::max();

  Trick trick = Trick::none;
  std::optional<ApiKey> api;                 // none: any
  std::optional<protocol::BrokerId> broker;  // none: any
  std::uint64_t after = 0;
  std::uint64_t times = 1;
  base::Duration delay{};
  ErrorCode error = ErrorCode::none;
};

}  // namespace ottla::simulation
