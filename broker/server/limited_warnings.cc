#include "broker/server/limited_warnings.h"

#include <chrono>
#include <string>

namespace ottla::broker {

void LimitedWarnings::warn(std::string_view line, base::TimePoint now) {
  if (now >= until_) {
    until_ = now + std::chrono::seconds(1);
    written_ = 0;
  }
  if (written_ == most_) {
    ++left_out_;
    return;
  }
  ++written_;
  if (left_out_ == 0) return logger_.warn(line);
  logger_.warn(std::string(line) + " (and " + std::to_string(left_out_) +
               " like it that are not written)");
  left_out_ = 0;
}

}  // namespace ottla::broker
