#pragma once

#include <string>
#include <string_view>

#include "base/time.h"
#include "ottla/logging.h"

namespace ottla::base {

// "2026-01-31T12:00:00.000Z".
std::string format_time(WallMillis at);

// "2026-01-31T12:00:00.000Z WARN  producer: ..." with a line end. Control characters, which could
// forge other lines, become \xNN.
std::string format_log_line(WallMillis at, LogLevel level, std::string_view room,
                            std::string_view line);

}  // namespace ottla::base
