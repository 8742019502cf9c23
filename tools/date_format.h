#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/result.h"

namespace ottla::tools {

// Local times by a pattern of java.text.SimpleDateFormat's, as far as it is made of numbers: y M d
// H m s S, and what is no letter or stands between apostrophes as it is.
class DateFormat {
 public:
  using Time = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;

  // Error: invalid_argument, naming the letter.
  static Result<DateFormat> parse(std::string_view pattern);

  std::string format(Time time) const;

 private:
  struct Piece {
    char letter = 0;        // 0: `text`
    std::size_t width = 0;  // of a number, at least
    std::string text;
  };
  std::vector<Piece> pieces_;
};

}  // namespace ottla::tools
