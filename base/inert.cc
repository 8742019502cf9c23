#include "base/inert.h"

#include <array>
#include <cstdint>
#include <cstdio>

namespace ottla::base {
namespace {

std::uint8_t at(BytesView bytes, std::size_t index) {
  return static_cast<std::uint8_t>(bytes[index]);
}

// How many bytes the character at the beginning of `bytes` has; 0: it is none that is shown as it
// is. Overlong forms, surrogates and what is beyond Unicode are none, nor are the controls that
// UTF-8 has in two bytes.
std::size_t size_of_character(BytesView bytes) {
  const auto first = at(bytes, 0);
  if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || bytes.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((at(bytes, i) & 0xc0) != 0x80) return 0;
  }
  const auto second = at(bytes, 1);
  const bool none = (first == 0xc2 && second < 0xa0) || (first == 0xe0 && second < 0xa0) ||
                    (first == 0xed && second > 0x9f) || (first == 0xf0 && second < 0x90) ||
                    (first == 0xf4 && second > 0x8f);
  return none ? 0 : size;
}

}  // namespace

std::string inert(BytesView bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    if (const auto size = size_of_character(bytes); size > 0) {
      text += bytes.substr(0, size);
      bytes.remove_prefix(size);
      continue;
    }
    std::array<char, 5> escaped{};
    std::snprintf(escaped.data(), escaped.size(), "\\x%02x", static_cast<unsigned>(at(bytes, 0)));
    text += escaped.data();
    bytes.remove_prefix(1);
  }
  return text;
}

}  // namespace ottla::base
