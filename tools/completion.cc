#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "tools/command.h"
#include "tools/completion_script.h"
#include "tools/flags.h"

namespace ottla::tools {

std::vector<CommandShape> command_shapes() {
  std::vector<CommandShape> shapes;
  for (const auto& command : commands()) {
    CommandShape shape;
    (void)command.run(Arguments([&shape](const CLI::App& app) { shape = shape_of(app); }));
    shape.names.emplace_back(command.name);
    if (!command.alias.empty()) shape.names.emplace_back(command.alias);
    shape.sentence = command.sentence;
    shapes.push_back(std::move(shape));
  }
  return shapes;
}

int run_completion(const Arguments& arguments) {
  std::string shell;
  CLI::App app(
      "Prints what completes commands and flags in a shell. For bash: `source <(ottla completion "
      "bash)`; for zsh a file _ottla in $fpath; for fish a file "
      "~/.config/fish/completions/ottla.fish.",
      "ottla completion");
  app.add_option("shell", shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  if (const auto code = parse_flags(app, arguments)) return *code;
  const auto shapes = command_shapes();
  std::cout << (shell == "bash"  ? bash_completion(shapes)
                : shell == "zsh" ? zsh_completion(shapes)
                                 : fish_completion(shapes));
  return kSuccess;
}

}  // namespace ottla::tools
