#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "tests/integration/child_process.h"

// What `ottla completion` prints, in the shell that it is for.
namespace ottla::integration {
namespace {

class CompletionTest : public testing::Test {
 protected:
  static std::string run(const std::vector<std::string>& command) {
    ChildProcess program(command);
    std::string output;
    for (auto line = program.read_line(); !line.empty(); line = program.read_line()) {
      output += line + "\n";
    }
    EXPECT_EQ(program.wait(), 0) << program.stderr_text();
    EXPECT_EQ(program.stderr_text(), "");
    return output;
  }

  void SetUp() override {
    script_ = directory_.path() + "/ottla.bash";
    std::ofstream(script_) << run({OTTLA_BIN "/ottla", "completion", "bash"});
  }

  // What bash offers for the last of the words, one a line.
  std::string completions(const std::string& words) {
    return run({"/bin/bash", "-c",
                "source '" + script_ + "'; COMP_WORDS=(" + words +
                    "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _ottla; "
                    "printf '%s\\n' \"${COMPREPLY[@]}\""});
  }

  TemporaryDirectory directory_;
  std::string script_;
};

TEST_F(CompletionTest, is_a_script_of_bash) {
  EXPECT_EQ(run({"/bin/bash", "-n", script_}), "");
}

TEST_F(CompletionTest, offers_commands_flags_actions_and_values) {
  EXPECT_EQ(completions("ottla log"), "log-dirs\n");
  EXPECT_EQ(completions("ottla get-offsets --topic-"), "--topic-partitions\n");
  EXPECT_EQ(completions("ottla cluster list"), "list-endpoints\n");
  EXPECT_EQ(completions("ottla cluster list-endpoints --include"), "--include-fenced-brokers\n");
  EXPECT_EQ(completions("ottla topics --output ''"), "table\njson\n");
}

TEST_F(CompletionTest, the_flags_of_an_alias_are_those_of_its_command) {
  EXPECT_EQ(completions("ottla kafka-topics --creat"), "--create\n");
  EXPECT_EQ(completions("ottla console-consumer --from-b"), "--from-beginning\n");
}

}  // namespace
}  // namespace ottla::integration
