#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/strong.h"
#include "protocol/uuid.h"
#include "protocol/wire/types.h"

// How a message says what it looks like on the wire. Every struct of a message has one function
// that names its fields in wire order, with the versions beside them:
//
//   struct Topic {
//     std::optional<std::string_view> name;
//     Uuid topic_id;
//     std::vector<Partition> partitions;
//
//     template <class Self, class Wire>
//     static constexpr void fields(Self& m, Wire& w) {
//       w.nullable_since(12)("name", m.name);
//       w.since(10)("topicId", m.topic_id);
//       w("partitions", m.partitions);
//       w.tags(w.since(16).tag(0, "nodeEndpoints", m.node_endpoints));
//     }
//   };
//
// The names are those of Kafka's schemas, in the form its JSON has; they serve error texts and
// JSON. A std::optional may be null; everything else may not. Where a field can be missing, its
// default is Kafka's (but null where Kafka's would be an empty value that may be null). Tagged
// fields come in one last call, by ascending number; structs without any need not mention them.
// `Wire` is one of the visitors: SizeOf and Encoder (writer.h), Decoder (decoder.h), LeastSize
// (least_size.h), Print and JsonReader (json.h).
namespace ottla::protocol {

// Both ends are included.
struct VersionRange {
  std::int16_t from = 0;
  std::int16_t to = std::numeric_limits<std::int16_t>::max();

  constexpr bool contains(std::int16_t version) const { return version >= from && version <= to; }
};

// When a field travels. Outside `present` it keeps its default when decoded; when encoded it is
// left out, but if it is `required` and has another value than its default, encoding fails.
struct FieldRule {
  VersionRange present;
  std::int16_t nullable_since = 0;
  bool required = false;
};

template <class T>
struct Tag {
  std::uint32_t number;
  const char* name;
  FieldRule rule;
  T& field;
};

// What `w.since(3)` and the like return: the rule for the field that follows.
template <class Wire>
class FieldCall {
 public:
  constexpr FieldCall(Wire& wire, FieldRule rule) : wire_(wire), rule_(rule) {}

  constexpr FieldCall nullable_since(std::int16_t version) const {
    FieldRule rule = rule_;
    rule.nullable_since = version;
    return {wire_, rule};
  }

  template <class T>
  constexpr void operator()(const char* name, T& field) const {
    wire_.field(name, rule_, field);
  }

  template <class T>
  constexpr Tag<T> tag(std::uint32_t number, const char* name, T& field) const {
    return {number, name, rule_, field};
  }

 private:
  Wire& wire_;
  FieldRule rule_;
};

// The vocabulary of `fields`. A visitor derives from it and has
// `field(const char* name, const FieldRule&, T&)` and `tags(const Tag<T>&...)`.
template <class Wire>
class Visitor {
 public:
  template <class T>
  constexpr void operator()(const char* name, T& field) {
    self().field(name, FieldRule{}, field);
  }

  constexpr FieldCall<Wire> since(std::int16_t version) { return {self(), {.present = {version}}}; }
  constexpr FieldCall<Wire> between(std::int16_t from, std::int16_t to) {
    return {self(), {.present = {from, to}}};
  }
  // For fields whose value must not be lost: encoding fails rather than leave it out.
  constexpr FieldCall<Wire> require_since(std::int16_t version) {
    return {self(), {.present = {version}, .required = true}};
  }
  constexpr FieldCall<Wire> require_between(std::int16_t from, std::int16_t to) {
    return {self(), {.present = {from, to}, .required = true}};
  }
  constexpr FieldCall<Wire> nullable_since(std::int16_t version) {
    return {self(), {.nullable_since = version}};
  }
  template <class T>
  constexpr Tag<T> tag(std::uint32_t number, const char* name, T& field) {
    return {number, name, FieldRule{}, field};
  }

 private:
  constexpr Wire& self() { return static_cast<Wire&>(*this); }
};

struct ProbeWire final : Visitor<ProbeWire> {};

template <class T>
concept MessageStruct = requires(std::remove_const_t<T>& m, ProbeWire& w) {
  std::remove_const_t<T>::fields(m, w);
};

// Integers, booleans, enums and strong types travel as the integer below them.
template <class T>
concept Number = std::is_integral_v<T> || std::is_enum_v<T> || base::is_strong<T>;

template <Number T>
constexpr auto to_integer(T value) {
  if constexpr (base::is_strong<T>) {
    return value.value;
  } else if constexpr (std::is_enum_v<T>) {
    return static_cast<std::underlying_type_t<T>>(value);
  } else {
    return value;
  }
}
template <Number T>
using IntegerOf = decltype(to_integer(T{}));

// The value that a member has in a struct nobody has touched. `Here` is kept by visitors that need
// it, set to the struct being visited.
class Here {
 public:
  constexpr Here() = default;
  template <class S>
  static Here at(const S& m) {
    return Here(reinterpret_cast<const char*>(&m), &untouched<S>);
  }

  template <class T>
  bool is_default(const T& member) const {
    const auto position = reinterpret_cast<const char*>(&member) - self_;
    return member == *reinterpret_cast<const T*>(untouched_() + position);
  }

 private:
  using Untouched = const char* (*)();
  Here(const char* self, Untouched other) : self_(self), untouched_(other) {}

  template <class S>
  static const char* untouched() {
    static const S made{};
    return reinterpret_cast<const char*>(&made);
  }

  const char* self_ = nullptr;
  Untouched untouched_ = nullptr;
};

}  // namespace ottla::protocol
