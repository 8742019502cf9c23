#include "protocol/wire/strict_json.h"

#include <gtest/gtest.h>

#include <string>

namespace ottla::protocol {
namespace {

// The object itself is a value, and so are those of `count` members.
std::string object_of(int count) {
  std::string text = "{";
  for (int i = 0; i < count; ++i) {
    text.append(i == 0 ? "" : ",").append("\"" + std::to_string(i) + "\":0");
  }
  return text + "}";
}

std::string refusal(const std::string& text, std::size_t most_values) {
  const auto read = parse_strict_json(text, most_values);
  if (read) return "taken";
  EXPECT_EQ(read.error().code(), ErrorCode::invalid_argument);
  return read.error().message();
}

TEST(StrictJson, has_so_many_values_at_most) {
  EXPECT_EQ(refusal(object_of(9), 10), "taken");
  EXPECT_EQ(refusal(object_of(10), 10), "it has too many values");
}

TEST(StrictJson, counts_the_values_of_all_levels) {
  EXPECT_EQ(refusal(R"({"a":[1,[2]],"b":{"c":3}})", 7), "taken");
  EXPECT_EQ(refusal(R"({"a":[1,[2]],"b":{"c":3}})", 6), "it has too many values");
}

TEST(StrictJson, finds_a_name_that_stands_twice_among_as_many_as_may_be) {
  auto text = object_of(4094);
  text.back() = ',';
  EXPECT_EQ(refusal(text + "\"4093\":0}", 4096), "a name stands twice in an object");
  EXPECT_EQ(refusal(text + "\"4094\":0}", 4096), "taken");
}

}  // namespace
}  // namespace ottla::protocol
