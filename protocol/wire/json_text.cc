#include "protocol/wire/json_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace ottla::protocol {
namespace {

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kReplacement = "\xef\xbf\xbd";

unsigned byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

// The length of the well-formed UTF-8 sequence at `at`, or 0.
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const unsigned first = byte_at(text, at);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() - at < length) return 0;
  std::uint32_t point = first & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const unsigned next = byte_at(text, at + i);
    if ((next & 0xc0) != 0x80) return 0;
    point = (point << 6) | (next & 0x3f);
  }
  const bool overlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
  const bool surrogate = point >= 0xd800 && point < 0xe000;
  return overlong || surrogate || point > 0x10ffff ? 0 : length;
}

void append_control(std::string& to, unsigned character) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  to += "\\u00";
  to += kHex[character >> 4];
  to += kHex[character & 15];
}

void append_ascii(std::string& to, char character) {
  switch (character) {
    case '"':
      to += "\\\"";
      break;
    case '\\':
      to += "\\\\";
      break;
    case '\b':
      to += "\\b";
      break;
    case '\f':
      to += "\\f";
      break;
    case '\n':
      to += "\\n";
      break;
    case '\r':
      to += "\\r";
      break;
    case '\t':
      to += "\\t";
      break;
    default:
      if (static_cast<unsigned char>(character) < 0x20) {
        append_control(to, static_cast<unsigned char>(character));
      } else {
        to += character;
      }
  }
}

}  // namespace

void append_json_string(std::string& to, std::string_view text) {
  to += '"';
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text, at);
    if (length == 1) {
      append_ascii(to, text[at]);
    } else {
      to += length == 0 ? kReplacement : text.substr(at, length);
    }
    at += length == 0 ? 1 : length;
  }
  to += '"';
}

void append_json_double(std::string& to, double value) {
  if (std::isnan(value)) return append_json_string(to, "NaN");
  if (std::isinf(value)) return append_json_string(to, value > 0 ? "Infinity" : "-Infinity");
  const bool plain = value == 0 || (std::abs(value) >= 1e-3 && std::abs(value) < 1e7);
  char text[32];
  const auto form = plain ? std::chars_format::fixed : std::chars_format::scientific;
  const auto written = std::to_chars(std::begin(text), std::end(text), value, form);
  std::string_view digits(text, static_cast<std::size_t>(written.ptr - text));
  const auto exponent_at = std::min(digits.find('e'), digits.size());
  to += digits.substr(0, exponent_at);
  if (digits.substr(0, exponent_at).find('.') == std::string_view::npos) to += ".0";
  if (exponent_at == digits.size()) return;
  digits.remove_prefix(exponent_at + 1);
  to += 'E';
  if (digits.front() == '-') to += '-';
  digits.remove_prefix(1);
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  to += digits;
}

void append_base64(std::string& to, BytesView bytes) {
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t have = std::min<std::size_t>(3, bytes.size() - at);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i)
      group = (group << 8) | (i < have ? byte_at(bytes, at + i) : 0);
    for (std::size_t i = 0; i < 4; ++i) {
      to += i <= have ? kBase64[(group >> (18 - 6 * i)) & 63] : '=';
    }
  }
}

std::optional<std::string> parse_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  for (std::size_t at = 0; at < text.size(); at += 4) {
    std::uint32_t group = 0;
    for (std::size_t i = at; i < at + 4; ++i) {
      const bool is_padding = i >= text.size() - padding;
      const auto digit = is_padding ? 0 : kBase64.find(text[i]);
      if (digit == std::string_view::npos) return std::nullopt;
      group = (group << 6) | static_cast<std::uint32_t>(digit);
    }
    for (const unsigned shift : {16U, 8U, 0U}) bytes += static_cast<char>(group >> shift);
  }
  bytes.resize(bytes.size() - padding);
  return bytes;
}

}  // namespace ottla::protocol
