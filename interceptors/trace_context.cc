#include <algorithm>
#include <string>

#include "ottla/interceptors/tracing.h"

namespace ottla::interceptors {
namespace {

constexpr std::size_t kVersion00Size = 55;
constexpr std::size_t kMostState = 512;

// Lower-case digits alone, as the standard has it.
int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

template <std::size_t N>
bool read_hex(std::string_view text, std::array<std::uint8_t, N>& bytes) {
  for (std::size_t i = 0; i < N; ++i) {
    const int high = digit(text[2 * i]);
    const int low = digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return true;
}

template <std::size_t N>
void write_hex(const std::array<std::uint8_t, N>& bytes, std::string& text) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (const auto byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
}

template <std::size_t N>
bool all_zero(const std::array<std::uint8_t, N>& bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](auto byte) { return byte == 0; });
}

}  // namespace

std::optional<TraceContext> TraceContext::parse(std::string_view text, std::string_view state) {
  // vv-<32>-<16>-ff
  if (text.size() < kVersion00Size) return std::nullopt;
  if (text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
  std::array<std::uint8_t, 1> version{};
  std::array<std::uint8_t, 1> flags{};
  TraceContext context;
  if (!read_hex(text.substr(0, 2), version) || !read_hex(text.substr(3, 32), context.trace_id) ||
      !read_hex(text.substr(36, 16), context.span_id) || !read_hex(text.substr(53, 2), flags)) {
    return std::nullopt;
  }
  const bool longer = text.size() > kVersion00Size;
  if (version[0] == 0xff || (longer && (version[0] == 0 || text[kVersion00Size] != '-'))) {
    return std::nullopt;
  }
  if (all_zero(context.trace_id) || all_zero(context.span_id)) return std::nullopt;
  context.sampled = (flags[0] & 1) != 0;
  if (state.size() <= kMostState) context.state = state;
  return context;
}

std::string TraceContext::traceparent() const {
  std::string text = "00-";
  text.reserve(kVersion00Size);
  write_hex(trace_id, text);
  text += '-';
  write_hex(span_id, text);
  text += sampled ? "-01" : "-00";
  return text;
}

}  // namespace ottla::interceptors
