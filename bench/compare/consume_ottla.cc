// Reads partition 0 of a topic from its beginning with Ottla. See reading.h and consume.py.
#include <ottla/ottla.h>

#include <cstdio>
#include <optional>

#include "bench/compare/reading.h"

int main(int argc, char** argv) {
  using namespace std::chrono_literals;
  const auto workload = bench::parse(argc, argv);
  ottla::ConsumerConfig config;
  config.bootstrap_servers = workload.bootstrap;
  if (!workload.ca.empty()) {
    config.security.protocol = ottla::SecurityProtocol::ssl;
    config.security.ssl.truststore_location = workload.ca;
  }
  if (workload.poll_records > 0)
    config.max_poll_records = static_cast<std::int32_t>(workload.poll_records);
  if (workload.receive_buffer != 0) config.receive_buffer_bytes = workload.receive_buffer;
  auto consumer = ottla::Consumer::open(config).value();
  const ottla::TopicPartition partition{workload.topic, 0};
  consumer.assign({partition}).value();
  consumer.seek(partition, 0).value();
  bench::Reading reading(workload);
  std::optional<bench::Meter> meter;
  while (!reading.done()) {
    if (!meter && reading.warm()) {
      meter.emplace();
      reading.meter_begins();
    }
    const auto polled = consumer.poll(30s);
    if (!polled || polled->empty()) {
      std::fprintf(stderr, "%s\n", polled ? "nothing came" : polled.error().to_string().c_str());
      return 1;
    }
    for (const auto& record : *polled)
      reading.record(record.offset(), record.value().data(), record.value().size());
  }
  meter->print("ottla", workload, reading.measured(), 0, reading.fields());
  return 0;
}
