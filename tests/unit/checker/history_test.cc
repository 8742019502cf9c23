#include "tests/checker/history.h"

#include <gtest/gtest.h>

namespace ottla::checker {
namespace {

struct Lines {
  std::string text;
  Recorder recorder{[this](const std::string& line) { text += line; }};
};

TEST(History, is_read_back_as_it_was_told) {
  Lines lines;
  auto& recorder = lines.recorder;
  recorder.begin("group");
  recorder.moved();
  recorder.polled({.partition = 3, .offset = 4, .value = 5});
  recorder.sent(1, 7, -20);
  recorder.sent(2, 8);
  recorder.acknowledged(7, 100);
  recorder.commits();
  recorder.ended(Outcome::committed);
  recorder.begin();
  recorder.acknowledged(8, 101);
  recorder.ended(Outcome::aborted);
  recorder.begin();
  recorder.commits();
  recorder.ended(Outcome::unknown);

  const std::vector<Operation> expected{
      {Outcome::committed,
       {Moved{}, Polled{3, 4, 5}, Sent{1, 7, 100, -20}, Sent{2, 8, 101, 0}},
       "group"},
      {Outcome::aborted, {}, ""},
      {Outcome::unknown, {}, ""}};
  EXPECT_EQ(parse(lines.text).value(), expected);
}

TEST(History, of_a_killed_process_ends_with_an_aborted_operation) {
  Lines lines;
  lines.recorder.begin();
  lines.recorder.sent(1, 7);
  // The line under way was not written whole.
  const auto operations = parse(lines.text + "comm").value();
  ASSERT_EQ(operations.size(), 1U);
  EXPECT_EQ(operations[0].outcome, Outcome::aborted);
}

TEST(History, of_a_process_killed_while_it_commits_ends_with_an_unknown_one) {
  Lines lines;
  lines.recorder.begin();
  lines.recorder.sent(1, 7);
  lines.recorder.commits();
  const auto operations = parse(lines.text).value();
  ASSERT_EQ(operations.size(), 1U);
  EXPECT_EQ(operations[0].outcome, Outcome::unknown);
}

TEST(History, refuses_what_is_none_and_says_where) {
  for (const std::string_view bad : {"sent 1 2 0\n", "begin\nsent 1\n", "begin\nsent 1 2 3 4\n",
                                     "begin\npolled 1 x 2\n", "begin\nhello\n"}) {
    const auto operations = parse(bad);
    ASSERT_FALSE(operations) << bad;
    EXPECT_NE(operations.error().message().find("line "), std::string::npos);
  }
}

}  // namespace
}  // namespace ottla::checker
