// How do several processes share a topic, and how do I hear of the partitions that come and go?
//
//   consumer_group localhost:9092 &
//   consumer_group localhost:9092 &
#include <ottla/ottla.h>

#include <csignal>
#include <iostream>
#include <memory>
#include <stop_token>
#include <thread>

namespace {

class Printer final : public ottla::ConsumerRebalanceListener {
 public:
  void on_partitions_assigned(const std::vector<ottla::TopicPartition>& partitions) override {
    for (const auto& partition : partitions) std::cout << "mine now: " << partition << std::endl;
  }
  // Still this member's: the place to finish and to store what belongs to them.
  void on_partitions_revoked(const std::vector<ottla::TopicPartition>& partitions) override {
    for (const auto& partition : partitions) std::cout << "given up: " << partition << std::endl;
  }
  void on_partitions_lost(const std::vector<ottla::TopicPartition>& partitions) override {
    for (const auto& partition : partitions) std::cout << "lost: " << partition << std::endl;
  }
};

}  // namespace

int main(int argc, char** argv) {
  // Signals come to one thread, which stops the poll of the other.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::stop_source stop;
  std::thread([&] {
    int signal = 0;
    sigwait(&signals, &signal);
    stop.request_stop();
  }).detach();

  auto consumer = ottla::Consumer::open({
      .bootstrap_servers = argc > 1 ? argv[1] : "localhost:9092",
      .group_id = "printers",
      .partition_assignment_strategy = {ottla::cooperative_sticky_assignor()},
      .auto_offset_reset = ottla::AutoOffsetReset::earliest,
  });
  if (!consumer) {
    std::cerr << consumer.error() << '\n';
    return 1;
  }
  consumer->subscribe({"greetings"}, std::make_shared<Printer>()).value();
  while (!stop.stop_requested()) {
    auto batch = consumer->poll(stop.get_token());
    if (!batch) {
      std::cerr << batch.error() << '\n';
      return 1;
    }
    for (const auto& record : *batch) std::cout << record.value() << std::endl;
  }
  // Commits what was printed, and leaves: the others take over at once.
  consumer->close().value();
}
