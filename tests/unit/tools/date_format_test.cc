#include "tools/date_format.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace ottla::tools {
namespace {

class DateFormatTest : public testing::Test {
 protected:
  DateFormatTest() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }
  ~DateFormatTest() override {
    ::unsetenv("TZ");
    ::tzset();
  }
  static std::string format(std::string_view pattern, std::int64_t millis) {
    return DateFormat::parse(pattern).value().format(
        DateFormat::Time(std::chrono::milliseconds(millis)));
  }
};

TEST_F(DateFormatTest, writes_what_java_writes) {
  EXPECT_EQ(format("yyyy-MM-dd HH:mm:ss:SSS", 1'700'000'000'007), "2023-11-14 22:13:20:007");
  EXPECT_EQ(format("yy/M/d H.m.s", 1'704'067'200'000), "24/1/1 0.0.0");
  EXPECT_EQ(format("yyyy-MM-dd'T'HH:mm:ss.SSS", -1), "1969-12-31T23:59:59.999");
  EXPECT_EQ(format("HH 'o''clock', ''ss''", 0), "00 o'clock, '00'");
  EXPECT_EQ(format("", 0), "");
}

TEST_F(DateFormatTest, names_the_letter_that_it_does_not_know) {
  const auto refused = DateFormat::parse("EEE, d MMM");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::invalid_argument);
  EXPECT_NE(refused.error().message().find("'E'"), std::string::npos);
}

}  // namespace
}  // namespace ottla::tools
