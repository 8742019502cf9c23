#include "protocol/wire/json_value.h"

#include <boost/json/src.hpp>

namespace ottla::protocol {
namespace {

namespace json = boost::json;

// False for a whole number of more than 64 bits.
bool convert(const json::value& from, JsonValue& to);

bool convert_object(const json::object& from, JsonValue& to) {
  to.kind = JsonValue::Kind::object;
  for (const auto& [key, value] : from) {
    to.keys.emplace_back(key.data(), key.size());
    if (!convert(value, to.elements.emplace_back())) return false;
  }
  return true;
}

bool convert_array(const json::array& from, JsonValue& to) {
  to.kind = JsonValue::Kind::array;
  for (const json::value& element : from) {
    if (!convert(element, to.elements.emplace_back())) return false;
  }
  return true;
}

bool convert(const json::value& from, JsonValue& to) {
  switch (from.kind()) {
    case json::kind::null:
      return true;
    case json::kind::bool_:
      to.kind = JsonValue::Kind::boolean;
      to.boolean = from.get_bool();
      return true;
    case json::kind::int64:
      to.kind = JsonValue::Kind::number;
      to.number = from.get_int64();
      return true;
    case json::kind::double_:
      to.kind = JsonValue::Kind::real;
      to.real = from.get_double();
      return true;
    case json::kind::string:
      to.kind = JsonValue::Kind::string;
      to.string.assign(from.get_string().data(), from.get_string().size());
      return true;
    case json::kind::array:
      return convert_array(from.get_array(), to);
    case json::kind::object:
      return convert_object(from.get_object(), to);
    default:
      return false;
  }
}

}  // namespace

const JsonValue* JsonValue::find(std::string_view key) const {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i] == key) return &elements[i];
  }
  return nullptr;
}

Result<JsonValue> parse_json(std::string_view text) {
  json::error_code failed;
  json::parse_options options;
  options.max_depth = 32;
  const auto parsed = json::parse(json::string_view(text.data(), text.size()), failed, {}, options);
  if (failed) return Error(ErrorCode::invalid_argument, "not a JSON text: " + failed.message());
  JsonValue value;
  if (convert(parsed, value)) return value;
  return Error(ErrorCode::invalid_argument, "a number in the JSON text is not a 64-bit integer");
}

}  // namespace ottla::protocol
