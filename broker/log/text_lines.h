#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ottla/bytes.h"
#include "ottla/result.h"

namespace ottla::broker {

// Reads Kafka's checkpoint files: lines of words; the first line is the version 0, the second the
// number of lines that follow. Borrows the text.
class TextLines {
 public:
  explicit TextLines(BytesView text) : rest_(text) {}

  // Both header lines; the number of lines that follow, which the text has at least. Error:
  // corrupt_data.
  Result<std::size_t> header();

  // The next word of this line; none at its end.
  std::optional<BytesView> word();
  std::optional<std::int64_t> number();

  // Goes to the next line; false if words are left on this one.
  bool end_of_line();

  // corrupt_data, with the line.
  Error malformed(const std::string& why) const;

 private:
  BytesView rest_;
  std::size_t line_ = 1;
};

}  // namespace ottla::broker
