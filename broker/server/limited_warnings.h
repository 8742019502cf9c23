#pragma once

#include <cstddef>
#include <string_view>

#include "base/logger.h"
#include "base/time.h"

namespace ottla::broker {

// Warnings that anybody can bring about at any rate: so many a second are written, the others are
// counted, and the count is written with the next.
class LimitedWarnings {
 public:
  LimitedWarnings(const base::Logger& logger, std::size_t most_a_second)
      : logger_(logger), most_(most_a_second) {}

  void warn(std::string_view line, base::TimePoint now);

 private:
  const base::Logger& logger_;
  const std::size_t most_;
  base::TimePoint until_{};  // of the second under way
  std::size_t written_ = 0;
  std::size_t left_out_ = 0;
};

}  // namespace ottla::broker
