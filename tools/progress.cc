#include "tools/progress.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <iostream>
#include <utility>

namespace ottla::tools {

Progress::Progress(std::string verb) : verb_(std::move(verb)), watched_(isatty(2) == 1) {}

Progress::~Progress() {
  if (!watched_ || shown_ == started_) return;
  show(Clock::now());
  std::cerr << '\n';
}

void Progress::show_if_due() {
  const auto now = Clock::now();
  if (now - shown_ >= std::chrono::milliseconds(200)) show(now);
}

void Progress::show(Clock::time_point now) {
  shown_ = now;
  const double seconds = std::max(1e-3, std::chrono::duration<double>(now - started_).count());
  std::array<char, 160> line{};
  std::snprintf(line.data(), line.size(), "\r%s %llu records, %.1f MB, %.0f records/s   ",
                verb_.c_str(), static_cast<unsigned long long>(records_),
                static_cast<double>(bytes_) / 1e6, static_cast<double>(records_) / seconds);
  std::cerr << line.data() << std::flush;
}

}  // namespace ottla::tools
