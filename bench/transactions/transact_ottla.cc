// Produces a workload in transactions, or without, with Ottla. See commits.h and transactions.py.
#include <ottla/ottla.h>

#include <cstdio>
#include <cstdlib>
#include <optional>

#include "bench/transactions/commits.h"

namespace {

// What fails ends the program: what is measured is success.
template <class R>
void check(const R& result) {
  if (result) return;
  std::fprintf(stderr, "transact_ottla: %s\n", result.error().to_string().c_str());
  std::exit(1);
}

void produce(ottla::Producer& producer, const bench::Workload& workload,
             const bench::Payload& payload, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    producer.send({.topic = workload.topic, .value = payload.value(i)},
                  [](const ottla::Result<ottla::RecordMetadata>& told) { check(told); });
  }
  check(producer.flush().get());
}

void transact(ottla::Producer& producer, const bench::Workload& workload,
              const bench::Payload& payload, std::uint64_t count, bench::Commits& commits) {
  std::optional<ottla::Transaction> open;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (!open) {
      open.emplace(producer.begin());
      commits.begun();
    }
    check(open->send({.topic = workload.topic, .value = payload.value(i)}));
    if (!commits.last() && i + 1 < count) continue;
    commits.timed([&] { check(open->commit()); });
    open.reset();
  }
}

}  // namespace

int main(int argc, char** argv) {
  const auto workload = bench::parse(argc, argv);
  const bench::Payload payload(workload);
  ottla::ProducerConfig config;
  config.bootstrap_servers = workload.bootstrap;
  config.linger = std::chrono::milliseconds(workload.linger_ms);
  if (workload.batch_size > 0) config.batch_size = workload.batch_size;
  if (workload.transactional()) config.transactional_id = "transact_ottla";
  auto producer = ottla::Producer::open(config);
  check(producer);
  bench::Commits commits(workload);
  const auto run = [&](std::uint64_t count) {
    if (workload.transactional()) {
      transact(*producer, workload, payload, count, commits);
    } else {
      produce(*producer, workload, payload, count);
    }
  };
  run(workload.warm_up);
  commits.forget();
  const bench::Meter meter;
  run(workload.records);
  meter.print("ottla", workload, workload.records, 0, commits.fields());
  return 0;
}
