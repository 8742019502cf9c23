// Produces a workload with librdkafka: its C API, payloads copied, a delivery report per record.
#include <librdkafka/rdkafka.h>

#include <cstdio>
#include <cstdlib>

#include "bench/compare/workload.h"

namespace {

struct Counts {
  std::uint64_t delivered = 0;
  std::uint64_t failed = 0;
};

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  auto& counts = *static_cast<Counts*>(opaque);
  ++(message->err == RD_KAFKA_RESP_ERR_NO_ERROR ? counts.delivered : counts.failed);
}

void set(rd_kafka_conf_t* conf, const char* name, const std::string& value) {
  char why[512];
  if (rd_kafka_conf_set(conf, name, value.c_str(), why, sizeof why) == RD_KAFKA_CONF_OK) return;
  std::fprintf(stderr, "%s\n", why);
  std::exit(1);
}

void produce(rd_kafka_t* client, rd_kafka_topic_t* topic, const bench::Workload& workload,
             const bench::Payload& payload, std::uint64_t count, bool pause) {
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto& value = payload.value(i);
    const auto& key = payload.key(i);
    while (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY,
                            const_cast<char*>(value.data()), value.size(),
                            workload.key_size > 0 ? key.data() : nullptr, workload.key_size,
                            nullptr) != 0) {
      rd_kafka_poll(client, 10);
    }
    if (i % 64 == 0) rd_kafka_poll(client, 0);
  }
  if (pause) bench::pause_for_input();
  rd_kafka_flush(client, 120'000);
}

}  // namespace

int main(int argc, char** argv) {
  const auto workload = bench::parse(argc, argv);
  const bench::Payload payload(workload);
  Counts counts;
  auto* conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", workload.bootstrap);
  if (!workload.ca.empty()) {
    set(conf, "security.protocol", "ssl");
    set(conf, "ssl.ca.location", workload.ca);
  }
  set(conf, "enable.idempotence", "true");
  set(conf, "compression.codec", workload.compression);
  set(conf, "linger.ms", std::to_string(workload.linger_ms));
  set(conf, "queue.buffering.max.messages", "2000000");
  if (workload.key_size > 0) set(conf, "partitioner", "murmur2_random");
  if (workload.batch_size > 0) set(conf, "batch.size", std::to_string(workload.batch_size));
  rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
  rd_kafka_conf_set_opaque(conf, &counts);
  char why[512];
  auto* client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
  if (client == nullptr) {
    std::fprintf(stderr, "%s\n", why);
    return 1;
  }
  auto* topic = rd_kafka_topic_new(client, workload.topic.c_str(), nullptr);
  produce(client, topic, workload, payload, workload.warm_up, false);
  if (workload.pause) bench::pause_for_input();
  const auto warm = counts.delivered;
  const bench::Meter meter;
  produce(client, topic, workload, payload, workload.records, workload.pause);
  meter.print("librdkafka", workload, counts.delivered - warm, counts.failed);
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(client);
  return 0;
}
