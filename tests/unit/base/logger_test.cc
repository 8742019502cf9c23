#include "base/logger.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "base/log_format.h"

namespace ottla::base {
namespace {

TEST(Logger, a_line_has_time_level_and_room) {
  EXPECT_EQ(format_log_line(1'769'860'800'007, LogLevel::warn, "producer", "slow"),
            "2026-01-31T12:00:00.007Z WARN  producer: slow\n");
}

TEST(Logger, control_characters_cannot_forge_a_line) {
  EXPECT_EQ(format_log_line(0, LogLevel::error, "log", "a\nb\x1b[0m\tc"),
            "1970-01-01T00:00:00.000Z ERROR log: a\\x0ab\\x1b[0m\tc\n");
}

TEST(Logger, lines_below_the_level_are_dropped) {
  std::vector<std::string> lines;
  const LogSink sink = [&](LogLevel, std::string_view room, std::string_view line) {
    lines.push_back(std::string(room) + ": " + std::string(line));
  };
  const Logger log(sink, LogLevel::info, "broker");
  log.debug("no");
  log.info("yes");
  log.named("log").error("also");
  EXPECT_EQ(lines, (std::vector<std::string>{"broker: yes", "log: also"}));
  EXPECT_FALSE(log.enabled(LogLevel::debug));
  EXPECT_FALSE(Logger().enabled(LogLevel::error));
}

TEST(Logger, the_stderr_sink_writes_whole_lines_from_any_thread) {
  testing::internal::CaptureStderr();
  const auto sink = stderr_log_sink();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 50; ++n) sink(LogLevel::info, "test", std::string(300, 'x'));
    });
  }
  for (auto& thread : threads) thread.join();
  const auto text = testing::internal::GetCapturedStderr();
  const auto line_size = format_log_line(0, LogLevel::info, "test", std::string(300, 'x')).size();
  ASSERT_EQ(text.size(), 200 * line_size);
  for (std::size_t i = 1; i <= 200; ++i) EXPECT_EQ(text[i * line_size - 1], '\n');
}

}  // namespace
}  // namespace ottla::base
