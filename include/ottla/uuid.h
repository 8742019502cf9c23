#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

namespace ottla {

// Sixteen bytes that name something (RFC 4122), for keys and values.
struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const Uuid&) const = default;

  // 36 characters, lower case: "01234567-89ab-cdef-0123-456789abcdef".
  std::string to_string() const;
  // That form, in upper or lower case; none if it is not.
  static std::optional<Uuid> parse(std::string_view text);
};

std::ostream& operator<<(std::ostream& out, const Uuid& uuid);

}  // namespace ottla
