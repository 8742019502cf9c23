// Reads partition 0 of a topic from its beginning with librdkafka: its batches, checksums checked.
// See reading.h and consume.py.
#include <librdkafka/rdkafka.h>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <vector>

#include "bench/compare/reading.h"

namespace {

[[noreturn]] void fail(const char* why) {
  std::fprintf(stderr, "consume_librdkafka: %s\n", why);
  std::exit(1);
}

void set(rd_kafka_conf_t* conf, const char* name, const std::string& value) {
  char why[512];
  if (rd_kafka_conf_set(conf, name, value.c_str(), why, sizeof why) != RD_KAFKA_CONF_OK) fail(why);
}

}  // namespace

int main(int argc, char** argv) {
  const auto workload = bench::parse(argc, argv);
  auto* conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", workload.bootstrap);
  if (!workload.ca.empty()) {
    set(conf, "security.protocol", "ssl");
    set(conf, "ssl.ca.location", workload.ca);
  }
  set(conf, "group.id", "consume_librdkafka");
  set(conf, "enable.auto.commit", "false");
  set(conf, "check.crcs", "true");
  // A queue that is never full: at its default the client pauses for a second whenever it is.
  if (workload.poll_records > 0) set(conf, "queued.min.messages", "1000000");
  char why[512];
  auto* client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
  if (client == nullptr) fail(why);
  rd_kafka_poll_set_consumer(client);
  auto* partitions = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(partitions, workload.topic.c_str(), 0)->offset = 0;
  if (rd_kafka_assign(client, partitions) != RD_KAFKA_RESP_ERR_NO_ERROR) fail("cannot assign");
  auto* queue = rd_kafka_queue_get_consumer(client);
  bench::Reading reading(workload);
  std::optional<bench::Meter> meter;
  std::vector<rd_kafka_message_t*> messages(workload.poll_records > 0 ? workload.poll_records
                                                                      : 500);
  while (!reading.done()) {
    if (!meter && reading.warm()) {
      meter.emplace();
      reading.meter_begins();
    }
    const auto got = rd_kafka_consume_batch_queue(queue, 1000, messages.data(), messages.size());
    if (got < 0) fail("cannot consume");
    for (std::size_t i = 0; i < static_cast<std::size_t>(got); ++i) {
      auto* message = messages[i];
      if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) fail(rd_kafka_message_errstr(message));
      reading.record(message->offset, static_cast<const char*>(message->payload), message->len);
      rd_kafka_message_destroy(message);
    }
  }
  meter->print("librdkafka", workload, reading.measured(), 0, reading.fields());
  rd_kafka_queue_destroy(queue);
  rd_kafka_topic_partition_list_destroy(partitions);
  rd_kafka_consumer_close(client);
  rd_kafka_destroy(client);
  return 0;
}
