// Produces a workload with Ottla, a callback per record. See workload.h and produce.py.
#include <ottla/ottla.h>

#include <atomic>
#include <cstdio>

#include "bench/compare/workload.h"

namespace {

struct Counts {
  std::atomic<std::uint64_t> delivered{0};
  std::atomic<std::uint64_t> failed{0};
};

ottla::Compression codec_of(const std::string& name) {
  if (name == "gzip") return ottla::Compression::gzip;
  if (name == "snappy") return ottla::Compression::snappy;
  if (name == "lz4") return ottla::Compression::lz4;
  if (name == "zstd") return ottla::Compression::zstd;
  return ottla::Compression::none;
}

void produce(ottla::Producer& producer, const bench::Workload& workload,
             const bench::Payload& payload, std::uint64_t count, bool pause, Counts& counts) {
  for (std::uint64_t i = 0; i < count; ++i) {
    ottla::ProducerRecord record{.topic = workload.topic, .value = payload.value(i)};
    if (workload.key_size > 0) record.key = payload.key(i);
    producer.send(record, [&counts](const ottla::Result<ottla::RecordMetadata>& result) {
      auto& counter = result ? counts.delivered : counts.failed;
      counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    });
  }
  if (pause) bench::pause_for_input();
  if (auto flushed = producer.flush().get(); !flushed) {
    std::fprintf(stderr, "%s\n", flushed.error().to_string().c_str());
  }
}

}  // namespace

int main(int argc, char** argv) {
  const auto workload = bench::parse(argc, argv);
  const bench::Payload payload(workload);
  ottla::ProducerConfig config;
  config.bootstrap_servers = workload.bootstrap;
  config.compression_type = codec_of(workload.compression);
  config.linger = std::chrono::milliseconds(workload.linger_ms);
  if (workload.batch_size > 0) config.batch_size = workload.batch_size;
  if (!workload.ca.empty()) {
    config.security.protocol = ottla::SecurityProtocol::ssl;
    config.security.ssl.truststore_location = workload.ca;
  }
  if (workload.pause) config.buffer_memory = std::size_t{1} << 30;
  auto producer = ottla::Producer::open(config);
  if (!producer) {
    std::fprintf(stderr, "%s\n", producer.error().to_string().c_str());
    return 1;
  }
  Counts counts;
  produce(*producer, workload, payload, workload.warm_up, false, counts);
  if (workload.pause) bench::pause_for_input();
  const auto warm = counts.delivered.load();
  const bench::Meter meter;
  produce(*producer, workload, payload, workload.records, workload.pause, counts);
  meter.print("ottla", workload, counts.delivered - warm, counts.failed);
  return 0;
}
