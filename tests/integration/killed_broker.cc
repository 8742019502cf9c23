#include "tests/integration/killed_broker.h"

#include <gtest/gtest.h>

#include <csignal>
#include <regex>

namespace ottla::integration {

KilledBroker::KilledBroker(std::vector<std::string> properties)
    : properties_(std::move(properties)) {
  start();
}

void KilledBroker::kill() {
  process_->signal(SIGKILL);
  process_->wait();
  start();
}

void KilledBroker::start() {
  std::vector<std::string> command{OTTLA_BIN "/ottla-broker", "--override",
                                   "listeners=PLAINTEXT://" + address_, "--override",
                                   "log.dirs=" + data_.path()};
  for (const auto& property : properties_) {
    command.insert(command.end(), {"--override", property});
  }
  process_ = std::make_unique<ChildProcess>(command);
  const auto line = process_->read_line();
  std::smatch found;
  const std::regex pattern("PLAINTEXT://([^,]+), data");
  if (!std::regex_search(line, found, pattern)) {
    ADD_FAILURE() << "the broker did not start: " << line;
    address_.clear();
    return;
  }
  address_ = found[1].str();
}

}  // namespace ottla::integration
