#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "protocol/wire/string_arena.h"
#include "protocol/wire/visitor.h"

namespace ottla::protocol {

// Fills a message with what a version can carry: numbers at and between their limits, texts, nulls
// where they are allowed. Everything else keeps its default.
class Randomize : public Visitor<Randomize> {
 public:
  Randomize(std::int16_t version, bool flexible, base::Random& random, StringArena& strings)
      : version_(version), flexible_(flexible), random_(random), strings_(strings) {}

  template <MessageStruct T>
  void fill(T& m) {
    T::fields(m, *this);
  }

  template <class T>
  void field(const char*, const FieldRule& rule, T& member) {
    if (rule.present.contains(version_)) fill_value(rule, member);
  }

  template <class... T>
  void tags(const Tag<T>&... tag) {
    if (flexible_) (fill_tag(tag), ...);
  }

 private:
  template <class T>
  void fill_tag(const Tag<T>& tag) {
    if (random_.one_in(2)) field(tag.name, tag.rule, tag.field);
  }

  template <class T>
  void fill_value(const FieldRule&, T& member) {
    fill(member);
  }
  template <class T>
  void fill_value(const FieldRule& rule, std::optional<T>& member) {
    if (version_ >= rule.nullable_since && random_.one_in(3)) {
      member.reset();
    } else {
      member = T{};
      fill(*member);
    }
  }

  template <Number T>
  void fill(T& value) {
    using Integer = IntegerOf<T>;
    using Limits = std::numeric_limits<Integer>;
    const Integer choices[] = {Limits::min(), Limits::max(), static_cast<Integer>(random_.next()),
                               static_cast<Integer>(random_.below(100)), static_cast<Integer>(-1)};
    value = T(choices[random_.below(std::size(choices))]);
  }
  void fill(bool& value) { value = random_.one_in(2); }
  // What Boost reads to the last bit.
  void fill(double& value) {
    const double choices[] = {-3.75, 0, 0.1, 1'048'576, 1e10, -1e100};
    value = choices[random_.below(std::size(choices))];
  }
  void fill(Uuid& uuid) { uuid = {random_.next(), random_.next()}; }
  void fill(std::string_view& text) { text = bytes(32, 126); }
  void fill(OpaqueBytes& out) { out.view = bytes(0, 255); }
  void fill(Records& records) { records.bytes = bytes(0, 255); }
  template <class T>
  void fill(std::vector<T>& array) {
    array.resize(random_.below(4));
    for (T& element : array) fill(element);
  }

  // Now and then long enough for a length of two bytes.
  std::string_view bytes(int least, int greatest) {
    std::string made(random_.below(random_.one_in(10) ? 300 : 12), '\0');
    for (char& byte : made) byte = static_cast<char>(random_.between(least, greatest));
    return strings_.keep(std::move(made));
  }

  const std::int16_t version_;
  const bool flexible_;
  base::Random& random_;
  StringArena& strings_;
};

}  // namespace ottla::protocol
