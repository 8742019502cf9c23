#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "tests/unit/tools/run_command.h"
#include "tools/completion_script.h"

namespace ottla::tools {
namespace {

// `apply(words, shape)` for each command and each action of one.
template <class Apply>
void for_each(const Apply& apply) {
  const auto shapes = command_shapes();
  ASSERT_EQ(shapes.size(), commands().size());
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    apply(commands()[i], std::vector<std::string>{}, shapes[i]);
    for (const auto& action : shapes[i].actions) {
      apply(commands()[i], std::vector<std::string>{action.names.front()}, action);
    }
  }
}

TEST(Commands, are_known_by_their_names_and_by_those_of_kafkas_scripts) {
  std::set<std::string_view> names;
  for (const auto& command : commands()) {
    EXPECT_TRUE(names.insert(command.name).second) << command.name;
    EXPECT_EQ(find_command(command.name), &command);
    EXPECT_FALSE(command.sentence.empty()) << command.name;
    if (!command.alias.empty()) {
      EXPECT_EQ(find_command(command.alias), &command);
    }
  }
  const auto* produce = find_command("produce");
  EXPECT_EQ(find_command("console-producer"), produce);
  EXPECT_EQ(find_command("kafka-console-producer"), produce);
  EXPECT_EQ(find_command("console-consumer"), find_command("consume"));
  EXPECT_EQ(find_command("nothing"), nullptr);
  EXPECT_EQ(find_command(""), nullptr);
}

TEST(Commands, help_tells_of_every_flag_and_ends_well) {
  for_each([](const Command& command, std::vector<std::string> words, const CommandShape& shape) {
    words.emplace_back("--help");
    const auto ran = run(command.name, words);
    EXPECT_EQ(ran.code, kSuccess) << command.name;
    EXPECT_EQ(ran.err, "") << command.name;
    for (const auto& flag : shape.flags) {
      EXPECT_FALSE(flag.sentence.empty()) << command.name << ' ' << flag.names.front();
      for (const auto& name : flag.names) {
        EXPECT_NE(ran.out.find(name), std::string::npos) << command.name << ' ' << name;
      }
    }
    for (const auto& action : shape.actions) {
      EXPECT_NE(ran.out.find(action.names.front()), std::string::npos) << command.name;
    }
  });
}

TEST(Commands, an_unknown_flag_is_a_wrong_argument) {
  for (const auto& command : commands()) {
    const auto ran = run(command.name, {"--no-such-flag"});
    EXPECT_EQ(ran.code, kUsage) << command.name;
    EXPECT_EQ(ran.out, "") << command.name;
    EXPECT_NE(ran.err, "") << command.name;
  }
}

// Without the time that a client gives a cluster to answer.
TEST(Commands, what_cannot_be_done_fails_and_says_by_whom) {
  const auto ran = run(
      "topics", {"--bootstrap-server", "127.0.0.1:1", "--list", "--command-config", "/no/file"});
  EXPECT_EQ(ran.code, kFailure);
  EXPECT_EQ(ran.out, "");
  EXPECT_TRUE(ran.err.starts_with("ottla topics: ")) << ran.err;
}

TEST(Commands, completion_knows_every_command_and_flag) {
  for (const auto* shell : {"bash", "zsh", "fish"}) {
    const auto ran = run("completion", {shell});
    ASSERT_EQ(ran.code, kSuccess) << ran.err;
    for_each([&](const Command& command, const std::vector<std::string>& words,
                 const CommandShape& shape) {
      EXPECT_NE(ran.out.find(command.name), std::string::npos) << shell << ' ' << command.name;
      for (const auto& word : words) {
        EXPECT_NE(ran.out.find(word), std::string::npos) << shell << ' ' << word;
      }
      for (const auto& flag : shape.flags) {
        for (const auto& name : flag.names) {
          const bool fish = shell == std::string("fish");
          const auto dashes = name.starts_with("--") ? 2U : 1U;
          const auto wanted = fish ? (dashes == 2 ? " -l " : " -s ") + name.substr(dashes) : name;
          EXPECT_NE(ran.out.find(wanted), std::string::npos)
              << shell << ' ' << command.name << ' ' << name;
        }
      }
    });
  }
  EXPECT_EQ(run("completion", {"tcsh"}).code, kUsage);
}

}  // namespace
}  // namespace ottla::tools
