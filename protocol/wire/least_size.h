#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "protocol/wire/api.h"
#include "protocol/wire/visitor.h"

namespace ottla::protocol {

// Counts, at compile time, the fewest bytes that a value of a type can take on the wire: every
// string, array and tag section empty, every nullable field null.
class LeastSize : public Visitor<LeastSize> {
 public:
  constexpr LeastSize(std::int16_t version, bool flexible)
      : version_(version), flexible_(flexible) {}

  constexpr std::size_t bytes() const { return bytes_; }

  template <class T>
  constexpr void field(const char*, const FieldRule& rule, const T& member) {
    if (rule.present.contains(version_)) add(member);
  }
  template <class... T>
  constexpr void tags(const Tag<T>&...) {}

  template <Number T>
  constexpr void add(const T&) {
    bytes_ += sizeof(IntegerOf<T>);
  }
  constexpr void add(const double&) { bytes_ += 8; }
  constexpr void add(const Uuid&) { bytes_ += 16; }
  constexpr void add(const std::string_view&) { bytes_ += flexible_ ? 1 : 2; }
  constexpr void add(const OpaqueBytes&) { add_length(); }
  constexpr void add(const Records&) { add_length(); }
  template <class T>
  constexpr void add(const std::vector<T>&) {
    add_length();
  }
  template <class T>
  constexpr void add(const std::optional<T>&) {
    if constexpr (MessageStruct<T>) {
      bytes_ += 1;
    } else {
      add(T{});
    }
  }
  template <MessageStruct T>
  constexpr void add(const T& m) {
    T::fields(m, *this);
    if (flexible_) bytes_ += 1;
  }

 private:
  constexpr void add_length() { bytes_ += flexible_ ? 1 : 4; }

  std::int16_t version_;
  bool flexible_;
  std::size_t bytes_ = 0;
};

// Over all versions of the API.
template <class T>
constexpr std::size_t least_size(const Api& api) {
  std::size_t least = SIZE_MAX;
  for (std::int16_t version = api.min; version <= api.max; ++version) {
    LeastSize size(version, api.flexible(version));
    size.add(T{});
    least = std::min(least, size.bytes());
  }
  return least;
}

}  // namespace ottla::protocol
