#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/wire/codec.h"
#include "protocol/wire/json_text.h"
#include "protocol/wire/json_value.h"
#include "protocol/wire/string_arena.h"
#include "protocol/wire/visitor.h"

// Messages as JSON, in the form that Apache Kafka's own converters have: camel case, only the
// fields of the version, tagged fields only if they differ from their default, ids as Kafka's 22
// characters, bytes and records in base64.
namespace ottla::protocol {

class Print : public Visitor<Print> {
 public:
  Print(std::int16_t version, bool flexible) : version_(version), flexible_(flexible) {}

  const std::string& text() const { return text_; }

  template <MessageStruct T>
  void put(const T& m) {
    const Here outer = std::exchange(here_, Here::at(m));
    text_ += '{';
    T::fields(m, *this);
    text_ += '}';
    here_ = outer;
  }

  template <class T>
  void field(const char* name, const FieldRule& rule, const T& member) {
    if (!rule.present.contains(version_)) return;
    if (text_.back() != '{') text_ += ',';
    append_json_string(text_, name);
    text_ += ':';
    put(member);
  }

  template <class... T>
  void tags(const Tag<T>&... tag) {
    if (flexible_) (put_tag(tag), ...);
  }

 private:
  template <class T>
  void put_tag(const Tag<T>& tag) {
    if (!here_.is_default(tag.field)) field(tag.name, tag.rule, tag.field);
  }

  template <Number T>
  void put(T value) {
    text_ += std::to_string(to_integer(value));
  }
  void put(bool value) { text_ += value ? "true" : "false"; }
  void put(double value) { append_json_double(text_, value); }
  void put(const Uuid& uuid) { append_json_string(text_, uuid.to_string()); }
  void put(std::string_view text) { append_json_string(text_, text); }
  void put(const OpaqueBytes& bytes) { put_base64(bytes.view); }
  void put(const Records& records) { put_base64(records.bytes); }
  void put_base64(BytesView bytes) {
    text_ += '"';
    append_base64(text_, bytes);
    text_ += '"';
  }
  template <class T>
  void put(const std::optional<T>& member) {
    if (member) {
      put(*member);
    } else {
      text_ += "null";
    }
  }
  template <class T>
  void put(const std::vector<T>& array) {
    text_ += '[';
    for (std::size_t i = 0; i < array.size(); ++i) {
      if (i > 0) text_ += ',';
      put(array[i]);
    }
    text_ += ']';
  }

  const std::int16_t version_;
  const bool flexible_;
  Here here_;
  std::string text_;
};

// Fills a message from JSON. Every field of the version must be there, tagged ones excepted, and
// nothing else.
class JsonReader : public Visitor<JsonReader> {
 public:
  JsonReader(std::int16_t version, bool flexible, StringArena& strings)
      : version_(version), flexible_(flexible), strings_(strings) {}

  const Failure& failure() const { return failure_; }

  template <MessageStruct T>
  void get(const JsonValue& from, T& m) {
    if (!expect(from, JsonValue::Kind::object, "an object")) return;
    const auto* outer = std::exchange(object_, &from);
    auto outer_known = std::exchange(known_, {});
    T::fields(m, *this);
    for (const auto& key : from.keys) {
      const bool is_known = std::find(known_.begin(), known_.end(), key) != known_.end();
      if (!is_known) fail("has the field '" + key + "', which this version does not have");
    }
    known_ = std::move(outer_known);
    object_ = outer;
  }

  template <class T>
  void field(const char* name, const FieldRule& rule, T& member) {
    read(name, rule, member, false);
  }

  template <class... T>
  void tags(const Tag<T>&... tag) {
    if (flexible_) (read(tag.name, tag.rule, tag.field, true), ...);
  }

 private:
  template <class T>
  void read(const char* name, const FieldRule& rule, T& member, bool may_be_missing) {
    if (failure_ || !rule.present.contains(version_)) return;
    known_.push_back(name);
    if (const JsonValue* found = object_->find(name)) {
      get_value(*found, rule, member);
    } else if (!may_be_missing) {
      fail("is missing");
    }
    if (failure_) failure_.inside_field(name);
  }

  template <class T>
  void get_value(const JsonValue& from, const FieldRule&, T& member) {
    get(from, member);
  }
  template <class T>
  void get_value(const JsonValue& from, const FieldRule& rule, std::optional<T>& member) {
    if (from.kind != JsonValue::Kind::null) {
      member = T{};
      get(from, *member);
    } else if (version_ < rule.nullable_since) {
      fail("is null, which this version does not allow");
    } else {
      member.reset();
    }
  }

  template <Number T>
  void get(const JsonValue& from, T& value) {
    using Integer = IntegerOf<T>;
    if (from.kind == JsonValue::Kind::real) return fail("is not a 64-bit integer");
    if (!expect(from, JsonValue::Kind::number, "a number")) return;
    if (!std::in_range<Integer>(from.number)) return fail("is out of range");
    value = T(static_cast<Integer>(from.number));
  }
  void get(const JsonValue& from, bool& value) {
    if (expect(from, JsonValue::Kind::boolean, "true or false")) value = from.boolean;
  }
  void get(const JsonValue& from, double& value) {
    if (from.kind == JsonValue::Kind::real) {
      value = from.real;
    } else if (expect(from, JsonValue::Kind::number, "a number")) {
      value = static_cast<double>(from.number);
    }
  }
  void get(const JsonValue& from, Uuid& uuid) {
    if (!expect(from, JsonValue::Kind::string, "an id of 22 characters")) return;
    const auto parsed = Uuid::parse(from.string);
    if (!parsed) return fail("must be an id of 22 characters");
    uuid = *parsed;
  }
  void get(const JsonValue& from, std::string_view& text) {
    if (expect(from, JsonValue::Kind::string, "a string")) text = strings_.keep(from.string);
  }
  void get(const JsonValue& from, OpaqueBytes& bytes) { get_base64(from, bytes.view); }
  void get(const JsonValue& from, Records& records) { get_base64(from, records.bytes); }
  void get_base64(const JsonValue& from, BytesView& bytes) {
    if (!expect(from, JsonValue::Kind::string, "a string in base64")) return;
    auto parsed = parse_base64(from.string);
    if (!parsed) return fail("must be a string in base64");
    bytes = strings_.keep(std::move(*parsed));
  }
  template <class T>
  void get(const JsonValue& from, std::vector<T>& out) {
    if (!expect(from, JsonValue::Kind::array, "an array")) return;
    out.resize(from.elements.size());
    for (std::size_t i = 0; i < out.size() && !failure_; ++i) {
      get(from.elements[i], out[i]);
      if (failure_) failure_.inside_element(i);
    }
  }

  bool expect(const JsonValue& from, JsonValue::Kind kind, const char* what) {
    if (from.kind != kind) fail(std::string("must be ") + what);
    return from.kind == kind;
  }
  void fail(std::string why) { failure_.set(ErrorCode::invalid_argument, std::move(why)); }

  const std::int16_t version_;
  const bool flexible_;
  StringArena& strings_;
  const JsonValue* object_ = nullptr;
  std::vector<std::string_view> known_;
  Failure failure_;
};

template <Message M>
std::string to_json(const M& message, std::int16_t version) {
  Print print(version, M::api.flexible(version));
  print.put(message);
  return print.text();
}

// The strings of `message` belong to `strings`.
template <class M>
struct FromJson {
  M message;
  StringArena strings;
};

// Fails with invalid_argument; the text names the field.
template <Message M>
Result<FromJson<M>> from_json(std::string_view text, std::int16_t version) {
  auto parsed = parse_json(text);
  if (!parsed) return parsed.error();
  FromJson<M> made;
  JsonReader reader(version, M::api.flexible(version), made.strings);
  reader.get(*parsed, made.message);
  if (reader.failure()) return reader.failure().to_error(M::api, M::side, version);
  return made;
}

}  // namespace ottla::protocol
