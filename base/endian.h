#pragma once

#include <bit>
#include <concepts>
#include <cstring>
#include <type_traits>

namespace ottla::base {

// Big-endian integers at any address, as Kafka's wire and files have them. The caller has checked
// that sizeof(T) bytes are there.
template <std::integral T>
T load_be(const char* from) {
  std::make_unsigned_t<T> raw;
  std::memcpy(&raw, from, sizeof raw);
  if constexpr (sizeof raw == 2) raw = __builtin_bswap16(raw);
  if constexpr (sizeof raw == 4) raw = __builtin_bswap32(raw);
  if constexpr (sizeof raw == 8) raw = __builtin_bswap64(raw);
  return static_cast<T>(raw);
}

template <std::integral T>
void store_be(char* to, T value) {
  auto raw = static_cast<std::make_unsigned_t<T>>(value);
  if constexpr (sizeof raw == 2) raw = __builtin_bswap16(raw);
  if constexpr (sizeof raw == 4) raw = __builtin_bswap32(raw);
  if constexpr (sizeof raw == 8) raw = __builtin_bswap64(raw);
  std::memcpy(to, &raw, sizeof raw);
}

static_assert(std::endian::native == std::endian::little,
              "only little-endian machines are built for");

}  // namespace ottla::base
