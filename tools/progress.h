#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace ottla::tools {

// A line on stderr that follows long work, rewritten in place at most five times a second, when a
// terminal watches; nothing otherwise.
class Progress {
 public:
  explicit Progress(std::string verb);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void add(std::uint64_t bytes) {
    ++records_;
    bytes_ += bytes;
    if (watched_ && records_ % 256 == 0) show_if_due();
  }

 private:
  using Clock = std::chrono::steady_clock;

  void show_if_due();
  void show(Clock::time_point now);

  const std::string verb_;
  const bool watched_;
  const Clock::time_point started_ = Clock::now();
  Clock::time_point shown_ = started_;
  std::uint64_t records_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace ottla::tools
