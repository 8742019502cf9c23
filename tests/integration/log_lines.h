#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/ottla.h"

namespace ottla::integration {

// The lines that brokers and clients log. Any thread.
class LogLines {
 public:
  LogSink sink() {
    return [this](LogLevel, std::string_view, std::string_view line) {
      const std::lock_guard lock(mutex_);
      lines_.emplace_back(line);
    };
  }

  // All of them, each with an end of line.
  std::string text() {
    const std::lock_guard lock(mutex_);
    std::string all;
    for (const auto& line : lines_) all.append(line).append("\n");
    return all;
  }

  // How many of them hold `text`.
  std::size_t count(std::string_view text) {
    const std::lock_guard lock(mutex_);
    std::size_t found = 0;
    for (const auto& line : lines_) found += line.find(text) != std::string::npos ? 1 : 0;
    return found;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace ottla::integration
