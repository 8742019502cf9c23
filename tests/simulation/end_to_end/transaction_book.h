#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/checker/history.h"

namespace ottla::simulation {

// What the clients of one run tell, each as a process of its own; and the numbers that make their
// records different.
class TransactionBook {
 public:
  // Where the next process that runs on the node tells what it does.
  checker::Recorder open(const std::string& node) {
    const auto process = node + ':' + std::to_string(++incarnations_[node]);
    return checker::Recorder([this, process](const std::string& line) { lines_[process] += line; });
  }
  std::uint64_t next_value() { return ++last_value_; }

  void wrong(const std::string& what) { wrong_.push_back(what); }
  const std::vector<std::string>& wrongs() const { return wrong_; }

  checker::History history() const {
    checker::History history;
    for (const auto& [process, lines] : lines_) {
      history.processes[process] = checker::parse(lines).value();
    }
    return history;
  }

 private:
  std::map<std::string, std::uint64_t> incarnations_;
  std::map<std::string, std::string> lines_;
  std::uint64_t last_value_ = 0;
  std::vector<std::string> wrong_;
};

}  // namespace ottla::simulation
