#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <ostream>

namespace ottla::base {

// An integer with a meaning: `struct OffsetTag; using Offset = Strong<std::int64_t, OffsetTag>;`.
// Two different meanings never mix; the bare number is `.value`.
template <class T, class Tag>
struct Strong {
  using Value = T;
  T value{};

  constexpr Strong() = default;
  constexpr explicit Strong(T v) : value(v) {}

  constexpr auto operator<=>(const Strong&) const = default;
  constexpr Strong& operator++() {
    ++value;
    return *this;
  }
  // Distances are bare numbers.
  constexpr friend Strong operator+(Strong a, T n) { return Strong(static_cast<T>(a.value + n)); }
  constexpr friend Strong operator-(Strong a, T n) { return Strong(static_cast<T>(a.value - n)); }
  constexpr friend T operator-(Strong a, Strong b) { return static_cast<T>(a.value - b.value); }
  friend std::ostream& operator<<(std::ostream& out, Strong s) { return out << +s.value; }
};

template <class T>
inline constexpr bool is_strong = false;
template <class T, class Tag>
inline constexpr bool is_strong<Strong<T, Tag>> = true;

}  // namespace ottla::base

template <class T, class Tag>
struct std::hash<ottla::base::Strong<T, Tag>> {
  std::size_t operator()(const ottla::base::Strong<T, Tag>& s) const noexcept {
    return std::hash<T>()(s.value);
  }
};
