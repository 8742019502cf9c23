// How long do my records take, and how large are they? Histograms for Prometheus.
//
//   latency_histograms localhost:9092 TOPIC
//
// Sends a hundred records, reads them back and prints what a scraper would be given.
#include <ottla/interceptors/metrics.h>
#include <ottla/ottla.h>

#include <chrono>
#include <iostream>
#include <memory>

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: latency_histograms BOOTSTRAP_SERVERS TOPIC\n";
    return 2;
  }
  // One for all clients of the program.
  const auto metrics = std::make_shared<ottla::interceptors::Metrics>();
  auto producer =
      ottla::Producer::open({.bootstrap_servers = argv[1], .interceptors = {metrics}}).value();
  for (int i = 0; i < 100; ++i) producer.send({.topic = argv[2], .value = "an order"}).forget();
  producer.flush().get().value();

  auto consumer = ottla::Consumer::open({.bootstrap_servers = argv[1],
                                         .group_id = "histograms",
                                         .topics = {argv[2]},
                                         .auto_offset_reset = ottla::AutoOffsetReset::earliest,
                                         .interceptors = {metrics}})
                      .value();
  for (std::size_t got = 0; got < 100;)
    got += consumer.poll(std::chrono::seconds(30)).value().size();
  std::cout << metrics->to_prometheus();
}
