#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace ottla::protocol {

// A topic id, directory id, incarnation id. Its text is Kafka's: 22 characters of unpadded
// base64url.
struct Uuid {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  constexpr auto operator<=>(const Uuid&) const = default;
  constexpr bool is_zero() const { return high == 0 && low == 0; }

  std::string to_string() const;
  static std::optional<Uuid> parse(std::string_view text);
};

}  // namespace ottla::protocol

template <>
struct std::hash<ottla::protocol::Uuid> {
  std::size_t operator()(const ottla::protocol::Uuid& uuid) const noexcept {
    return static_cast<std::size_t>(uuid.high ^ (uuid.low * 0x9e3779b97f4a7c15ULL));
  }
};
