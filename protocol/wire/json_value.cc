#include "protocol/wire/json_value.h"

#include <boost/json/src.hpp>
#include <limits>

namespace ottla::protocol {
namespace {

namespace json = boost::json;

// False for a number that is not a 64-bit integer.
bool convert(const json::value& from, JsonValue& to);

bool convert_object(const json::object& from, JsonValue& to) {
  JsonValue::Object object;
  object.reserve(from.size());
  for (const auto& [key, value] : from) {
    auto& member = object.emplace_back(std::string(key.data(), key.size()), JsonValue{});
    if (!convert(value, member.second)) return false;
  }
  to.value = std::move(object);
  return true;
}

bool convert_array(const json::array& from, JsonValue& to) {
  JsonValue::Array array(from.size());
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (!convert(from[i], array[i])) return false;
  }
  to.value = std::move(array);
  return true;
}

bool convert(const json::value& from, JsonValue& to) {
  switch (from.kind()) {
    case json::kind::null:
      return true;
    case json::kind::bool_:
      to.value = from.get_bool();
      return true;
    case json::kind::int64:
      to.value = from.get_int64();
      return true;
    case json::kind::string:
      to.value = std::string(from.get_string().data(), from.get_string().size());
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
