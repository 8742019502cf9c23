// How do I move as many records as I can?
//
//   tune_for_throughput localhost:9092 TOPIC [RECORDS]
//
// Large batches that wait a little, compression, memory for what is on its way, and several threads
// that send: each compresses the batches that it fills.
#include <ottla/ottla.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

int main(int argc, char** argv) {
  if (argc != 3 && argc != 4) {
    std::cerr << "usage: tune_for_throughput BOOTSTRAP_SERVERS TOPIC [RECORDS]\n";
    return 2;
  }
  const int records = argc == 4 ? std::atoi(argv[3]) : 1'000'000;
  constexpr int kThreads = 2;
  using namespace std::chrono_literals;
  auto producer =
      ottla::Producer::open({.bootstrap_servers = argv[1],
                             .linger = 20ms,              // batches fill up
                             .batch_size = 256 << 10,     // and are worth a request
                             .buffer_memory = 128 << 20,  // some hundred of them
                             .compression_type = ottla::Compression::lz4,  // cheap for its effect
                             .max_request_size = 4 << 20});
  if (!producer) {
    std::cerr << producer.error() << '\n';
    return 1;
  }
  const auto began = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      const std::string value(100, 'v');
      // Nobody looks at single records: flush() tells of the first that failed.
      for (int i = 0; i < records / kThreads; ++i) {
        producer->send({.topic = argv[2], .value = value}).forget();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  const auto flushed = producer->flush().get();
  if (!flushed) {
    std::cerr << flushed.error() << '\n';
    return 1;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  const auto metrics = producer->metrics();
  std::cout << static_cast<long>(records / took.count()) << " records/s, batches of "
            << static_cast<long>(metrics.value("batch-size-avg").value_or(0)) << " bytes, "
            << static_cast<long>(metrics.value("records-per-request-avg").value_or(0))
            << " records a request\n";
}
