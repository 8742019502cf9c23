// ottla: looks at, feeds and reads Kafka clusters. Flags are those of Kafka's own scripts.
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "tools/command.h"

namespace ottla::tools {
namespace {

void print_usage(std::ostream& out) {
  out << "usage: ottla COMMAND [flags]\n\n";
  for (const auto& command : commands()) {
    std::string name(command.name);
    name.resize(30, ' ');
    out << "  " << name << command.sentence << '\n';
  }
  out << "\n`ottla COMMAND --help` lists the flags; they are those of Kafka's scripts, whose "
         "names\n"
         "(kafka-topics, console-consumer ...) are taken for the commands too.\n"
         "Exit codes: 0 done, 1 failed (stderr says why), 2 wrong arguments.\n";
}

int run(int argc, char** argv) {
  if (argc < 2) {
    print_usage(std::cerr);
    return kUsage;
  }
  const std::string_view wanted = argv[1];
  if (wanted == "--help" || wanted == "-h" || wanted == "help") {
    print_usage(std::cout);
    return kSuccess;
  }
  const auto* found = find_command(wanted);
  if (found == nullptr) {
    std::cerr << "ottla: there is no command '" << wanted << "'\n\n";
    print_usage(std::cerr);
    return kUsage;
  }
  return found->run(Arguments(std::vector<std::string>(argv + 2, argv + argc)));
}

}  // namespace
}  // namespace ottla::tools

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  return ottla::tools::run(argc, argv);
}
