#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "client/group/java_order.h"
#include "ottla/assignor.h"
#include "tests/interop/assignors/assignor_cases.h"

namespace ottla {
namespace {

using Assignments = ConsumerPartitionAssignor::Assignments;

AssignableTopic topic(const std::string& name, std::size_t partitions) {
  return {name, std::vector<std::vector<std::string>>(partitions)};
}

GroupMember member(const std::string& id, const std::vector<std::string>& topics) {
  return {id, {.topics = topics}};
}

std::vector<std::string> given(const Assignments& assignments, const std::string& member) {
  std::vector<std::string> partitions;
  for (const auto& each : assignments.at(member).partitions) partitions.push_back(to_string(each));
  return partitions;
}

using Names = std::vector<std::string>;

TEST(JavaOrder, hashes_and_compares_as_java_does) {
  // As jshell prints them.
  EXPECT_EQ(client::java_hash(""), 0);
  EXPECT_EQ(client::java_hash("consumer-1"), -166239206);
  EXPECT_EQ(client::java_hash("\xc3\xa9t\xc3\xa9"), 227742);
  EXPECT_EQ(client::java_hash("\xf0\x9f\x98\x80"), 1772899);
  EXPECT_TRUE(client::java_less("a", "ab"));
  EXPECT_FALSE(client::java_less("ab", "a"));
  // U+1F600 is a pair of surrogates, which lie below U+FFFD.
  EXPECT_TRUE(client::java_less("\xf0\x9f\x98\x80", "\xef\xbf\xbd"));
}

// How many cases are in a file of tests/interop/assignors; each must be answered well.
std::size_t judge_file(const std::string& name) {
  std::ifstream in(OTTLA_SOURCE_DIR "/tests/interop/assignors/" + name);
  std::size_t cases = 0;
  while (const auto c = interop::read_case(in)) {
    ++cases;
    const auto verdict = interop::judge(*c);
    EXPECT_EQ(verdict.problem, "") << c->text;
  }
  EXPECT_TRUE(in.eof());
  return cases;
}

TEST(Assignors, answer_as_apache_kafka_does) {
  EXPECT_EQ(judge_file("cases.txt"), 400U);
}

TEST(Assignors, answer_where_apache_kafka_never_does) {
  EXPECT_EQ(judge_file("hangs.txt"), 2U);
}

TEST(Assignors, range_gives_neighbours_and_the_first_members_one_more) {
  const auto answer =
      range_assignor()()->assign({topic("t", 5)}, {member("b", {"t"}), member("a", {"t"})});
  EXPECT_EQ(given(answer, "a"), (Names{"t-0", "t-1", "t-2"}));
  EXPECT_EQ(given(answer, "b"), (Names{"t-3", "t-4"}));
}

TEST(Assignors, roundrobin_passes_over_members_that_did_not_subscribe) {
  const auto answer = round_robin_assignor()()->assign(
      {topic("s", 2), topic("t", 2)}, {member("a", {"s", "t"}), member("b", {"t"})});
  EXPECT_EQ(given(answer, "a"), (Names{"s-0", "s-1", "t-1"}));
  EXPECT_EQ(given(answer, "b"), (Names{"t-0"}));
}

TEST(Assignors, sticky_members_keep_what_their_user_data_says_they_had) {
  const auto first = sticky_assignor()();
  first->on_assignment({{{"t", 0}, {"t", 3}}, {}}, {.group_id = "g", .generation_id = 4});
  auto a = member("a", {"t"});
  a.subscription.user_data = first->subscription_user_data({"t"});
  const auto answer = sticky_assignor()()->assign({topic("t", 4)}, {member("b", {"t"}), a});
  EXPECT_EQ(given(answer, "a"), (Names{"t-0", "t-3"}));
  EXPECT_EQ(given(answer, "b"), (Names{"t-1", "t-2"}));
}

TEST(Assignors, cooperative_sticky_gives_what_moves_to_nobody_until_it_was_given_up) {
  auto a = member("a", {"t"});
  a.subscription.owned_partitions = {{"t", 0}, {"t", 1}};
  a.subscription.generation_id = 1;
  const auto members = std::vector{a, member("b", {"t"})};
  const auto answer = cooperative_sticky_assignor()()->assign({topic("t", 2)}, members);
  EXPECT_EQ(given(answer, "a"), (Names{"t-0"}));
  EXPECT_EQ(given(answer, "b"), Names{});
}

TEST(Assignors, claims_of_partitions_that_do_not_exist_and_rubbish_as_user_data_count_for_nothing) {
  auto a = member("a", {"t"});
  a.subscription.owned_partitions = {{"t", 7}, {"t", -1}, {"gone", 0}};
  a.subscription.generation_id = 3;
  a.subscription.user_data = Bytes("\x7f\xff\xff\xff\0\1", 6);
  for (const auto& factory : {sticky_assignor(), cooperative_sticky_assignor()}) {
    const auto answer = factory()->assign({topic("t", 2)}, {a, member("b", {"t"})});
    EXPECT_EQ(given(answer, "a"), (Names{"t-0"}));
    EXPECT_EQ(given(answer, "b"), (Names{"t-1"}));
  }
}

TEST(Assignors, a_member_that_subscribes_to_nothing_gets_nothing) {
  for (const auto& factory : {range_assignor(), round_robin_assignor(), sticky_assignor(),
                              cooperative_sticky_assignor()}) {
    const auto answer = factory()->assign({topic("t", 2)}, {member("a", {}), member("b", {"t"})});
    EXPECT_EQ(given(answer, "a"), Names{});
    EXPECT_EQ(given(answer, "b"), (Names{"t-0", "t-1"}));
  }
}

TEST(Assignors, nothing_to_assign_is_an_answer) {
  for (const auto& factory : {range_assignor(), round_robin_assignor(), sticky_assignor(),
                              cooperative_sticky_assignor()}) {
    EXPECT_TRUE(factory()->assign({topic("t", 2)}, {}).empty());
    EXPECT_EQ(given(factory()->assign({}, {member("a", {"t"})}), "a"), Names{});
  }
}

TEST(Assignors, an_unknown_name_is_answered_with_the_known_ones) {
  const auto found = assignor_by_name("rage");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code(), ErrorCode::invalid_argument);
  EXPECT_NE(found.error().message().find("cooperative-sticky"), std::string::npos);
}

}  // namespace
}  // namespace ottla
