#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/wire/visitor.h"

namespace ottla::protocol {

// What one version knows of a field.
struct FieldFacts {
  std::string name;
  std::string type;
  bool present = false;
  bool nullable = false;
  int tag = -1;
  bool required = false;
  std::string default_value;
};

// The facts of all structs of a message by their path; fields inside of what this version does not
// have are left out.
using MessageFacts = std::map<std::string, std::vector<FieldFacts>>;

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;

// Walks a message that nobody has touched and notes what its `fields` say.
class Describe : public Visitor<Describe> {
 public:
  Describe(std::int16_t version, bool flexible) : version_(version), flexible_(flexible) {}

  const MessageFacts& facts() const { return facts_; }

  template <MessageStruct T>
  void describe(const T& m) {
    facts_[path_];
    T::fields(m, *this);
  }

  template <class T>
  void field(const char* name, const FieldRule& rule, const T& member) {
    note(name, rule, member, -1, rule.present.contains(version_));
  }

  template <class... T>
  void tags(const Tag<T>&... tag) {
    (note(tag.name, tag.rule, tag.field, static_cast<int>(tag.number),
          flexible_ && tag.rule.present.contains(version_)),
     ...);
  }

 private:
  template <class T>
  void note(const char* name, const FieldRule& rule, const T& member, int tag, bool present) {
    FieldFacts fact{.name = name,
                    .type = type_of(member),
                    .present = present,
                    .nullable = kIsOptional<T> && version_ >= rule.nullable_since,
                    .tag = tag,
                    .required = rule.required,
                    .default_value = text_of(member)};
    facts_[path_].push_back(std::move(fact));
    if (present) enter(name, member);
  }

  // Looks into the structs of a field.
  template <class T>
  void enter(const std::string& name, const T& member) {
    if constexpr (MessageStruct<T>) {
      const std::string outer = std::exchange(path_, path_ + name + ".");
      describe(member);
      path_ = outer;
    }
  }
  template <class T>
  void enter(const std::string& name, const std::optional<T>&) {
    enter(name, T{});
  }
  template <class T>
  void enter(const std::string& name, const std::vector<T>&) {
    enter(name + "[]", T{});
  }

  template <Number T>
  static std::string type_of(const T&) {
    using Integer = IntegerOf<T>;
    return (std::is_signed_v<Integer> ? "int" : "uint") + std::to_string(sizeof(Integer) * 8);
  }
  static std::string type_of(const bool&) { return "bool"; }
  static std::string type_of(const double&) { return "float64"; }
  static std::string type_of(const Uuid&) { return "uuid"; }
  static std::string type_of(const std::string_view&) { return "string"; }
  static std::string type_of(const OpaqueBytes&) { return "bytes"; }
  static std::string type_of(const Records&) { return "records"; }
  template <MessageStruct T>
  static std::string type_of(const T&) {
    return "struct";
  }
  template <class T>
  static std::string type_of(const std::vector<T>&) {
    return "[]" + type_of(T{});
  }
  template <class T>
  static std::string type_of(const std::optional<T>&) {
    return type_of(T{});
  }

  template <Number T>
  static std::string text_of(const T& value) {
    return std::to_string(to_integer(value));
  }
  static std::string text_of(const bool& value) { return value ? "true" : "false"; }
  static std::string text_of(const double& value) { return std::to_string(value); }
  static std::string text_of(const Uuid& uuid) { return '"' + uuid.to_string() + '"'; }
  static std::string text_of(const std::string_view& text) { return '"' + std::string(text) + '"'; }
  static std::string text_of(const OpaqueBytes&) { return "\"\""; }
  static std::string text_of(const Records&) { return "\"\""; }
  template <MessageStruct T>
  static std::string text_of(const T&) {
    return "-";
  }
  template <class T>
  static std::string text_of(const std::vector<T>& array) {
    return array.empty() ? "[]" : "filled";
  }
  template <class T>
  static std::string text_of(const std::optional<T>& member) {
    return member ? text_of(*member) : "null";
  }

  const std::int16_t version_;
  const bool flexible_;
  std::string path_;
  MessageFacts facts_;
};

}  // namespace ottla::protocol
