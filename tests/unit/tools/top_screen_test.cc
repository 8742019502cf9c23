#include "tools/top_screen.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>

namespace ottla::tools {
namespace {

using namespace std::chrono_literals;

TopSample sample(std::chrono::seconds at, std::int64_t written, std::int64_t committed) {
  TopSample made;
  made.taken = std::chrono::steady_clock::time_point(at);
  made.cluster_id = "c";
  made.brokers = 1;
  made.topics["slow"] = {.partitions = 1, .records = 5, .ends = 5};
  made.topics["fast"] = {.partitions = 3, .records = written - 10, .ends = written};
  made.groups["g"] = {.state = GroupState::stable,
                      .members = 2,
                      .committed = committed,
                      .lag = written - committed};
  made.groups["idle"] = {.state = GroupState::empty};
  return made;
}

std::ptrdiff_t lines_in(const std::string& text) {
  return std::count(text.begin(), text.end(), '\n');
}

TEST(TopScreen, lines_tell_rates_between_two_looks_and_the_fastest_first) {
  EXPECT_EQ(render_lines(sample(0s, 100, 50), sample(2s, 300, 100)),
            "cluster c, 1 brokers, 2 topics, 2 groups\n"
            "topic fast: partitions 3, records 290, records/s 100.0\n"
            "topic slow: partitions 1, records 5, records/s 0.0\n"
            "group g: Stable, members 2, lag 200, records/s 25.0\n"
            "group idle: Empty, members 0, lag -, records/s 0.0\n");
}

TEST(TopScreen, the_first_look_has_no_rates_and_a_fault_is_told) {
  auto first = sample(0s, 100, 50);
  first.fault = "no leader\x1b";
  const auto text = render_lines(first, first);
  EXPECT_NE(text.find("fault: no leader\\x1b\n"), std::string::npos) << text;
  EXPECT_NE(text.find("topic fast: partitions 3, records 90, records/s -\n"), std::string::npos)
      << text;
}

TEST(TopScreen, a_topic_that_is_new_has_no_rate_yet) {
  auto before = sample(0s, 100, 50);
  before.topics.erase("fast");
  const auto text = render_lines(before, sample(2s, 300, 100));
  EXPECT_NE(text.find("topic fast: partitions 3, records 290, records/s -\n"), std::string::npos)
      << text;
}

TEST(TopScreen, fits_the_screen_and_says_how_much_it_leaves_out) {
  auto now = sample(2s, 300, 100);
  for (int i = 0; i < 100; ++i) now.topics["more-" + std::to_string(i)] = {.partitions = 1};
  for (int i = 0; i < 100; ++i) now.groups["more-" + std::to_string(i)] = {};
  for (const std::size_t rows : {10U, 24U, 60U}) {
    const auto text = render_screen(sample(0s, 100, 50), now, {.rows = rows, .columns = 80});
    EXPECT_LE(lines_in(text), static_cast<std::ptrdiff_t>(rows)) << text;
    EXPECT_NE(text.find("fast"), std::string::npos) << text;
    EXPECT_NE(text.find(" more\x1b"), std::string::npos) << text;
  }
  const auto all =
      render_screen(sample(0s, 100, 50), sample(2s, 300, 100), {.rows = 24, .columns = 80});
  EXPECT_EQ(all.find(" more\x1b"), std::string::npos) << all;
  EXPECT_NE(all.find("idle"), std::string::npos) << all;
}

TEST(TopScreen, json_is_one_line_with_numbers) {
  const auto text = render_json(sample(0s, 100, 50), sample(2s, 300, 100));
  EXPECT_EQ(lines_in(text), 1);
  const auto value = boost::json::parse(text);
  const auto& fast = value.at("topics").at(0);
  EXPECT_EQ(fast.at("topic").as_string(), "fast");
  EXPECT_EQ(fast.at("recordsPerSecond").as_double(), 100.0);
  EXPECT_EQ(value.at("groups").at(0).at("lag").as_int64(), 200);
  EXPECT_TRUE(value.at("groups").at(1).at("lag").is_null());
}

}  // namespace
}  // namespace ottla::tools
