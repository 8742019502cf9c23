#include "tools/reset_plan.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace ottla::tools {
namespace {

using namespace std::chrono_literals;

TEST(ResetPlan, is_of_one_group_or_names_them) {
  EXPECT_EQ(parse_plan("lines,0,7\r\nlines,1, 8\n\n", "g").value(),
            (ResetPlan{{"g", {{{"lines", 0}, 7}, {{"lines", 1}, 8}}}}));
  EXPECT_EQ(parse_plan("a,lines,0,7\n\"b, \"\"c\"\"\",lines,1,8", "").value(),
            (ResetPlan{{"a", {{{"lines", 0}, 7}}}, {"b, \"c\"", {{{"lines", 1}, 8}}}}));
  EXPECT_TRUE(parse_plan("", "g").value().empty());
}

TEST(ResetPlan, says_which_line_is_wrong) {
  const auto fault = [](std::string_view csv, const std::string& group) {
    const auto plan = parse_plan(csv, group);
    return plan ? std::string("none") : plan.error().message();
  };
  EXPECT_EQ(fault("g,lines,0,7\nlines,0,7", ""),
            "line 2: without a group, it needs exactly one --group");
  EXPECT_EQ(fault("lines,0", "g"), "line 1: it is not [group,]topic,partition,offset");
  EXPECT_EQ(fault("lines,x,7", "g"), "line 1: 'x' is not a partition");
  EXPECT_EQ(fault("lines,-1,7", "g"), "line 1: '-1' is not a partition");
  EXPECT_EQ(fault("lines,1,7x", "g"), "line 1: '7x' is not an offset");
  EXPECT_EQ(fault("\"lines,1,7", "g"), "line 1: a quote is not closed");
  EXPECT_EQ(fault("\"lines\"s,1,7", "g"), "line 1: a quote is not closed");
}

TEST(ResetPlan, can_be_read_back) {
  const ResetPlan plan{{"a", {{{"lines", 0}, 7}}}, {"b, \"c\"", {{{"li\nes", 1}, 8}}}};
  EXPECT_EQ(to_csv({{"a", {{{"lines", 0}, 7}}}}, false), "lines,0,7\n");
  EXPECT_EQ(to_csv(plan, true), "a,lines,0,7\n\"b, \"\"c\"\"\",\"li\nes\",1,8\n");
  const ResetPlan plain{{"a", {{{"lines", 0}, 7}}}, {"b, \"c\"", {{{"lines", 1}, 8}}}};
  EXPECT_EQ(parse_plan(to_csv(plain, true), "").value(), plain);
}

TEST(ResetPlan, knows_times_with_and_without_a_zone) {
  const auto ms = [](const std::string& text) {
    const auto time = parse_datetime(text);
    return time ? time->time_since_epoch().count() : -1;
  };
  EXPECT_EQ(ms("1970-01-01T00:00:00.000Z"), 0);
  EXPECT_EQ(ms("1970-01-01T00:00:01.5Z"), 1500);
  EXPECT_EQ(ms("2020-02-29T12:34:56.789Z"), 1'582'979'696'789);
  EXPECT_EQ(ms("2020-02-29T12:34:56.789+01:30"), 1'582'979'696'789 - 90 * 60'000);
  EXPECT_EQ(ms("2020-02-29T12:34:56.789-0130"), 1'582'979'696'789 + 90 * 60'000);
  EXPECT_EQ(ms("2020-02-29T12:34:56.789+02"), 1'582'979'696'789 - 120 * 60'000);
  // Without a zone it is UTC, wherever the tool runs.
  ::setenv("TZ", "UTC-3", 1);
  ::tzset();
  EXPECT_EQ(ms("2020-02-29T12:34:56.789"), 1'582'979'696'789);
  EXPECT_EQ(ms("1970-01-01T00:00:00"), 0);
  ::unsetenv("TZ");
  ::tzset();
  for (const auto* wrong : {"", "2020-02-30T00:00:00Z", "2020-02-29T24:00:00Z", "2020-02-29",
                            "2020-02-29 12:00:00", "2020-02-29T12:00:00.000X"}) {
    EXPECT_FALSE(parse_datetime(wrong)) << wrong;
  }
}

TEST(ResetPlan, knows_durations) {
  EXPECT_EQ(parse_duration("P1DT2H3M4.5S").value(), 24h + 2h + 3min + 4500ms);
  EXPECT_EQ(parse_duration("PT0S").value(), 0ms);
  EXPECT_EQ(parse_duration("P7D").value(), 7 * 24h);
  EXPECT_EQ(parse_duration("PT90M").value(), 90min);
  for (const auto* wrong : {"", "P", "PT", "P1DT", "1D", "P1H", "PT1D", "PT1", "P1.5D"}) {
    EXPECT_FALSE(parse_duration(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace ottla::tools
