#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "base/strong.h"
#include "protocol/wire/codec_impl.h"
#include "protocol/wire/json.h"
#include "tests/protocol/hex.h"

// The visitors on a message that has every kind of field.
namespace ottla::protocol {
namespace {

using namespace std::string_literals;

enum class Colour : std::int8_t { red = 1, green = 2 };
using Height = base::Strong<std::int16_t, struct HeightTag>;

struct Sample {
  static constexpr Api api{
      .key = ApiKey::produce, .name = "Sample", .flexible_since = 2, .min = 0, .max = 4};
  static constexpr Side side = Side::request;

  struct Point {
    std::int32_t x = 0;

    bool operator==(const Point&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("x", m.x);
    }
  };

  Colour colour = Colour::red;
  Height height{7};
  OpaqueBytes token;
  std::optional<Point> point;
  std::optional<std::string_view> nickname = "nick";
  std::int32_t kept = 5;
  std::int32_t tagged = 9;
  std::vector<std::string_view> names;

  bool operator==(const Sample&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("colour", m.colour);
    w("height", m.height);
    w.since(1)("token", m.token);
    w.since(1)("point", m.point);
    w.nullable_since(3)("nickname", m.nickname);
    w.require_between(1, 3)("kept", m.kept);
    w.tags(w.require_since(3).tag(2, "tagged", m.tagged), w.tag(5, "names", m.names));
  }
};

// Hex without the spaces that part its fields.
std::string packed(std::string hex) {
  std::erase(hex, ' ');
  return hex;
}

std::string hex_at(std::int16_t version, const Sample& sample) {
  const auto encoded = encode_body(sample, version);
  EXPECT_TRUE(encoded) << encoded.error();
  return encoded ? to_hex(encoded->bytes.view()) : "";
}

std::string encode_error(std::int16_t version, const Sample& sample) {
  const auto encoded = encode_body(sample, version);
  EXPECT_FALSE(encoded);
  return encoded ? "" : encoded.error().message();
}

std::string decode_error(std::int16_t version, const std::string& bytes) {
  const auto decoded = decode<Sample>(bytes, version);
  EXPECT_FALSE(decoded);
  if (decoded) return "";
  EXPECT_EQ(decoded.error().code(), ErrorCode::corrupt_data);
  return decoded.error().message();
}

TEST(Wire, classic_versions_have_lengths_of_fixed_size) {
  Sample sample;
  EXPECT_EQ(hex_at(0, sample), packed("01 0007 00046e69636b"));
  sample.token.view = "abc";
  sample.point = Sample::Point{1};
  EXPECT_EQ(hex_at(1, sample), packed("01 0007 00000003616263 0100000001 00046e69636b 00000005"));
}

TEST(Wire, flexible_versions_have_compact_lengths_and_tag_sections_everywhere) {
  Sample sample;
  sample.token.view = "abc";
  sample.point = Sample::Point{1};
  EXPECT_EQ(hex_at(2, sample), packed("01 0007 04616263 010000000100 056e69636b 00000005 00"));
}

TEST(Wire, nulls_of_every_kind_are_told_apart_from_empty_ones) {
  Sample sample;
  sample.nickname.reset();
  EXPECT_EQ(hex_at(3, sample), packed("01 0007 01 ff 00 00000005 00"));
  EXPECT_EQ(decode<Sample>(from_hex("01000701ff000000000500"), 3).value(), sample);
  sample.nickname = "";
  EXPECT_EQ(hex_at(3, sample), packed("01 0007 01 ff 01 00000005 00"));
}

TEST(Wire, tagged_fields_travel_by_ascending_number_unless_they_have_their_default) {
  Sample sample;
  sample.tagged = 10;
  sample.names = {"a", ""};
  EXPECT_EQ(hex_at(4, sample), packed("01 0007 01 ff 056e69636b 02 02040000000a 050403026101"));
  sample.names.clear();
  EXPECT_EQ(hex_at(4, sample), packed("01 0007 01 ff 056e69636b 01 02040000000a"));
  EXPECT_EQ(decode<Sample>(from_hex(hex_at(4, sample)), 4).value(), sample);
}

TEST(Wire, a_null_that_the_version_has_not_is_refused_both_ways) {
  Sample sample;
  sample.nickname.reset();
  EXPECT_EQ(encode_error(2, sample),
            "Sample request v2: nickname: is null, which this version does not allow");
  EXPECT_EQ(
      decode_error(0, "\1\0\7\xff\xff"s),
      "Sample request v0: nickname: is null, which this version does not allow (byte 5 of 5)");
}

TEST(Wire, a_required_value_is_never_left_out_silently) {
  Sample sample;
  sample.kept = 6;
  EXPECT_NE(encode_error(0, sample).find("v0: kept: has a value"), std::string::npos);
  EXPECT_NE(encode_error(4, sample).find("v4: kept: has a value"), std::string::npos);
  EXPECT_EQ(decode<Sample>(from_hex(hex_at(1, sample)), 1).value(), sample);

  Sample tagged;
  tagged.tagged = 1;
  EXPECT_NE(encode_error(1, tagged).find("v1: tagged: has a value"), std::string::npos);
  EXPECT_NE(encode_error(2, tagged).find("v2: tagged: has a value"), std::string::npos);
}

TEST(Wire, an_ignorable_value_is_left_out_where_the_version_has_no_place_for_it) {
  Sample sample;
  sample.token.view = "abc";
  sample.names = {"x"};
  EXPECT_EQ(hex_at(0, sample), hex_at(0, Sample{}));
}

TEST(Wire, a_text_too_long_for_its_length_is_refused) {
  const std::string text(40000, 'x');
  Sample sample;
  sample.nickname = text;
  EXPECT_NE(encode_error(1, sample).find("nickname: has a length of 40000, the most here is 32767"),
            std::string::npos);
  EXPECT_EQ(hex_at(2, sample).size(), 2 * (1 + 2 + 1 + 1 + 3 + 40000 + 4 + 1));
}

const std::string kBeforeTags = "\1\0\7\1\xff\1"s;  // of version 4, with empty texts

TEST(Wire, unknown_tags_are_skipped) {
  Sample expected;
  expected.nickname = "";
  expected.tagged = 10;
  const std::string tags = packed("04 00027a7a 02040000000a 0300 904e0171");
  const std::string frame = kBeforeTags + from_hex(tags);
  const auto decoded = decode<Sample>(frame, 4);
  ASSERT_TRUE(decoded) << decoded.error();
  EXPECT_EQ(*decoded, expected);
}

TEST(Wire, tags_out_of_order_twice_or_of_the_wrong_size_are_refused) {
  const std::string tag2 = "\2\4\0\0\0\x0a"s;
  ASSERT_TRUE(decode<Sample>(kBeforeTags + "\1" + tag2, 4));
  EXPECT_NE(decode_error(4, kBeforeTags + "\2" + tag2 + tag2).find("tag 2 comes after tag 2"),
            std::string::npos);
  EXPECT_NE(decode_error(4, kBeforeTags +
                                "\2"
                                "\5\1\1"s +
                                tag2)
                .find("tag 2 comes after tag 5"),
            std::string::npos);
  EXPECT_NE(decode_error(4, kBeforeTags + "\1"
                                          "\2\5\0\0\0\x0a\0"s)
                .find("1 bytes more"),
            std::string::npos);
  EXPECT_NE(decode_error(4, kBeforeTags + "\1"
                                          "\2\3\0\0\0"s)
                .find("tagged: needs 4 bytes"),
            std::string::npos);
  EXPECT_NE(decode_error(4, kBeforeTags + "\1"
                                          "\7\x7f"s)
                .find("tag 7 has 127 bytes"),
            std::string::npos);
  EXPECT_FALSE(decode<Sample>(kBeforeTags + "\xff\xff\xff\xff\x0f"s, 4));
}

TEST(Wire, negative_lengths_and_endless_varints_are_refused) {
  EXPECT_NE(decode_error(0, "\1\0\7\xff\xfe"s).find("nickname: has a length of -2"),
            std::string::npos);
  EXPECT_NE(decode_error(1, "\1\0\7\xff\xff\xff\xfe"s).find("token: has a length of -2"),
            std::string::npos);
  EXPECT_NE(decode_error(4, "\1\0\7\xff\xff\xff\xff\x1f"s).find("token: a variable-length integer"),
            std::string::npos);
  EXPECT_NE(
      decode_error(4, "\1\0\7\xff\xff\xff\xff\x0f"s).find("token: has a length of 4294967294"),
      std::string::npos);
}

TEST(Wire, an_error_names_the_element_and_the_byte) {
  const std::string names = kBeforeTags + "\1\5\4\3\2a\4"s;
  EXPECT_EQ(decode_error(4, names),
            "Sample request v4: names[1]: needs 3 bytes, where 0 can be its own (byte 13 of 13)");
}

TEST(Json, has_kafkas_form_of_every_kind_of_field) {
  Sample sample;
  sample.colour = Colour::green;
  sample.token.view = BytesView("\xff\0", 2);
  sample.point = Sample::Point{-1};
  sample.nickname = "a\"\\\n\1é";
  sample.names = {"x"};
  EXPECT_EQ(to_json(sample, 2),
            "{\"colour\":2,\"height\":7,\"token\":\"/wA=\",\"point\":{\"x\":-1},"
            "\"nickname\":\"a\\\"\\\\\\n\\u0001é\",\"kept\":5,\"names\":[\"x\"]}");
  EXPECT_EQ(from_json<Sample>(to_json(sample, 2), 2).value().message, sample);
  sample.nickname.reset();
  EXPECT_EQ(from_json<Sample>(to_json(sample, 3), 3).value().message, sample);
}

TEST(Json, shows_what_is_not_utf8_as_replacement_characters) {
  Sample sample;
  sample.nickname = "a\xff\xc0\xaf\xed\xa0\x80z";
  EXPECT_EQ(to_json(sample, 0),
            "{\"colour\":1,\"height\":7,\"nickname\":\"a\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDz\"}");
}

TEST(Json, mistakes_are_named_with_their_field) {
  const auto why = [](std::int16_t version, std::string_view json) {
    const auto read = from_json<Sample>(json, version);
    EXPECT_FALSE(read);
    return read ? "" : read.error().message();
  };
  EXPECT_EQ(why(0, R"({"colour":1,"height":7})"), "Sample request v0: nickname: is missing");
  EXPECT_EQ(why(0, R"({"colour":1,"height":70000,"nickname":""})"),
            "Sample request v0: height: is out of range");
  EXPECT_EQ(why(0, R"({"colour":"red","height":7,"nickname":""})"),
            "Sample request v0: colour: must be a number");
  EXPECT_EQ(why(0, R"({"colour":1,"height":7,"nickname":"","kept":5})"),
            "Sample request v0: has the field 'kept', which this version does not have");
  EXPECT_EQ(why(0, R"({"colour":1,"height":7,"nickname":null})"),
            "Sample request v0: nickname: is null, which this version does not allow");
  EXPECT_EQ(why(1, R"({"colour":1,"height":7,"token":"???","point":null,"nickname":"","kept":1})"),
            "Sample request v1: token: must be a string in base64");
  EXPECT_EQ(why(0, "[]"), "Sample request v0: must be an object");
  EXPECT_NE(why(0, "{\"colour\":").find("not a JSON text"), std::string::npos);
  EXPECT_NE(why(0, std::string(100000, '[')).find("not a JSON text"), std::string::npos);
  EXPECT_NE(why(0, "{\"colour\":1.5}").find("not a 64-bit integer"), std::string::npos);
}

TEST(Json, writes_doubles_as_java_does) {
  const auto text = [](double value) {
    std::string to;
    append_json_double(to, value);
    return to;
  };
  EXPECT_EQ(text(0), "0.0");
  EXPECT_EQ(text(-0.0), "-0.0");
  EXPECT_EQ(text(-3.75), "-3.75");
  EXPECT_EQ(text(0.001), "0.001");
  EXPECT_EQ(text(0.0005), "5.0E-4");
  EXPECT_EQ(text(1'048'576), "1048576.0");
  EXPECT_EQ(text(12'345'678), "1.2345678E7");
  EXPECT_EQ(text(1e100), "1.0E100");
  EXPECT_EQ(text(std::numeric_limits<double>::quiet_NaN()), "\"NaN\"");
  EXPECT_EQ(text(-std::numeric_limits<double>::infinity()), "\"-Infinity\"");
}

TEST(Base64, comes_back_and_refuses_what_is_none) {
  for (const auto& bytes : {""s, "a"s, "ab"s, "abc"s, "abcd\0\xff"s}) {
    std::string text;
    append_base64(text, bytes);
    EXPECT_EQ(parse_base64(text), bytes);
  }
  for (const char* wrong : {"a", "ab", "abc", "a===", "====", "ab=c", "ab*d"}) {
    EXPECT_EQ(parse_base64(wrong), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace ottla::protocol
