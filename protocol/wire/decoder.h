#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/wire/frame_reader.h"
#include "protocol/wire/least_size.h"

namespace ottla::protocol {

// An element of an array takes at most this many times as much memory as its least bytes on the
// wire (checked at compile time), and no byte of the frame is counted for two elements: all vectors
// of a message together take at most this many times the size of its frame, and a little for the
// fields of elements that are half read. Strings, bytes and records are borrowed.
inline constexpr std::size_t kMemoryPerWireByte = 32;

// Reads the message type M; any bytes end in a message or in a failure. Nesting is as deep as the
// types are.
template <class M>
class Decoder : public Visitor<Decoder<M>>, public FrameReader {
 public:
  Decoder(BytesView frame, std::int16_t version)
      : FrameReader(frame, M::api.flexible(version)), version_(version) {}

  template <MessageStruct T>
  bool get(T& m) {
    T::fields(m, *this);
    if (flexible() && !std::exchange(tags_done_, false)) skip_tags();
    return true;
  }

  template <class T>
  void field(const char* name, const FieldRule& rule, T& member) {
    if (failure() || !rule.present.contains(version_)) return;
    get_value(rule, member);
    if (failure()) mutable_failure().inside_field(name);
  }

  template <class... T>
  void tags(const Tag<T>&... known) {
    if (!flexible()) return;
    const std::uint32_t count = uvarint();
    std::int64_t number = -1;
    std::size_t size = 0;
    for (std::uint32_t i = 0; i < count && next_tag(number, size); ++i) {
      const bool met = (get_tag(known, number, size) || ...);
      if (!met) take(size);
    }
    tags_done_ = true;
  }

 private:
  // `get` answers false for null, which numbers and structs never are.
  template <Number T>
  bool get(T& value) {
    value = T(integer<IntegerOf<T>>());
    return true;
  }
  bool get(bool& value) {
    value = integer<std::int8_t>() != 0;
    return true;
  }
  bool get(double& value) {
    value = std::bit_cast<double>(integer<std::uint64_t>());
    return true;
  }
  bool get(Uuid& uuid) {
    uuid.high = integer<std::uint64_t>();
    uuid.low = integer<std::uint64_t>();
    return true;
  }
  bool get(std::string_view& text) { return get_bytes(text, string_length()); }
  bool get(OpaqueBytes& bytes) { return get_bytes(bytes.view, length()); }
  bool get(Records& records) { return get_bytes(records.bytes, length()); }

  bool get_bytes(BytesView& out, std::int64_t size) {
    if (size < 0) return false;
    out = bytes(size);
    return true;
  }

  template <class T>
  bool get(std::vector<T>& out) {
    constexpr std::size_t least = least_size<T>(M::api);
    static_assert(sizeof(T) <= kMemoryPerWireByte * least,
                  "this element takes too much memory for its bytes on the wire");
    const std::int64_t count = length();
    if (count < 0 || !pledge(static_cast<std::size_t>(count), least)) return false;
    out.reserve(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
      redeem(least);
      if (!get(out.emplace_back())) fail_null();
      if (failure()) {
        mutable_failure().inside_element(i);
        break;
      }
    }
    return true;
  }

  template <class T>
  void get_value(const FieldRule&, T& member) {
    if (!get(member)) fail_null();
  }
  template <class T>
  void get_value(const FieldRule& rule, std::optional<T>& member) {
    member = T{};
    if (is_there(*member) && get(*member)) return;
    member.reset();
    if (version_ < rule.nullable_since) fail_null();
  }

  // Nullable structs begin with a byte of their own: negative for null.
  template <class T>
  bool is_there(const T&) {
    if constexpr (MessageStruct<T>) {
      return integer<std::int8_t>() >= 0;
    } else {
      return true;
    }
  }

  template <class T>
  bool get_tag(const Tag<T>& tag, std::int64_t number, std::size_t size) {
    if (tag.number != number || !tag.rule.present.contains(version_)) return false;
    const Outside outside = enter(size);
    field(tag.name, tag.rule, tag.field);
    leave(outside);
    return true;
  }

  const std::int16_t version_;
  bool tags_done_ = false;
};

}  // namespace ottla::protocol
