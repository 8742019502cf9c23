// When is a record committed? At least once: after its work is done. At most once: before.
//
//   manual_commits localhost:9092 at-least-once|at-most-once
#include <ottla/ottla.h>

#include <chrono>
#include <iostream>
#include <string_view>

int main(int argc, char** argv) {
  const bool before = argc > 2 && std::string_view(argv[2]) == "at-most-once";
  auto consumer = ottla::Consumer::open({
      .bootstrap_servers = argc > 1 ? argv[1] : "localhost:9092",
      .group_id = "workers",
      .topics = {"greetings"},
      .enable_auto_commit = false,
      .auto_offset_reset = ottla::AutoOffsetReset::earliest,
  });
  if (!consumer) {
    std::cerr << consumer.error() << '\n';
    return 1;
  }
  while (true) {
    auto batch = consumer->poll(std::chrono::seconds(5));
    if (!batch) {
      std::cerr << batch.error() << '\n';
      return 1;
    }
    if (batch->empty()) return 0;  // nothing came for five seconds
    // A crash from here on skips the batch; without this line it is read again.
    if (before && !consumer->commit(*batch).get()) continue;
    for (const auto& record : *batch) std::cout << "work on " << record.value() << '\n';
    if (before) continue;
    if (const auto done = consumer->commit(*batch).get(); !done) {
      // The group has rebalanced: whoever has the partitions now reads the batch again.
      std::cerr << done.error() << '\n';
    }
  }
}
