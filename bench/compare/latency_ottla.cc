// How long records take with Ottla, to their acknowledgement and, with --read 1, to a consumer in
// the same process. See latencies.h and latency.py.
#include <ottla/ottla.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "bench/compare/latencies.h"

namespace {

using namespace std::chrono_literals;

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "latency_ottla: %s\n", why.c_str());
  std::exit(1);
}

ottla::Runtime start_runtime(const bench::Workload& workload) {
  return ottla::Runtime::start({.busy_poll = std::chrono::microseconds(workload.busy_poll_us),
                                .callbacks_on_network_thread = workload.network_callbacks})
      .value();
}

void read(const bench::Workload& workload, std::atomic<bool>& ready, bench::Latencies& latencies) {
  ottla::ConsumerConfig config;
  config.bootstrap_servers = workload.bootstrap;
  config.auto_offset_reset = ottla::AutoOffsetReset::latest;
  auto consumer = ottla::Consumer::open(config).value();
  const ottla::TopicPartition partition{workload.topic, 0};
  consumer.assign({partition}).value();
  consumer.position(partition).get().value();
  ready = true;
  for (std::uint64_t count = 0; count < workload.warm_up + workload.records;) {
    const auto polled = consumer.poll(30s);
    if (!polled || polled->empty()) fail("nothing was read");
    for (const auto& record : *polled) {
      if (++count > workload.warm_up) latencies.since(bench::stamp_of(record.value()));
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const auto workload = bench::parse(argc, argv);
  const bench::Payload payload(workload);
  ottla::ProducerConfig config;
  config.bootstrap_servers = workload.bootstrap;
  config.runtime = start_runtime(workload);
  config.linger = std::chrono::milliseconds(workload.linger_ms);
  auto producer = ottla::Producer::open(config).value();
  bench::Latencies acknowledged(workload.records);
  bench::Latencies consumed(workload.records);
  std::atomic<bool> ready{!workload.read};
  std::thread reader;
  if (workload.read) reader = std::thread([&] { read(workload, ready, consumed); });
  while (!ready) std::this_thread::yield();

  const auto send = [&](std::uint64_t count, bool measured) {
    bench::Schedule schedule(workload.rate);
    std::string value(workload.size, 'v');
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto due = schedule.wait_for_next();
      bench::stamp(value, due);
      ottla::ProducerRecord record{.topic = workload.topic, .value = value};
      if (workload.key_size > 0) record.key = payload.key(i);
      producer.send(record, [&, due, measured](const auto& result) {
        if (!result) fail(result.error().to_string());
        if (measured) acknowledged.since(due);
      });
    }
    if (!producer.flush().get()) fail("the flush failed");
  };
  send(workload.warm_up, false);
  const bench::Meter meter;
  send(workload.records, true);
  if (workload.read) reader.join();
  auto fields = acknowledged.fields("ack");
  if (workload.read) fields += consumed.fields("read");
  meter.print("ottla", workload, acknowledged.count(), 0, fields);
  return 0;
}
