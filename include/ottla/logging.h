#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace ottla {

enum class LogLevel : std::uint8_t { debug, info, warn, error, off };

// Receives log lines: `room` names the part that speaks ("producer", "log"), `line` is one line
// without a line end, valid during the call. Called from any thread, one call at a time per sink
// is not promised: a sink that writes must lock. Must not throw and should not block.
using LogSink = std::function<void(LogLevel level, std::string_view room, std::string_view line)>;

// Writes "2026-01-31T12:00:00.000Z WARN  producer: ..." to stderr, whole lines, from any thread.
LogSink stderr_log_sink();

}  // namespace ottla
