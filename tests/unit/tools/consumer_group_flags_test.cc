#include "tools/consumer_group_flags.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ottla::tools {
namespace {

struct Read {
  std::optional<int> code;
  std::string said;  // on stderr
  ConsumerGroupFlags flags;
};

Read read(const std::string& line) {
  std::vector<std::string> arguments = {"--bootstrap-server", "nowhere:1"};
  for (const auto& word : CLI::detail::split(line, ' ')) arguments.push_back(word);
  Read read;
  testing::internal::CaptureStderr();
  read.code = read_flags(arguments, read.flags);
  read.said = testing::internal::GetCapturedStderr();
  return read;
}

void expect_refused(const std::string& line, const std::string& because) {
  const auto found = read(line);
  EXPECT_EQ(found.code, kUsage) << line;
  EXPECT_NE(found.said.find(because), std::string::npos) << line << ": " << found.said;
}

TEST(ConsumerGroupFlags, deleting_groups_heeds_no_topic_and_no_dry_run) {
  expect_refused("--delete --group g --topic t",
                 "--topic is for --reset-offsets, --delete-offsets");
  expect_refused("--delete --group g --topic t", "--delete-offsets deletes what a group has");
  expect_refused("--delete --group g --all-topics", "--all-topics is for --reset-offsets, not");
  expect_refused("--delete --group g --dry-run", "--dry-run is for --reset-offsets, not");
  expect_refused("--delete --group g --execute", "--execute is for --reset-offsets, not");
  EXPECT_EQ(read("--delete --group g").code, std::nullopt);
  EXPECT_EQ(read("--delete --all-groups --timeout 5 --output json").code, std::nullopt);
}

TEST(ConsumerGroupFlags, each_action_refuses_what_it_would_not_heed) {
  for (const auto* flag : {"--group g", "--all-groups", "--topic t", "--all-topics", "--verbose",
                           "--members", "--offsets", "--dry-run", "--to-earliest"}) {
    expect_refused("--list " + std::string(flag), "not for --list");
  }
  for (const auto* flag : {"--topic t", "--all-topics", "--type", "--type classic", "--execute",
                           "--shift-by 1", "--export"}) {
    expect_refused("--describe --group g " + std::string(flag), "not for --describe");
  }
  for (const auto* flag : {"--verbose", "--members", "--offsets", "--state", "--type"}) {
    expect_refused("--delete --group g " + std::string(flag), "not for --delete,");
    expect_refused("--delete-offsets --group g --topic t " + std::string(flag),
                   "not for --delete-offsets");
    expect_refused("--reset-offsets --group g --topic t --to-latest " + std::string(flag),
                   "not for --reset-offsets");
  }
  for (const auto* flag : {"--dry-run", "--execute", "--export", "--to-latest", "--from-file f"}) {
    expect_refused("--delete-offsets --group g --topic t " + std::string(flag),
                   "not for --delete-offsets");
  }
  expect_refused("--delete-offsets --all-groups --topic t", "not for --delete-offsets");
  expect_refused("--describe --group g --state Empty", "--state has no value");
  expect_refused("--delete-offsets --group g --group h --topic t", "needs one --group");
  expect_refused("--describe", "--all-groups");
}

TEST(ConsumerGroupFlags, each_action_takes_what_kafkas_script_takes) {
  for (const auto* line :
       {"--list", "--list --state", "--list --state Empty --type classic",
        "--describe --group g --verbose", "--describe --all-groups --members --verbose",
        "--describe --group g --offsets", "--describe --group g --state --verbose",
        "--reset-offsets --all-groups --all-topics --by-duration P1D --dry-run --export",
        "--reset-offsets --group g --topic t:0,1 --topic u --shift-by -2 --execute",
        "--reset-offsets --group g --from-file f", "--delete-offsets --group g --topic t:0"}) {
    const auto found = read(line);
    EXPECT_EQ(found.code, std::nullopt) << line << ": " << found.said;
  }
}

TEST(ConsumerGroupFlags, a_group_named_twice_is_one) {
  EXPECT_EQ(read("--delete --group b --group a --group b").flags.groups,
            (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(read("--delete-offsets --group b --group b --topic t").code, std::nullopt);
}

TEST(ConsumerGroupFlags, a_topic_is_whole_or_names_its_partitions) {
  EXPECT_EQ(parse_topic("lines").value(), (TopicScope{"lines", {}}));
  EXPECT_EQ(parse_topic("lines:0").value(), (TopicScope{"lines", {0}}));
  EXPECT_EQ(parse_topic("lines:2,0").value(), (TopicScope{"lines", {2, 0}}));
  for (const auto* wrong : {"", ":", ":0", "a:", "a:,", "a:0,", "a:,1", "a:0,,1", "a:x", "a:-1",
                            "a:0:1", "a:0 ", "a:2147483648"}) {
    const auto parsed = parse_topic(wrong);
    ASSERT_FALSE(parsed) << wrong;
    EXPECT_EQ(parsed.error().code(), ErrorCode::invalid_argument) << wrong;
  }
  expect_refused("--reset-offsets --group g --topic a: --to-latest", "INVALID_ARGUMENT");
  expect_refused("--delete-offsets --group g --topic a:0,,1", "'' is not the number");
}

}  // namespace
}  // namespace ottla::tools
