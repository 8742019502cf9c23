#include "ottla/interceptors/schema_guard.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "interceptors/json_shape.h"
#include "tests/unit/interceptors/received.h"

namespace ottla::interceptors {
namespace {

const JsonShape kOrder{.fields = {{"id", JsonType::number},
                                  {"customer", JsonType::string},
                                  {"note", JsonType::string, false}},
                       .other_fields = false};

TEST(JsonShape, takes_what_is_an_object_of_the_shape) {
  for (const auto* text :
       {R"({"id":1,"customer":"c"})", R"( { "customer" : "c\u00e9\"" , "id" : -1.5e+3 } )",
        R"({"id":0,"customer":"","note":null})", R"({"note":"n","id":1,"customer":"ü"})"}) {
    EXPECT_EQ(check_json(text, kOrder), std::nullopt) << text;
  }
}

TEST(JsonShape, says_what_is_wrong_with_an_object) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"customer":"c"})", "'id' is missing"},
      {R"({"id":"1","customer":"c"})", "'id' is a string, not a number"},
      {R"({"id":null,"customer":"c"})", "'id' is null, not a number"},
      {R"({"id":1,"customer":"c","more":1})", "'more' is not expected"},
      {R"({"id":1,"id":2,"customer":"c"})", "'id' is there twice"},
      {R"([1])", "no JSON object"},
      {"", "no JSON object"},
      {R"({"id":1,"customer":"c"} x)", "behind the object"},
      {"{\"id\":1,\"customer\":\"\xff\"}", "not UTF-8"},
  };
  for (const auto& [text, expected] : cases) {
    const auto wrong = check_json(text, kOrder);
    ASSERT_TRUE(wrong) << text;
    EXPECT_NE(wrong->find(expected), std::string::npos) << text << ": " << *wrong;
  }
}

TEST(JsonShape, refuses_what_is_not_well_formed) {
  const JsonShape any;
  for (const auto* text : {"{",
                           "{\"a\"",
                           "{\"a\":",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{\"a\":1 \"b\":2}",
                           "{a:1}",
                           "{\"a\":01}",
                           "{\"a\":1.}",
                           "{\"a\":.5}",
                           "{\"a\":1e}",
                           "{\"a\":-}",
                           "{\"a\":tru}",
                           "{\"a\":\"\\x\"}",
                           "{\"a\":\"\\u12g4\"}",
                           "{\"a\":\"\n\"}",
                           "{\"a\":\"x}",
                           "{\"a\":[1,]}",
                           "{\"a\":[1 2]}",
                           "{\"a\":[}",
                           "{\"a\":[{]}",
                           "{\"a\":{\"b\"}}",
                           "{\"a\":{\"b\":1]}",
                           "{\"a\":+1}",
                           "{,}",
                           "{\"a\":\"\\"}) {
    EXPECT_TRUE(check_json(text, any)) << text;
  }
  for (const auto* text :
       {"{}", " {} ", "{\"a\":[]}", "{\"a\":{}}", "{\"a\":[[],{},[1,\"x\",null,true,{\"b\":[0]}]]}",
        "{\"a\":-0}", "{\"a\":1E5,\"b\":[false]}"}) {
    EXPECT_EQ(check_json(text, any), std::nullopt) << text;
  }
}

TEST(JsonShape, depth_is_bounded) {
  const auto nested = [](std::size_t depth) {
    return "{\"a\":" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_EQ(check_json(nested(3), {.max_depth = 4}), std::nullopt);
  EXPECT_TRUE(check_json(nested(4), {.max_depth = 4}));
  EXPECT_TRUE(check_json(nested(1'000'000), {}));
}

TEST(Utf8, is_told_from_other_bytes) {
  for (const auto* text : {"", "abc", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80"}) {
    EXPECT_TRUE(is_utf8(text));
  }
  for (const auto* text : {"\x80", "\xc0\xaf", "\xc3", "\xe0\x80\xaf", "\xed\xa0\x80",
                           "\xf0\x80\x80\xaf", "\xf4\x90\x80\x80", "\xff", "\xe2\x82"}) {
    EXPECT_FALSE(is_utf8(text));
  }
}

class SchemaGuardTest : public testing::Test {
 protected:
  static std::optional<Error> sent(SchemaGuard& guard, const ProducerRecord& record) {
    MutableRecord changing(record);
    guard.on_send(changing);
    return changing.rejection();
  }
};

TEST_F(SchemaGuardTest, refuses_to_send_what_does_not_match_and_says_why) {
  SchemaGuard guard({.topics = {{"orders", value_is_json(kOrder)}}});
  EXPECT_FALSE(sent(guard, {.topic = "orders", .value = R"({"id":1,"customer":"c"})"}));
  EXPECT_FALSE(sent(guard, {.topic = "others", .value = "anything"}));
  const auto refused = sent(guard, {.topic = "orders", .value = "{}"});
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code(), ErrorCode::invalid_record);
  EXPECT_NE(refused->message().find("'id' is missing"), std::string::npos);
  EXPECT_EQ(refused->context().topic, "orders");
  EXPECT_EQ(guard.refused(), 1U);
}

TEST_F(SchemaGuardTest, may_refuse_all_topics_that_it_knows_nothing_of) {
  SchemaGuard guard({.topics = {{"t", value_is_utf8()}}, .refuse_other_topics = true});
  EXPECT_TRUE(sent(guard, {.topic = "u", .value = "v"}));
  EXPECT_FALSE(sent(guard, {.topic = "t", .value = "v"}));
}

TEST_F(SchemaGuardTest, checks_can_be_put_together) {
  SchemaGuard guard({.topics = {{"t", all_of({has_header("version", "2"),
                                              unless_null(value_is<std::int32_t>())})}}});
  const std::string four(4, '\0');
  EXPECT_FALSE(sent(guard, {.topic = "t", .value = four, .headers = {{"version", "2"}}}));
  EXPECT_FALSE(sent(guard, {.topic = "t", .headers = {{"version", "2"}}}));
  EXPECT_TRUE(sent(guard, {.topic = "t", .value = four, .headers = {{"version", "1"}}}));
  EXPECT_TRUE(sent(guard, {.topic = "t", .value = four}));
  EXPECT_TRUE(sent(guard, {.topic = "t", .value = "12345", .headers = {{"version", "2"}}}));
  SchemaGuard strict({.topics = {{"t", value_is_utf8()}, {"j", value_is_json({})}}});
  EXPECT_TRUE(sent(strict, {.topic = "t"})) << "null is no text";
  EXPECT_TRUE(sent(strict, {.topic = "j"}));
}

TEST_F(SchemaGuardTest, a_check_that_throws_refuses) {
  SchemaGuard guard({.topics = {{"t", [](const GuardedRecord&) -> Result<void> {
                                   throw std::runtime_error("out of order");
                                 }}}});
  const auto refused = sent(guard, {.topic = "t", .value = "v"});
  ASSERT_TRUE(refused);
  EXPECT_NE(refused->message().find("out of order"), std::string::npos);
}

TEST_F(SchemaGuardTest, of_received_records_the_application_decides) {
  Received received;
  received.add({.topic = "t", .value = "good"});
  received.add({.topic = "t", .value = "\xff"});
  std::vector<std::int64_t> told;
  for (const bool hand_over : {false, true}) {
    SchemaGuard guard({.topics = {{"t", value_is_utf8()}},
                       .on_mismatch = [&](const RecordView& record, const Error&) {
                         told.push_back(record.offset());
                         return hand_over;
                       }});
    MutableRecords records(received.poll());
    guard.on_consume(records);
    EXPECT_EQ(records.size(), hand_over ? 2U : 1U);
  }
  EXPECT_EQ(told, (std::vector<std::int64_t>{1, 1}));
  SchemaGuard silent({.topics = {{"t", value_is_utf8()}}});
  MutableRecords records(received.poll());
  silent.on_consume(records);
  EXPECT_EQ(records.size(), 1U);
  EXPECT_EQ(silent.refused(), 1U);
}

}  // namespace
}  // namespace ottla::interceptors
