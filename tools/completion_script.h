#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace ottla::tools {

// A flag as completion knows it.
struct FlagShape {
  std::vector<std::string> names;  // with their dashes
  bool takes_value = false;
  std::vector<std::string> values;  // all there are; empty: any
  std::string sentence;
};

// A subcommand, or an action of one ("transactions list").
struct CommandShape {
  std::vector<std::string> names;  // its own and Kafka's
  std::string sentence;
  std::vector<FlagShape> flags;
  std::vector<CommandShape> actions;
};

// What `app` would parse with, without names and sentence.
CommandShape shape_of(const CLI::App& app);

// Those of all `commands()`, in their order.
std::vector<CommandShape> command_shapes();

// For each shell the text of a file that completes commands, actions, flags and the values of
// flags; what is none of these completes to files.
std::string bash_completion(const std::vector<CommandShape>& commands);
std::string zsh_completion(const std::vector<CommandShape>& commands);
std::string fish_completion(const std::vector<CommandShape>& commands);

}  // namespace ottla::tools
