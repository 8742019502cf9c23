// Produces a workload in transactions with librdkafka. See commits.h and transactions.py.
#include <librdkafka/rdkafka.h>

#include <cstdio>
#include <cstdlib>

#include "bench/transactions/commits.h"

namespace {

constexpr int kTimeoutMs = 60'000;

[[noreturn]] void fail(const char* why) {
  std::fprintf(stderr, "transact_librdkafka: %s\n", why);
  std::exit(1);
}

void check(rd_kafka_error_t* error) {
  if (error != nullptr) fail(rd_kafka_error_string(error));
}

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) fail(rd_kafka_err2str(message->err));
}

void set(rd_kafka_conf_t* conf, const char* name, const std::string& value) {
  char why[512];
  if (rd_kafka_conf_set(conf, name, value.c_str(), why, sizeof why) != RD_KAFKA_CONF_OK) fail(why);
}

void transact(rd_kafka_t* client, rd_kafka_topic_t* topic, const bench::Payload& payload,
              std::uint64_t count, bench::Commits& commits) {
  bool open = false;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (!open) {
      check(rd_kafka_begin_transaction(client));
      commits.begun();
      open = true;
    }
    const auto& value = payload.value(i);
    while (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY,
                            const_cast<char*>(value.data()), value.size(), nullptr, 0,
                            nullptr) != 0) {
      if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
        fail(rd_kafka_err2str(rd_kafka_last_error()));
      rd_kafka_poll(client, 10);
    }
    if (i % 64 == 0) rd_kafka_poll(client, 0);
    if (!commits.last() && i + 1 < count) continue;
    commits.timed([&] { check(rd_kafka_commit_transaction(client, kTimeoutMs)); });
    open = false;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const auto workload = bench::parse(argc, argv);
  const bench::Payload payload(workload);
  auto* conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", workload.bootstrap);
  set(conf, "transactional.id", "transact_librdkafka");
  set(conf, "linger.ms", std::to_string(workload.linger_ms));
  set(conf, "queue.buffering.max.messages", "1000000");
  if (workload.batch_size > 0) set(conf, "batch.size", std::to_string(workload.batch_size));
  rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
  char why[512];
  auto* client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
  if (client == nullptr) fail(why);
  auto* topic = rd_kafka_topic_new(client, workload.topic.c_str(), nullptr);
  check(rd_kafka_init_transactions(client, kTimeoutMs));
  bench::Commits commits(workload);
  transact(client, topic, payload, workload.warm_up, commits);
  commits.forget();
  const bench::Meter meter;
  transact(client, topic, payload, workload.records, commits);
  meter.print("librdkafka", workload, workload.records, 0, commits.fields());
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(client);
  return 0;
}
