#include "broker/server/limited_warnings.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace ottla::broker {
namespace {

using std::chrono::milliseconds;

TEST(LimitedWarnings, are_so_many_a_second_and_tell_of_the_others) {
  std::vector<std::string> lines;
  const base::Logger logger(
      [&](LogLevel, std::string_view, std::string_view line) { lines.emplace_back(line); },
      LogLevel::info, "server");
  LimitedWarnings warnings(logger, 2);
  base::TimePoint now{};
  for (int i = 0; i < 5; ++i) warnings.warn("line " + std::to_string(i), now);
  warnings.warn("almost", now + milliseconds(999));
  EXPECT_EQ(lines, (std::vector<std::string>{"line 0", "line 1"}));
  now += milliseconds(1000);
  warnings.warn("later", now);
  warnings.warn("and another", now);
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[2], "later (and 4 like it that are not written)");
  EXPECT_EQ(lines[3], "and another");
}

}  // namespace
}  // namespace ottla::broker
