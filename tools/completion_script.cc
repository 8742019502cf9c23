#include "tools/completion_script.h"

#include <CLI/CLI.hpp>
#include <utility>

#include "tools/words.h"

namespace ottla::tools {
namespace {

using Words = std::vector<std::string>;

std::string joined(const Words& words, std::string_view separator) {
  std::string text;
  for (const auto& word : words) {
    if (!text.empty()) text += separator;
    text += word;
  }
  return text;
}

// CLI11 tells of the values that a flag may have only in what it prints of them: "TEXT:{a,b}", or
// "TEXT:value in {a->1,b->2}" where they stand for others.
Words values_in(const std::string& type) {
  const auto open = type.find('{');
  const auto close = type.find('}', open);
  Words values;
  if (open == std::string::npos || close == std::string::npos) return values;
  for (const auto each : split(std::string_view(type).substr(open + 1, close - open - 1), ',')) {
    values.emplace_back(each.substr(0, each.find("->")));
  }
  return values;
}

FlagShape shape_of(const CLI::Option& option) {
  FlagShape flag;
  for (const auto& name : option.get_lnames()) flag.names.push_back("--" + name);
  for (const auto& name : option.get_snames()) flag.names.push_back("-" + name);
  flag.takes_value = option.get_items_expected_max() > 0;
  if (flag.takes_value) flag.values = values_in(option.get_type_name());
  flag.sentence = option.get_description();
  return flag;
}

void add_flags(const CLI::App& app, CommandShape& command) {
  for (const auto* option : app.get_options()) {
    // Those without a name stand for words in their order.
    if (!option->nonpositional()) continue;
    command.flags.push_back(shape_of(*option));
  }
}

// Of all its flags the names, and its actions.
Words words_of(const CommandShape& command) {
  Words words;
  for (const auto& action : command.actions) words.push_back(action.names.front());
  for (const auto& flag : command.flags) {
    words.insert(words.end(), flag.names.begin(), flag.names.end());
  }
  return words;
}

// `apply(path, shape)` for each command, by each of its names, and each of its actions.
template <class Apply>
void for_each(const std::vector<CommandShape>& commands, const Apply& apply) {
  for (const auto& command : commands) {
    for (const auto& name : command.names) {
      apply(name, command);
      for (const auto& action : command.actions) {
        for (const auto& action_name : action.names) apply(name + " " + action_name, action);
      }
    }
  }
}

// Without what ends a string of the shell's between apostrophes, or a part of a description.
std::string plain(std::string_view sentence) {
  std::string text;
  for (const char c : sentence) {
    switch (c) {
      case '\'':
      case '\\':
        break;
      case '[':
        text += '(';
        break;
      case ']':
        text += ')';
        break;
      case '\n':
        text += ' ';
        break;
      default:
        text += c;
    }
  }
  return text;
}

// With what zsh divides the parts of a description by.
std::string for_zsh(std::string_view sentence) {
  std::string text;
  for (const char c : plain(sentence)) {
    if (c == ':') text += '\\';
    text += c;
  }
  return text;
}

std::string zsh_flags(const CommandShape& command) {
  std::string text;
  for (const auto& flag : command.flags) {
    for (const auto& name : flag.names) {
      // A star: more than once, as those that are repeatable.
      text += " \\\n        '*" + name + "[" + plain(flag.sentence) + "]";
      if (!flag.values.empty()) {
        text += ":value:(" + joined(flag.values, " ") + ")";
      } else if (flag.takes_value) {
        text += ":value:_files";
      }
      text += "'";
    }
  }
  return text;
}

std::string fish_flags(const std::string& condition, const CommandShape& command) {
  std::string text;
  for (const auto& flag : command.flags) {
    for (const auto& name : flag.names) {
      const bool is_long = name.starts_with("--");
      text += "complete -c ottla -n '" + condition + "'" + (is_long ? " -l " : " -s ") +
              name.substr(is_long ? 2 : 1);
      if (flag.takes_value) text += " -r";
      if (!flag.values.empty()) text += " -f -a '" + joined(flag.values, " ") + "'";
      text += " -d '" + plain(flag.sentence) + "'\n";
    }
  }
  return text;
}

}  // namespace

CommandShape shape_of(const CLI::App& app) {
  CommandShape command;
  add_flags(app, command);
  for (const auto* inner : app.get_subcommands([](const CLI::App*) { return true; })) {
    // Groups of flags are nameless.
    if (inner->get_name().empty()) {
      add_flags(*inner, command);
      continue;
    }
    auto action = shape_of(*inner);
    action.names = {inner->get_name()};
    action.sentence = inner->get_description();
    command.actions.push_back(std::move(action));
  }
  return command;
}

std::string bash_completion(const std::vector<CommandShape>& commands) {
  Words names;
  for (const auto& command : commands) names.push_back(command.names.front());
  std::string values;
  std::string words;
  for_each(commands, [&](const std::string& path, const CommandShape& command) {
    words += "    '" + path + "') words='" + joined(words_of(command), " ") + "' ;;\n";
    for (const auto& flag : command.flags) {
      if (!flag.takes_value) continue;
      Words patterns;
      for (const auto& name : flag.names) patterns.push_back("'" + path + " " + name + "'");
      values += "    " + joined(patterns, "|") + ")\n";
      values += flag.values.empty() ? std::string("      return ;;\n")
                                    : "      COMPREPLY=($(compgen -W '" + joined(flag.values, " ") +
                                          "' -- \"$current\"))\n      return ;;\n";
    }
  });
  return "# bash completion of ottla, made by `ottla completion bash`.\n"
         "_ottla() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
         "  local path=${COMP_WORDS[1]} words=''\n"
         "  COMPREPLY=()\n"
         "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
         "    COMPREPLY=($(compgen -W '" +
         joined(names, " ") +
         "' -- \"$current\"))\n"
         "    return\n"
         "  fi\n"
         "  if [ \"$COMP_CWORD\" -gt 2 ] && [[ ${COMP_WORDS[2]} != -* ]]; then\n"
         "    path=\"$path ${COMP_WORDS[2]}\"\n"
         "  fi\n"
         "  case \"$path $previous\" in\n" +
         values +
         "  esac\n"
         "  case \"$path\" in\n" +
         words +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "}\n"
         "complete -o default -F _ottla ottla\n";
}

std::string zsh_completion(const std::vector<CommandShape>& commands) {
  std::string names;
  std::string cases;
  for (const auto& command : commands) {
    names += "    '" + command.names.front() + ":" + for_zsh(command.sentence) + "'\n";
  }
  for_each(commands, [&](const std::string& path, const CommandShape& command) {
    cases += "    '" + path + "')\n      _arguments" + zsh_flags(command);
    if (command.actions.empty()) {
      cases += " \\\n        '*:file:_files'";
    } else {
      Words actions;
      for (const auto& action : command.actions) actions.push_back(action.names.front());
      cases += " \\\n        '1:action:(" + joined(actions, " ") + ")'";
    }
    cases += " ;;\n";
  });
  return "#compdef ottla\n"
         "# zsh completion of ottla, made by `ottla completion zsh`.\n"
         "_ottla() {\n"
         "  local -a commands\n"
         "  commands=(\n" +
         names +
         "  )\n"
         "  if (( CURRENT == 2 )); then\n"
         "    _describe command commands\n"
         "    return\n"
         "  fi\n"
         "  local path_of=$words[2]\n"
         "  if (( CURRENT > 3 )) && [[ $words[3] != -* ]]; then\n"
         "    path_of=\"$path_of $words[3]\"\n"
         "    shift words\n"
         "    (( CURRENT-- ))\n"
         "  fi\n"
         "  shift words\n"
         "  (( CURRENT-- ))\n"
         "  case $path_of in\n" +
         cases +
         "  esac\n"
         "}\n"
         "_ottla \"$@\"\n";
}

std::string fish_completion(const std::vector<CommandShape>& commands) {
  std::string text = "# fish completion of ottla, made by `ottla completion fish`.\n";
  for (const auto& command : commands) {
    text += "complete -c ottla -f -n __fish_use_subcommand -a " + command.names.front() + " -d '" +
            plain(command.sentence) + "'\n";
  }
  for (const auto& command : commands) {
    const auto seen = "__fish_seen_subcommand_from " + joined(command.names, " ");
    Words actions;
    for (const auto& action : command.actions) actions.push_back(action.names.front());
    for (const auto& action : command.actions) {
      const auto& name = action.names.front();
      text += "complete -c ottla -f -n '" + seen + "; and not __fish_seen_subcommand_from " +
              joined(actions, " ") + "' -a " + name + " -d '" + plain(action.sentence) + "'\n";
      text += fish_flags(seen + "; and __fish_seen_subcommand_from " + name, action);
    }
    text += fish_flags(seen, command);
  }
  return text;
}

}  // namespace ottla::tools
