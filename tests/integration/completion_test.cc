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

// The shells beside bash are tried where they were installed when this was configured.
#ifdef OTTLA_FISH
TEST_F(CompletionTest, fish_offers_the_same) {
  const auto script = directory_.path() + "/ottla.fish";
  std::ofstream(script) << run({OTTLA_BIN "/ottla", "completion", "fish"});
  const auto first = [&](const std::string& line) {
    const auto told = run(
        {OTTLA_FISH, "--no-config", "-c", "source '" + script + "'; complete -C '" + line + "'"});
    return told.substr(0, told.find('\t'));
  };
  EXPECT_EQ(first("ottla log"), "log-dirs");
  EXPECT_EQ(first("ottla get-offsets --topic-"), "--topic-partitions");
  EXPECT_EQ(first("ottla cluster list"), "list-endpoints");
  EXPECT_EQ(first("ottla cluster list-endpoints --include"), "--include-fenced-brokers");
  EXPECT_EQ(first("ottla kafka-topics --creat"), "--create");
  EXPECT_EQ(first("ottla topics --output js"), "json");
  EXPECT_EQ(first("ottla dump-log --key-decoder-class lo"), "long");
}

#endif

#ifdef OTTLA_ZSH
// A zsh at a terminal, in which somebody types and presses the tabulator.
TEST_F(CompletionTest, zsh_completes_what_is_typed) {
  std::ofstream(directory_.path() + "/_ottla") << run({OTTLA_BIN "/ottla", "completion", "zsh"});
  const auto script = directory_.path() + "/type.zsh";
  std::ofstream(script) << R"(zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PS1= RPS1= fpath=($1 \$fpath); autoload -Uz compinit"
zpty -w shell "compinit -u -D; print -r -- re''ady"
zpty -r shell out '*ready*'
zpty -w -n shell "$2"$'\t'
# Around the line as it is now, so that it is printed.
zpty -w -n shell $'\C-a'"print -r -- 'got:"$'\C-e'"'"$'\n'
zpty -r shell out $'*\ngot:*\n'
print -r -- ${${out##*got:}%%$'\r'*}
)";
  const auto completed = [&](const std::string& line) {
    auto told = run({OTTLA_ZSH, "-f", script, directory_.path(), line});
    return told.substr(0, told.find_last_not_of(" \n") + 1);
  };
  EXPECT_EQ(completed("ottla log"), "ottla log-dirs");
  EXPECT_EQ(completed("ottla get-offsets --topic-"), "ottla get-offsets --topic-partitions");
  EXPECT_EQ(completed("ottla cluster list"), "ottla cluster list-endpoints");
  EXPECT_EQ(completed("ottla kafka-topics --creat"), "ottla kafka-topics --create");
  EXPECT_EQ(completed("ottla topics --output js"), "ottla topics --output json");
}

#endif

}  // namespace
}  // namespace ottla::integration
