// How long records take with librdkafka: a thread of the application polls for delivery reports,
// and with --read 1 another one for records. See latencies.h and latency.py.
#include <librdkafka/rdkafka.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "bench/compare/latencies.h"

namespace {

[[noreturn]] void fail(const char* why) {
  std::fprintf(stderr, "latency_librdkafka: %s\n", why);
  std::exit(1);
}

// Of the thread that polls for reports; another one waits for `all`.
struct Delivered {
  bench::Latencies* latencies;
  std::uint64_t warm_up;
  std::uint64_t count = 0;
  std::atomic<std::uint64_t> wanted{0};
  std::atomic<bool> all{false};

  void count_one() {
    if (++count != wanted.load(std::memory_order_relaxed)) return;
    all = true;
    all.notify_one();
  }
};

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  auto& delivered = *static_cast<Delivered*>(opaque);
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) fail(rd_kafka_err2str(message->err));
  if (delivered.count >= delivered.warm_up) {
    delivered.latencies->since(
        bench::stamp_of({static_cast<const char*>(message->payload), message->len}));
  }
  delivered.count_one();
}

void set(rd_kafka_conf_t* conf, const char* name, const std::string& value) {
  char why[512];
  if (rd_kafka_conf_set(conf, name, value.c_str(), why, sizeof why) != RD_KAFKA_CONF_OK) fail(why);
}

rd_kafka_t* open(rd_kafka_type_t type, rd_kafka_conf_t* conf) {
  char why[512];
  auto* client = rd_kafka_new(type, conf, why, sizeof why);
  if (client == nullptr) fail(why);
  return client;
}

void read(const bench::Workload& workload, std::atomic<bool>& ready, bench::Latencies& latencies) {
  auto* conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", workload.bootstrap);
  set(conf, "group.id", "latency_librdkafka");
  set(conf, "enable.auto.commit", "false");
  set(conf, "check.crcs", "true");
  auto* client = open(RD_KAFKA_CONSUMER, conf);
  std::int64_t low = 0;
  std::int64_t high = 0;
  if (rd_kafka_query_watermark_offsets(client, workload.topic.c_str(), 0, &low, &high, 30'000) !=
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    fail("cannot ask for the end");
  }
  auto* partitions = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(partitions, workload.topic.c_str(), 0)->offset = high;
  if (rd_kafka_assign(client, partitions) != RD_KAFKA_RESP_ERR_NO_ERROR) fail("cannot assign");
  ready = true;
  for (std::uint64_t count = 0; count < workload.warm_up + workload.records;) {
    auto* message = rd_kafka_consumer_poll(client, 30'000);
    if (message == nullptr) fail("nothing was read");
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) fail(rd_kafka_message_errstr(message));
    if (++count > workload.warm_up) {
      latencies.since(bench::stamp_of({static_cast<const char*>(message->payload), message->len}));
    }
    rd_kafka_message_destroy(message);
  }
  rd_kafka_topic_partition_list_destroy(partitions);
  rd_kafka_consumer_close(client);
  rd_kafka_destroy(client);
}

}  // namespace

int main(int argc, char** argv) {
  const auto workload = bench::parse(argc, argv);
  const bench::Payload payload(workload);
  bench::Latencies acknowledged(workload.records);
  bench::Latencies consumed(workload.records);
  Delivered delivered{.latencies = &acknowledged, .warm_up = workload.warm_up};
  auto* conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", workload.bootstrap);
  set(conf, "enable.idempotence", "true");
  set(conf, "linger.ms", std::to_string(workload.linger_ms));
  set(conf, "queue.buffering.max.messages", "1000000");
  if (workload.key_size > 0) set(conf, "partitioner", "murmur2_random");
  rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
  rd_kafka_conf_set_opaque(conf, &delivered);
  auto* client = open(RD_KAFKA_PRODUCER, conf);
  auto* topic = rd_kafka_topic_new(client, workload.topic.c_str(), nullptr);
  std::atomic<bool> ready{!workload.read};
  std::thread reader;
  if (workload.read) reader = std::thread([&] { read(workload, ready, consumed); });
  while (!ready) std::this_thread::yield();
  std::atomic<bool> done{false};
  std::thread reports([&] {
    while (!done) rd_kafka_poll(client, 100);
  });

  // A flush would call for reports as well, on this thread.
  const auto send = [&](std::uint64_t count) {
    delivered.all = false;
    delivered.wanted += count;
    bench::Schedule schedule(workload.rate);
    std::string value(workload.size, 'v');
    for (std::uint64_t i = 0; i < count; ++i) {
      bench::stamp(value, schedule.wait_for_next());
      const auto& key = payload.key(i);
      while (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, value.data(),
                              value.size(), workload.key_size > 0 ? key.data() : nullptr,
                              workload.key_size, nullptr) != 0) {
        std::this_thread::yield();
      }
    }
    delivered.all.wait(false);
  };
  send(workload.warm_up);
  const bench::Meter meter;
  send(workload.records);
  if (workload.read) reader.join();
  done = true;
  reports.join();
  auto fields = acknowledged.fields("ack");
  if (workload.read) fields += consumed.fields("read");
  meter.print("librdkafka", workload, acknowledged.count(), 0, fields);
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(client);
  return 0;
}
