#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "ottla/logging.h"

namespace ottla::base {

// A named voice into the user's sink. A value, cheap to copy; any thread. Build the text only if
// `enabled`: `if (log.enabled(LogLevel::debug)) log.debug(...)`.
class Logger {
 public:
  Logger() = default;
  Logger(LogSink sink, LogLevel least, std::string room)
      : sink_(std::make_shared<const LogSink>(std::move(sink))),
        least_(least),
        room_(std::move(room)) {}

  Logger named(std::string room) const {
    Logger other(*this);
    other.room_ = std::move(room);
    return other;
  }

  bool enabled(LogLevel level) const { return sink_ && *sink_ && level >= least_; }
  void debug(std::string_view line) const { write(LogLevel::debug, line); }
  void info(std::string_view line) const { write(LogLevel::info, line); }
  void warn(std::string_view line) const { write(LogLevel::warn, line); }
  void error(std::string_view line) const { write(LogLevel::error, line); }

 private:
  void write(LogLevel level, std::string_view line) const {
    if (enabled(level)) (*sink_)(level, room_, line);
  }

  std::shared_ptr<const LogSink> sink_;
  LogLevel least_ = LogLevel::info;
  std::string room_;
};

}  // namespace ottla::base
