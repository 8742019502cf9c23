#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "ottla/bytes.h"
#include "ottla/headers.h"
#include "ottla/result.h"
#include "ottla/uuid.h"

namespace ottla {

// How values of T become the bytes of a key or a value, and back. Specialise it for types of your
// own; whatever format you like, JSON included:
//
//   template <> struct ottla::Serde<Order> {
//     static void write(const Order& order, Bytes& out);  // appends
//     static Result<Order> read(BytesView in);
//   };
//
// Those that are here write what the serializers of Kafka's Java client of that type write:
//   std::string (also for bytes as they are)
//   std::int16_t, std::int32_t, std::int64_t, float, double: big-endian, as wide as they are
//   bool: one byte, 1 or 0
//   std::vector<std::byte>
//   Uuid: its text
//   std::optional<T>: T, or null for nullopt, as a tombstone is
// A null where T has none is an error when it is read.
template <class T>
struct Serde;

namespace detail {

template <class T>
struct WithoutOptional {
  using Type = T;
};
template <class T>
struct WithoutOptional<std::optional<T>> {
  using Type = T;
};
template <class T>
inline constexpr bool kIsOptional = !std::is_same_v<typename WithoutOptional<T>::Type, T>;

template <class T>
concept HasSerde = requires(const T& value, Bytes& out, BytesView in) {
  Serde<T>::write(value, out);
  { Serde<T>::read(in) } -> std::same_as<Result<T>>;
};

inline Error unreadable(const char* what, std::size_t size) {
  return Error(ErrorCode::invalid_argument,
               std::string("these ") + std::to_string(size) + " bytes are not " + what);
}

// Numbers as Java writes them.
template <class T, class Bits, const char* kName>
struct BigEndianSerde {
  static void write(T value, Bytes& out) {
    const auto bits = std::bit_cast<Bits>(value);
    for (std::size_t i = sizeof(T); i-- > 0;) out.push_back(static_cast<char>(bits >> (8 * i)));
  }
  static Result<T> read(BytesView in) {
    if (in.size() != sizeof(T)) return unreadable(kName, in.size());
    Bits bits = 0;
    for (const char byte : in) {
      bits = static_cast<Bits>(std::uint64_t{bits} << 8 | static_cast<unsigned char>(byte));
    }
    return std::bit_cast<T>(bits);
  }
};

inline constexpr char kInt16[] = "a 16-bit integer";
inline constexpr char kInt32[] = "a 32-bit integer";
inline constexpr char kInt64[] = "a 64-bit integer";
inline constexpr char kFloat[] = "a float";
inline constexpr char kDouble[] = "a double";

}  // namespace detail

template <>
struct Serde<std::int16_t> : detail::BigEndianSerde<std::int16_t, std::uint16_t, detail::kInt16> {};
template <>
struct Serde<std::int32_t> : detail::BigEndianSerde<std::int32_t, std::uint32_t, detail::kInt32> {};
template <>
struct Serde<std::int64_t> : detail::BigEndianSerde<std::int64_t, std::uint64_t, detail::kInt64> {};
template <>
struct Serde<float> : detail::BigEndianSerde<float, std::uint32_t, detail::kFloat> {};
template <>
struct Serde<double> : detail::BigEndianSerde<double, std::uint64_t, detail::kDouble> {};

template <>
struct Serde<bool> {
  static void write(bool value, Bytes& out) { out.push_back(value ? '\1' : '\0'); }
  static Result<bool> read(BytesView in) {
    if (in.size() != 1 || (in[0] != '\0' && in[0] != '\1')) {
      return detail::unreadable("a boolean", in.size());
    }
    return in[0] == '\1';
  }
};

template <>
struct Serde<std::string> {
  static void write(const std::string& value, Bytes& out) { out.append(value); }
  static Result<std::string> read(BytesView in) { return std::string(in); }
  // The bytes are there already: they need not be written to be sent.
  static BytesView view(const std::string& value) { return value; }
};

template <>
struct Serde<std::vector<std::byte>> {
  using Vector = std::vector<std::byte>;
  static void write(const Vector& value, Bytes& out) { out.append(view(value)); }
  static Result<Vector> read(BytesView in) {
    const auto* const begin = reinterpret_cast<const std::byte*>(in.data());
    return Vector(begin, begin + in.size());
  }
  static BytesView view(const Vector& value) {
    if (value.empty()) return "";
    return {reinterpret_cast<const char*>(value.data()), value.size()};
  }
};

template <>
struct Serde<Uuid> {
  static void write(const Uuid& value, Bytes& out) { out.append(value.to_string()); }
  static Result<Uuid> read(BytesView in) {
    const auto uuid = Uuid::parse(in);
    if (!uuid) return detail::unreadable("the text of a UUID", in.size());
    return *uuid;
  }
};

// T has a Serde, or is a std::optional of what has one.
template <class T>
concept Serializable = detail::HasSerde<typename detail::WithoutOptional<T>::Type>;

// The bytes of `value`: a view of it where its Serde has one, otherwise written into `scratch`.
// Valid as long as both stay as they are. nullopt is null.
template <Serializable T>
BytesView to_bytes(const T& value, Bytes& scratch) {
  if constexpr (detail::kIsOptional<T>) {
    return value ? to_bytes(*value, scratch) : kNull;
  } else if constexpr (requires { Serde<T>::view(value); }) {
    return Serde<T>::view(value);
  } else {
    scratch.clear();
    Serde<T>::write(value, scratch);
    return scratch;
  }
}

// What to_bytes made bytes of. Errors: those of the Serde; invalid_argument for a null if T is no
// std::optional.
template <Serializable T>
Result<T> from_bytes(BytesView bytes) {
  if constexpr (detail::kIsOptional<T>) {
    if (is_null(bytes)) return T();
    auto read = from_bytes<typename T::value_type>(bytes);
    if (!read) return std::move(read).error();
    return T(std::move(*read));
  } else {
    if (is_null(bytes)) return Error(ErrorCode::invalid_argument, "null where a value must be");
    return Serde<T>::read(bytes);
  }
}

}  // namespace ottla
