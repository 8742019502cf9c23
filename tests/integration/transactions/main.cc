// A process of a trial of transactions: see README.md.
//
//   ottla-trial bank|copy|audit --bootstrap HOST:PORT --history FILE [--id TRANSACTIONAL_ID]
//                               [--first-value N] [--partitions N]
//   ottla-trial settle --bootstrap HOST:PORT [--partitions N]
//   ottla-trial check [--partitions N] FILE...
#include <csignal>
#include <cstdlib>
#include <iostream>

#include "tests/integration/transactions/trial.h"

namespace {

int usage() {
  std::cerr << "ottla-trial bank|copy|audit --bootstrap HOST:PORT --history FILE [--id ID] "
               "[--first-value N] [--partitions N]\n"
               "ottla-trial settle --bootstrap HOST:PORT [--partitions N]\n"
               "ottla-trial check [--partitions N] FILE...\n";
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return usage();
  ottla::trial::Orders orders;
  std::vector<std::string> files;
  for (int i = 2; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.rfind("--", 0) != 0) {
      files.push_back(word);
      continue;
    }
    if (++i == argc) return usage();
    const std::string value = argv[i];
    if (word == "--bootstrap") {
      orders.bootstrap = value;
    } else if (word == "--history") {
      orders.history = value;
    } else if (word == "--id") {
      orders.transactional_id = value;
    } else if (word == "--first-value") {
      orders.first_value = std::strtoull(value.c_str(), nullptr, 10);
    } else if (word == "--partitions") {
      orders.partitions = std::atoi(value.c_str());
    } else {
      return usage();
    }
  }
  std::signal(SIGTERM, [](int) { ottla::trial::stopping = true; });
  std::signal(SIGUSR1, [](int) { ottla::trial::draining = true; });
  const std::string what = argv[1];
  if (what == "check") return ottla::trial::run_check(orders, files);
  if (orders.bootstrap.empty()) return usage();
  if (what == "settle") return ottla::trial::run_settle(orders);
  if (orders.history.empty()) return usage();
  if (what == "bank") return ottla::trial::run_bank(orders);
  if (what == "copy") return ottla::trial::run_copier(orders);
  if (what == "audit") return ottla::trial::run_audit(orders);
  return usage();
}
