#include "protocol/uuid.h"

#include <array>

namespace ottla::protocol {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::size_t kTextLength = 22;

}  // namespace

std::string Uuid::to_string() const {
  std::string text;
  text.reserve(kTextLength);
  // 128 bits in groups of six; the last character carries two bits and four zeros.
  for (int bit = 0; bit < 132; bit += 6) {
    unsigned value = 0;
    for (int i = bit; i < bit + 6; ++i) {
      const std::uint64_t word = i < 64 ? high : low;
      const unsigned one = i < 128 ? static_cast<unsigned>((word >> (63 - i % 64)) & 1) : 0;
      value = (value << 1) | one;
    }
    text += kAlphabet[value];
  }
  return text;
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != kTextLength) return std::nullopt;
  Uuid made;
  for (std::size_t at = 0; at < kTextLength; ++at) {
    const auto value = kAlphabet.find(text[at]);
    if (value == std::string_view::npos) return std::nullopt;
    for (std::size_t i = 0; i < 6; ++i) {
      const std::size_t bit = at * 6 + i;
      const std::uint64_t one = (value >> (5 - i)) & 1;
      if (bit >= 128) {
        if (one != 0) return std::nullopt;
        continue;
      }
      (bit < 64 ? made.high : made.low) |= one << (63 - bit % 64);
    }
  }
  return made;
}

}  // namespace ottla::protocol
