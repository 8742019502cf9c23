#include "broker/group/java_text.h"

#include <limits>

namespace ottla::broker {
namespace {

constexpr char32_t kReplacement = 0xfffd;

// Takes one code point off the front.
char32_t next_code_point(std::string_view& text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const auto first = byte(0);
  const std::size_t size = first < 0x80   ? 1
                           : first < 0xc2 ? 0
                           : first < 0xe0 ? 2
                           : first < 0xf0 ? 3
                           : first < 0xf5 ? 4
                                          : 0;
  char32_t point = size < 2 ? first : first & (0x7fU >> size);
  bool whole = size > 0 && size <= text.size();
  for (std::size_t i = 1; whole && i < size; ++i) {
    whole = (byte(i) & 0xc0) == 0x80;
    point = (point << 6) | (byte(i) & 0x3fU);
  }
  constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = point >= 0xd800 && point < 0xe000;
  if (!whole || point < kLeast[size] || point > 0x10ffff || surrogate) {
    text.remove_prefix(1);
    return kReplacement;
  }
  text.remove_prefix(size);
  return point;
}

template <class OnUnit>
void for_each_utf16_unit(std::string_view text, OnUnit on_unit) {
  while (!text.empty()) {
    const auto point = next_code_point(text);
    if (point < 0x10000) {
      on_unit(static_cast<std::uint32_t>(point));
      continue;
    }
    on_unit(static_cast<std::uint32_t>(0xd800 + ((point - 0x10000) >> 10)));
    on_unit(static_cast<std::uint32_t>(0xdc00 + ((point - 0x10000) & 0x3ff)));
  }
}

}  // namespace

std::int32_t java_hash_code(std::string_view text) {
  std::uint32_t hash = 0;
  for_each_utf16_unit(text, [&](std::uint32_t unit) { hash = 31 * hash + unit; });
  return static_cast<std::int32_t>(hash);
}

std::size_t java_length(std::string_view text) {
  std::size_t units = 0;
  for_each_utf16_unit(text, [&](std::uint32_t) { ++units; });
  return units;
}

std::int32_t partition_by_java_hash(std::string_view key, std::int32_t partitions) {
  const auto hash = java_hash_code(key);
  // The one number without an absolute value counts as 0.
  if (hash == std::numeric_limits<std::int32_t>::min()) return 0;
  return (hash < 0 ? -hash : hash) % partitions;
}

}  // namespace ottla::broker
