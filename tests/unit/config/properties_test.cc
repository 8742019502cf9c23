#include "broker/config/properties.h"

#include <gtest/gtest.h>

namespace ottla::broker {
namespace {

Properties parsed(std::string_view text) {
  auto properties = parse_properties(text);
  EXPECT_TRUE(properties) << properties.error();
  return properties ? *properties : Properties();
}

TEST(Properties, are_read_as_Java_reads_them) {
  EXPECT_EQ(parsed("# comment\n! another\n\n"
                   "a=1\n"
                   "  b : 2\r\n"
                   "c 3\r"
                   "d=one, \\\n     two\n"
                   "e\\=f\\:g\\ h=i = j\n"
                   "tab=\\tx\\n\n"
                   "word\n"
                   "a=last wins\n"),
            (Properties{{"a", "last wins"},
                        {"b", "2"},
                        {"c", "3"},
                        {"d", "one, two"},
                        {"e=f:g h", "i = j"},
                        {"tab", "\tx\n"},
                        {"word", ""}}));
}

TEST(Properties, unicode_escapes_become_utf8) {
  EXPECT_EQ(parsed("k=\\u0041\\u00e9\\u20ac\\ud83e\\udeb2"),
            (Properties{{"k", "A\xc3\xa9\xe2\x82\xac\xf0\x9f\xaa\xb2"}}));
}

TEST(Properties, a_broken_unicode_escape_names_its_line) {
  const auto properties = parse_properties("a=1\nb=\\\n2\nc=\\u00g0\n");
  ASSERT_FALSE(properties);
  EXPECT_EQ(properties.error().code(), ErrorCode::invalid_argument);
  EXPECT_NE(properties.error().message().find("line 4"), std::string::npos) << properties.error();
}

TEST(Properties, a_backslash_at_the_end_of_the_text_is_no_harm) {
  EXPECT_EQ(parsed("a=b\\"), (Properties{{"a", "b"}}));
  EXPECT_EQ(parsed("a=b\\\\"), (Properties{{"a", "b\\"}}));
}

TEST(Properties, what_is_written_reads_back_the_same) {
  const Properties all{{"plain", "value"},
                       {"with space", " leading"},
                       {"a=b:c#d!", "x=y#z"},
                       {"line", "one\ntwo\\three\r\t"},
                       {"empty", ""}};
  EXPECT_EQ(parsed(format_properties(all)), all);
}

TEST(Properties, an_override_replaces_what_is_there) {
  Properties properties{{"a", "1"}};
  EXPECT_TRUE(apply_override("a=2=3", properties));
  EXPECT_TRUE(apply_override("b=", properties));
  EXPECT_EQ(properties, (Properties{{"a", "2=3"}, {"b", ""}}));
  EXPECT_FALSE(apply_override("novalue", properties));
  EXPECT_FALSE(apply_override("=x", properties));
}

// It may be a password.
TEST(Properties, the_error_of_an_override_does_not_repeat_a_value) {
  Properties properties;
  const auto applied = apply_override("=secret", properties);
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().message(), "\"\": expected key=value");
}

}  // namespace
}  // namespace ottla::broker
