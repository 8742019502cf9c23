#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "protocol/messages/all.h"
#include "protocol/wire/frame.h"
#include "protocol/wire/json.h"
#include "protocol/wire/wire_tool.h"
#include "tests/protocol/hex.h"

// Bytes and JSON made by Apache Kafka's own classes (tests/interop/golden/README.md).
namespace ottla::protocol {
namespace {

struct GoldenCase {
  std::string api;
  Side side = Side::request;
  std::int16_t version = 0;
  std::string hex;
  std::string bytes;
  std::string json;
};

std::vector<GoldenCase> golden_cases(const std::string& name) {
  std::ifstream file(std::string(OTTLA_PROTOCOL_TESTS) + "/golden/" + name + ".txt");
  std::vector<GoldenCase> cases;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    GoldenCase made;
    std::string side;
    std::istringstream words(line);
    words >> made.api >> side >> made.version >> made.hex >> std::ws;
    std::getline(words, made.json);
    made.side = side == "request" ? Side::request : Side::response;
    made.bytes = from_hex(made.hex);
    cases.push_back(std::move(made));
  }
  return cases;
}

// The same text for the same value, whatever the order of its fields.
std::string canonical(const JsonValue& value) {
  switch (value.kind) {
    case JsonValue::Kind::null:
      return "null";
    case JsonValue::Kind::boolean:
      return value.boolean ? "true" : "false";
    case JsonValue::Kind::number:
      return std::to_string(value.number);
    case JsonValue::Kind::real:
      return std::to_string(std::bit_cast<std::uint64_t>(value.real));
    case JsonValue::Kind::string:
      return '"' + value.string + '"';
    default:
      break;
  }
  const bool is_object = value.kind == JsonValue::Kind::object;
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < value.elements.size(); ++i) {
    parts.push_back((is_object ? value.keys[i] + ":" : "") + canonical(value.elements[i]) + ",");
  }
  if (is_object) std::sort(parts.begin(), parts.end());
  std::string text = is_object ? "{" : "[";
  for (const auto& part : parts) text += part;
  return text + (is_object ? "}" : "]");
}

std::string canonical(const std::string& json) {
  return canonical(parse_json(json).value());
}

void check(const GoldenCase& golden) {
  SCOPED_TRACE(golden.api + " " + std::string(name(golden.side)) + " v" +
               std::to_string(golden.version) + " " + golden.json);
  const Api* api = find_api(std::string_view(golden.api));
  ASSERT_NE(api, nullptr);
  const auto json = decode_to_json(api->key, golden.side, golden.version, golden.bytes);
  ASSERT_TRUE(json) << json.error();
  EXPECT_EQ(canonical(*json), canonical(golden.json));
  const auto bytes = encode_from_json(api->key, golden.side, golden.version, golden.json);
  ASSERT_TRUE(bytes) << bytes.error();
  EXPECT_EQ(to_hex(*bytes), to_hex(golden.bytes));
}

TEST(GoldenMessages, are_read_and_written_as_kafka_does) {
  for (const Api& api : kApis) {
    if (!api.has_messages()) continue;
    for (const auto& golden : golden_cases(std::string(api.name))) check(golden);
  }
}

TEST(GoldenMessages, decode_and_encode_to_the_same_bytes) {
  AllApis::for_each_message([]<class M>() {
    for (const auto& golden : golden_cases(std::string(M::api.name))) {
      if (golden.side != M::side) continue;
      SCOPED_TRACE(golden.api + " v" + std::to_string(golden.version) + " " + golden.json);
      const auto message = decode<M>(golden.bytes, golden.version);
      ASSERT_TRUE(message) << message.error();
      const auto again = encode_body(*message, golden.version);
      ASSERT_TRUE(again) << again.error();
      EXPECT_EQ(to_hex(again->bytes.view()), to_hex(golden.bytes));
    }
  });
}

TEST(GoldenMessages, cover_every_api_side_and_version) {
  std::set<std::tuple<std::string_view, Side, int>> missing;
  for (const Api& api : kApis) {
    for (int version = api.min; version <= api.max; ++version) {
      missing.emplace(api.name, Side::request, version);
      missing.emplace(api.name, Side::response, version);
    }
    for (const auto& golden : golden_cases(std::string(api.name))) {
      missing.erase({golden.api, golden.side, golden.version});
    }
  }
  for (const auto& [api, side, version] : missing) {
    ADD_FAILURE() << "no golden bytes for " << api << " " << name(side) << " v" << version;
  }
}

// An API whose every version has headers of this form.
Api with_header(ApiKey key, bool flexible) {
  return {.key = key,
          .name = "Any",
          .flexible_since = flexible ? std::int16_t{-32768} : kNeverFlexible};
}

TEST(GoldenHeaders, of_requests_are_written_as_kafka_does) {
  const auto cases = golden_cases("RequestHeader");
  ASSERT_GE(cases.size(), 6U);
  for (const auto& golden : cases) {
    SCOPED_TRACE(golden.json);
    const auto json = parse_json(golden.json).value();
    const auto key = static_cast<ApiKey>(json.find("requestApiKey")->number);
    const auto version = static_cast<std::int16_t>(json.find("requestApiVersion")->number);
    const auto id = static_cast<std::int32_t>(json.find("correlationId")->number);
    const JsonValue& client = *json.find("clientId");
    std::optional<std::string_view> client_id;
    if (client.kind == JsonValue::Kind::string) client_id = client.string;
    const auto prefix =
        request_prefix(with_header(key, golden.version == 2), version, id, client_id);
    EXPECT_EQ(to_hex(prefix.substr(4)), to_hex(golden.bytes));
  }
}

TEST(GoldenHeaders, of_responses_are_read_and_written_as_kafka_does) {
  const auto cases = golden_cases("ResponseHeader");
  ASSERT_GE(cases.size(), 4U);
  for (const auto& golden : cases) {
    SCOPED_TRACE(golden.json);
    const auto id = parse_json(golden.json).value().find("correlationId")->number;
    const Api api = with_header(ApiKey::fetch, golden.version == 1);
    EXPECT_EQ(read_correlation_id(golden.bytes).value(), id);
    EXPECT_EQ(read_response(golden.bytes, api, 0).value(), "");
    EXPECT_EQ(to_hex(response_prefix(api, 0, static_cast<std::int32_t>(id)).substr(4)),
              to_hex(golden.bytes));
  }
}

}  // namespace
}  // namespace ottla::protocol
