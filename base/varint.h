#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace ottla::base {

// Variable-length integers as Kafka's protocol and records have them: seven bits a byte, the least
// significant first, the high bit set on all but the last byte. Signed ones are mapped to unsigned
// ones by zigzag (0, -1, 1, -2 ... become 0, 1, 2, 3 ...).
//
// Writers expect room for the size they announce (at most the constants below) and return the end
// of what they wrote. Readers return the end of what they read, or nullptr if the bytes end too
// early, go on for too long, or hold more bits than the type; `out` is then untouched. A number
// with needless zero bytes at its end, but within the longest form, is accepted, as Kafka does.

inline constexpr std::size_t kMaxVarint32Size = 5;
inline constexpr std::size_t kMaxVarint64Size = 10;

constexpr std::uint32_t zigzag_encode32(std::int32_t value) {
  return (static_cast<std::uint32_t>(value) << 1) ^ static_cast<std::uint32_t>(value >> 31);
}
constexpr std::uint64_t zigzag_encode64(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int32_t zigzag_decode32(std::uint32_t raw) {
  return static_cast<std::int32_t>((raw >> 1) ^ (0 - (raw & 1)));
}
constexpr std::int64_t zigzag_decode64(std::uint64_t raw) {
  return static_cast<std::int64_t>((raw >> 1) ^ (0 - (raw & 1)));
}

// The bytes that `value` takes; 1 to 10.
constexpr std::size_t varint_size(std::uint64_t value) {
  // ceil(bits / 7) without a division, with one bit for zero.
  const auto bits = static_cast<std::size_t>(std::bit_width(value | 1));
  return (bits * 9 + 64) / 64;
}
constexpr std::size_t zigzag_size32(std::int32_t value) {
  return varint_size(zigzag_encode32(value));
}
constexpr std::size_t zigzag_size64(std::int64_t value) {
  return varint_size(zigzag_encode64(value));
}

inline char* write_uvarint(char* to, std::uint64_t value) {
  while (value >= 0x80) {
    *to++ = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  *to++ = static_cast<char>(value);
  return to;
}
inline char* write_zigzag32(char* to, std::int32_t value) {
  return write_uvarint(to, zigzag_encode32(value));
}
inline char* write_zigzag64(char* to, std::int64_t value) {
  return write_uvarint(to, zigzag_encode64(value));
}

// The general case of the readers below, which do one byte themselves.
template <class T>
const char* read_long_uvarint(const char* from, const char* end, T& out) {
  constexpr unsigned bits = sizeof(T) * 8;
  T value = 0;
  for (unsigned shift = 0; shift < bits && from != end; shift += 7) {
    const auto byte = static_cast<unsigned char>(*from++);
    const auto payload = static_cast<T>(byte & 0x7f);
    if (shift + 7 > bits && (payload >> (bits - shift)) != 0) return nullptr;
    value = static_cast<T>(value | (payload << shift));
    if (byte < 0x80) {
      out = value;
      return from;
    }
  }
  return nullptr;
}

inline const char* read_uvarint32(const char* from, const char* end, std::uint32_t& out) {
  if (from != end && static_cast<unsigned char>(*from) < 0x80) [[likely]] {
    out = static_cast<unsigned char>(*from);
    return from + 1;
  }
  return read_long_uvarint(from, end, out);
}
inline const char* read_uvarint64(const char* from, const char* end, std::uint64_t& out) {
  if (from != end && static_cast<unsigned char>(*from) < 0x80) [[likely]] {
    out = static_cast<unsigned char>(*from);
    return from + 1;
  }
  return read_long_uvarint(from, end, out);
}
inline const char* read_zigzag32(const char* from, const char* end, std::int32_t& out) {
  std::uint32_t raw = 0;
  const char* after = read_uvarint32(from, end, raw);
  if (after != nullptr) out = zigzag_decode32(raw);
  return after;
}
inline const char* read_zigzag64(const char* from, const char* end, std::int64_t& out) {
  std::uint64_t raw = 0;
  const char* after = read_uvarint64(from, end, raw);
  if (after != nullptr) out = zigzag_decode64(raw);
  return after;
}

}  // namespace ottla::base
