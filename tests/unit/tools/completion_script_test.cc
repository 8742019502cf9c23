#include "tools/completion_script.h"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <map>
#include <string>
#include <vector>

namespace ottla::tools {
namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(CompletionScript, knows_a_command_by_what_it_parses_with) {
  CLI::App app("An app.");
  std::string text;
  bool on = false;
  std::string word;
  app.add_option("--name,-n,--alias", text, "a name");
  auto* group = app.add_option_group("which");
  group->add_flag("--on", on, "a switch");
  app.add_option("--kind", word, "a kind")->check(CLI::IsMember({"one", "two"}));
  app.add_option("--size", word, "a size")
      ->transform(CLI::Transformer(std::map<std::string, std::string>{{"big", "L"}, {"wee", "S"}}));
  app.add_option("file", word, "a file");
  auto* list = app.add_subcommand("list", "list things");
  list->add_flag("--all", on, "all of them");
  const auto shape = shape_of(app);
  ASSERT_EQ(shape.actions.size(), 1U);
  EXPECT_EQ(shape.actions[0].names, (std::vector<std::string>{"list"}));
  const auto find = [](const CommandShape& in, const std::string& name) {
    for (const auto& flag : in.flags) {
      if (std::find(flag.names.begin(), flag.names.end(), name) != flag.names.end()) return flag;
    }
    ADD_FAILURE() << name << " is missing";
    return FlagShape{};
  };
  EXPECT_TRUE(find(shape, "--alias").takes_value);
  EXPECT_EQ(find(shape, "-n").sentence, "a name");
  EXPECT_FALSE(find(shape, "--on").takes_value);
  EXPECT_EQ(find(shape, "--kind").values, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(find(shape, "--size").values, (std::vector<std::string>{"big", "wee"}));
  EXPECT_FALSE(find(shape.actions[0], "--all").takes_value);
}

const std::vector<CommandShape> kShapes = {
    {.names = {"topics", "kafka-topics"},
     .sentence = "it's [all]: topics",
     .flags = {{.names = {"--output"},
                .takes_value = true,
                .values = {"table", "json"},
                .sentence = "how it's [printed]"},
               {.names = {"--list", "-l"}, .sentence = "list"}}},
    {.names = {"cluster"},
     .sentence = "cluster",
     .actions = {{.names = {"cluster-id"},
                  .sentence = "its id",
                  .flags = {{.names = {"--short"}, .sentence = "short"}}}}}};

TEST(CompletionScript, bash_completes_commands_actions_flags_and_values) {
  const auto text = bash_completion(kShapes);
  EXPECT_TRUE(has(text, "compgen -W 'topics cluster'")) << text;
  EXPECT_TRUE(has(text, "'kafka-topics') words='--output --list -l'")) << text;
  EXPECT_TRUE(has(text, "'topics --output')\n      COMPREPLY=($(compgen -W 'table json'")) << text;
  EXPECT_TRUE(has(text, "'cluster') words='cluster-id'")) << text;
  EXPECT_TRUE(has(text, "'cluster cluster-id') words='--short'")) << text;
}

TEST(CompletionScript, zsh_and_fish_get_sentences_without_what_would_end_them) {
  const auto zsh = zsh_completion(kShapes);
  EXPECT_TRUE(has(zsh, "'topics:its (all)\\: topics'")) << zsh;
  EXPECT_TRUE(has(zsh, "'*--output[how its (printed)]:value:(table json)'")) << zsh;
  const auto fish = fish_completion(kShapes);
  EXPECT_TRUE(has(fish, "-l output -r -f -a 'table json' -d 'how its (printed)'")) << fish;
  EXPECT_TRUE(has(fish, "-s l -d 'list'")) << fish;
  EXPECT_TRUE(has(fish, "-a cluster-id -d 'its id'")) << fish;
}

}  // namespace
}  // namespace ottla::tools
