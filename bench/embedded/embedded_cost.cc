// What an embedded broker costs on a shared runtime: how long it takes to be ready and to be gone,
// and how much memory each of many holds.
//
//   embedded_cost [--brokers N] [--topics N]
//
// Prints one JSON line. `rss_kb_each` is what the process grew by, divided by the brokers, all of
// them alive; `used_rss_kb_each` the same after each has stored a record and told a group's offset.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "ottla/embedded_broker.h"
#include "ottla/ottla.h"

namespace {

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

double rss_kb() {
  std::ifstream statm("/proc/self/statm");
  long total = 0;
  long resident = 0;
  statm >> total >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1024;
}

double at(std::vector<double> sorted, double part) {
  std::sort(sorted.begin(), sorted.end());
  return sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))];
}

int number(int argc, char** argv, const char* flag, int otherwise) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::strcmp(argv[i], flag) == 0) return std::atoi(argv[i + 1]);
  }
  return otherwise;
}

// One record, and one offset of a group.
void use(const ottla::EmbeddedBroker& broker, const ottla::Runtime& runtime) {
  auto producer =
      ottla::Producer::open({.bootstrap_servers = broker.address(), .runtime = runtime}).value();
  producer.send({.topic = "topic-0", .value = "value"}).get().value();
  auto admin =
      ottla::Admin::open({.bootstrap_servers = broker.address(), .runtime = runtime}).value();
  admin.alter_consumer_group_offsets("group", {{{"topic-0", 0}, {.offset = 1}}}).get().value();
}

}  // namespace

int main(int argc, char** argv) {
  const int count = number(argc, argv, "--brokers", 1000);
  const int topics = number(argc, argv, "--topics", 1);
  ottla::EmbeddedBrokerConfig config;
  for (int i = 0; i < topics; ++i) config.topics.push_back({"topic-" + std::to_string(i)});
  config.runtime = ottla::Runtime::start().value();
  // What the first one alone pays for is not the others'.
  { auto first = ottla::EmbeddedBroker::start(config).value(); }

  const auto before = rss_kb();
  std::vector<double> starts;
  std::vector<ottla::EmbeddedBroker> brokers;
  for (int i = 0; i < count; ++i) {
    const auto start = Clock::now();
    brokers.push_back(ottla::EmbeddedBroker::start(config).value());
    starts.push_back(ms_since(start));
  }
  const auto alive = rss_kb();
  for (const auto& broker : brokers) use(broker, config.runtime);
  const auto used = rss_kb();
  std::vector<double> stops;
  while (!brokers.empty()) {
    const auto start = Clock::now();
    brokers.pop_back();
    stops.push_back(ms_since(start));
  }
  const auto each = [&](double after) { return (after - before) / count; };
  std::printf(
      "{\"bench\": \"embedded_cost\", \"brokers\": %d, \"topics\": %d, \"start_ms_median\": %.3f, "
      "\"start_ms_p99\": %.3f, \"start_ms_max\": %.3f, \"stop_ms_median\": %.3f, "
      "\"rss_kb_each\": %.1f, \"used_rss_kb_each\": %.1f, \"rss_mb\": %.1f}\n",
      count, topics, at(starts, 0.5), at(starts, 0.99), at(starts, 1), at(stops, 0.5), each(alive),
      each(used), used / 1024);
  return 0;
}
