#include <csignal>
#include <cstring>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>

#include "ottla/consumer.h"

// Our own member of a group, by the contract of ../README.md: reads and commits until SIGTERM.
namespace {

using namespace std::chrono_literals;

volatile std::sig_atomic_t stopping = 0;
std::mutex printing;

void print(const std::string& line) {
  const std::lock_guard lock(printing);
  std::cout << line << std::endl;
}

class Reporter final : public ottla::ConsumerRebalanceListener {
 public:
  void on_partitions_assigned(const std::vector<ottla::TopicPartition>& partitions) override {
    report("assigned", partitions);
  }
  void on_partitions_revoked(const std::vector<ottla::TopicPartition>& partitions) override {
    report("revoked", partitions);
  }

 private:
  static void report(const char* what, const std::vector<ottla::TopicPartition>& partitions) {
    std::string numbers;
    for (const auto& partition : partitions) {
      numbers += (numbers.empty() ? "" : ", ") + std::to_string(partition.partition);
    }
    print(std::string("{\"") + what + "\": [" + numbers + "]}");
  }
};

int fail(const ottla::Error& error) {
  std::cerr << error << '\n';
  return 1;
}

int run(ottla::Consumer& consumer) {
  bool uncommitted = false;
  while (stopping == 0) {
    const auto batch = consumer.poll(100ms);
    if (!batch) return fail(batch.error());
    for (const auto& record : *batch) {
      print("{\"record\": [" + std::to_string(record.partition()) + ", " +
            std::to_string(record.offset()) + "]}");
    }
    // Refused while the group rebalances: what this member keeps is committed later, and whoever
    // owns the rest reads on from the last commit.
    uncommitted = uncommitted || !batch->empty();
    if (uncommitted && consumer.commit().get()) uncommitted = false;
  }
  const auto closed = consumer.close();
  return closed ? 0 : fail(closed.error());
}

}  // namespace

int main(int argc, char** argv) {
  ottla::ConsumerConfig config;
  std::string topic;
  config.auto_offset_reset = ottla::AutoOffsetReset::earliest;
  config.enable_auto_commit = false;
  config.session_timeout = 6s;
  config.heartbeat_interval = 200ms;
  config.fetch_max_wait = 50ms;
  for (int i = 2; i + 1 < argc; i += 2) {
    const std::string value = argv[i + 1];
    if (std::strcmp(argv[i], "--bootstrap") == 0) config.bootstrap_servers = value;
    if (std::strcmp(argv[i], "--topic") == 0) topic = value;
    if (std::strcmp(argv[i], "--group") == 0) config.group_id = value;
    if (std::strcmp(argv[i], "--instance") == 0) config.group_instance_id = value;
    if (std::strcmp(argv[i], "--assignor") == 0) {
      const auto assignor = ottla::assignor_by_name(value);
      if (!assignor) return fail(assignor.error());
      config.partition_assignment_strategy = {*assignor};
    }
  }
  std::signal(SIGTERM, [](int) { stopping = 1; });
  auto consumer = ottla::Consumer::open(config);
  if (!consumer) return fail(consumer.error());
  const auto subscribed = consumer->subscribe({topic}, std::make_shared<Reporter>());
  return subscribed ? run(*consumer) : fail(subscribed.error());
}
