// How do I get a record acknowledged as soon as possible?
//
//   tune_for_latency localhost:9092 TOPIC
//
// No lingering, so a record leaves when it is sent; its topic is known before the first; a broker
// that is slow to answer is given up early; the network thread looks for an answer before it
// sleeps, and hands it to no other thread. Waits for each record and prints how long that took;
// `ottla producer-perf-test` measures at a steady rate.
#include <ottla/ottla.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <vector>

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: tune_for_latency BOOTSTRAP_SERVERS TOPIC\n";
    return 2;
  }
  using namespace std::chrono_literals;
  using Clock = std::chrono::steady_clock;
  const auto runtime =
      ottla::Runtime::start({.busy_poll = 200us, .callbacks_on_network_thread = true}).value();
  auto producer = ottla::Producer::open({.bootstrap_servers = argv[1],
                                         .linger = 0ms,
                                         .delivery_timeout = 5s,
                                         .request_timeout = 1s,
                                         .retry_backoff = 10ms,
                                         .reconnect_backoff = 10ms,
                                         .runtime = runtime});
  if (!producer) {
    std::cerr << producer.error() << '\n';
    return 1;
  }
  if (const auto known = producer->warm_up(argv[2]).get(); !known) {
    std::cerr << known.error() << '\n';
    return 1;
  }
  std::vector<Clock::duration> latencies;
  for (int i = 0; i < 500; ++i) {
    const auto began = Clock::now();
    const auto sent = producer->send({.topic = argv[2], .value = "a tick"}).get();
    if (!sent) {
      std::cerr << sent.error() << '\n';
      return 1;
    }
    latencies.push_back(Clock::now() - began);
  }
  std::sort(latencies.begin(), latencies.end());
  const auto at = [&](double part) {
    const auto place = static_cast<std::size_t>(part * static_cast<double>(latencies.size() - 1));
    return std::chrono::duration_cast<std::chrono::microseconds>(latencies[place]).count();
  };
  std::cout << "p50 " << at(0.5) << " us, p99 " << at(0.99) << " us\n";
}
