#include "base/logger.h"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <ctime>
#include <mutex>

#include "base/file_descriptor.h"
#include "base/log_format.h"

namespace ottla::base {
namespace {

std::string_view padded_name(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "DEBUG";
    case LogLevel::info:
      return "INFO ";
    case LogLevel::warn:
      return "WARN ";
    case LogLevel::error:
    case LogLevel::off:
      return "ERROR";
  }
  return "ERROR";
}

void append_printable(std::string& to, std::string_view line) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const char c : line) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte >= 0x20 && byte != 0x7f) || c == '\t') {
      to += c;
    } else {
      to += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
}

}  // namespace

std::string format_time(WallMillis at) {
  const auto millis = static_cast<int>(at % 1000);
  const auto seconds = static_cast<std::time_t>(at / 1000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 64> text;
  const auto length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text.data() + length, text.size() - length, ".%03dZ", millis);
  return text.data();
}

std::string format_log_line(WallMillis at, LogLevel level, std::string_view room,
                            std::string_view line) {
  std::string text = format_time(at);
  text += ' ';
  text += padded_name(level);
  text += ' ';
  append_printable(text, room);
  text += ": ";
  append_printable(text, line);
  text += '\n';
  return text;
}

}  // namespace ottla::base

namespace ottla {

LogSink stderr_log_sink() {
  auto mutex = std::make_shared<std::mutex>();
  return [mutex](LogLevel level, std::string_view room, std::string_view line) {
    const auto text = base::format_log_line(base::RealClock().wall_now(), level, room, line);
    std::string_view left = text;
    std::lock_guard guard(*mutex);
    while (!left.empty()) {
      const auto written =
          base::uninterrupted([&] { return ::write(STDERR_FILENO, left.data(), left.size()); });
      if (written <= 0) return;
      left.remove_prefix(static_cast<std::size_t>(written));
    }
  };
}

}  // namespace ottla
