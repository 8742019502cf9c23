#include "ottla/producer.h"

#include <chrono>
#include <utility>

#include "c/call.h"
#include "c/config.h"
#include "c/consumer.h"
#include "c/structs.h"
#include "ottla/c/producer.h"

struct ottla_producer {
  ottla::Producer producer;
};

namespace ottla::c {
namespace {

Result<ProducerRecord> record_of(const ottla_record* given) {
  const auto read = read_sized<ottla_record>(given, OTTLA_RECORD, "record", sizeof(ottla_record));
  if (!read) return read.error();
  if (read->topic == nullptr) return null_error("record.topic");
  const auto key = bytes_of(read->key, read->key_size, "record.key");
  if (!key) return key.error();
  const auto value = bytes_of(read->value, read->value_size, "record.value");
  if (!value) return value.error();
  if (read->headers == nullptr && read->header_count > 0) return null_error("record.headers");
  ProducerRecord record{.topic = read->topic, .key = *key, .value = *value};
  if (read->partition != -1) record.partition = read->partition;
  if (read->timestamp_ms != -1) {
    record.timestamp = Timestamp(std::chrono::milliseconds(read->timestamp_ms));
  }
  for (std::size_t i = 0; i < read->header_count; ++i) {
    const auto& header = read->headers[i];
    if (header.key == nullptr) return null_error("the key of a header");
    const auto header_value = bytes_of(header.value, header.value_size, "the value of a header");
    if (!header_value) return header_value.error();
    const bool terminated = header.key_size == OTTLA_NUL_TERMINATED;
    record.headers.add(
        terminated ? std::string_view(header.key) : std::string_view(header.key, header.key_size),
        *header_value);
  }
  return record;
}

void tell(ottla_delivery_fn delivered, void* opaque, const Result<RecordMetadata>& outcome) {
  ottla_delivery delivery{sizeof(ottla_delivery), nullptr, "", -1, -1, -1};
  if (outcome) {
    delivery.topic = outcome->topic().c_str();
    delivery.partition = outcome->partition();
    delivery.offset = outcome->offset();
    delivery.timestamp_ms = outcome->timestamp().time_since_epoch().count();
    return delivered(&delivery, opaque);
  }
  auto* error = make_error(outcome.error());
  delivery.error = error;
  delivery.topic = ottla_error_topic(error);
  delivery.partition = ottla_error_partition(error);
  delivered(&delivery, opaque);
  ottla_error_free(error);
}

// Runs `act(producer)`, which answers a Future<void>, and waits for it.
template <class Act>
ottla_error* wait_for(ottla_producer* producer, Act act) {
  return call([&]() -> Result<void> {
    if (producer == nullptr) return null_error("producer");
    return act(producer->producer).get();
  });
}

}  // namespace
}  // namespace ottla::c

using ottla::Producer;
using ottla::RecordMetadata;
using ottla::Result;
namespace c = ottla::c;

ottla_error* ottla_producer_open(const ottla_config* config, ottla_producer** producer) {
  return c::call_for(producer, "producer", [&]() -> Result<ottla_producer*> {
    if (config == nullptr) return c::null_error("config");
    auto settings = ottla::ProducerConfig::from_properties(config->properties);
    if (!settings) return settings.error();
    auto opened = Producer::open(c::with_the_rest(std::move(*settings), *config));
    if (!opened) return opened.error();
    return new ottla_producer{std::move(*opened)};
  });
}

ottla_error* ottla_producer_send(ottla_producer* producer, const ottla_record* record,
                                 ottla_delivery_fn delivered, void* opaque) {
  return c::call([&]() -> Result<void> {
    if (producer == nullptr) return c::null_error("producer");
    const auto read = c::record_of(record);
    if (!read) return read.error();
    if (delivered == nullptr) {
      producer->producer.send(*read).forget();
      return {};
    }
    producer->producer.send(*read, [delivered, opaque](const Result<RecordMetadata>& outcome) {
      c::tell(delivered, opaque, outcome);
    });
    return {};
  });
}

ottla_error* ottla_producer_try_send(ottla_producer* producer, const ottla_record* record,
                                     ottla_delivery_fn delivered, void* opaque) {
  return c::call([&]() -> Result<void> {
    if (producer == nullptr) return c::null_error("producer");
    const auto read = c::record_of(record);
    if (!read) return read.error();
    auto sent = producer->producer.try_send(*read);
    if (!sent) return sent.error();
    if (delivered == nullptr) {
      sent->forget();
    } else {
      sent->then([delivered, opaque](const Result<RecordMetadata>& outcome) {
        c::tell(delivered, opaque, outcome);
      });
    }
    return {};
  });
}

ottla_error* ottla_producer_flush(ottla_producer* producer) {
  return c::wait_for(producer, [](Producer& each) { return each.flush(); });
}

ottla_error* ottla_producer_init_transactions(ottla_producer* producer) {
  return c::wait_for(producer, [](Producer& each) { return each.init_transactions(); });
}

ottla_error* ottla_producer_begin_transaction(ottla_producer* producer) {
  return c::call([&]() -> Result<void> {
    if (producer == nullptr) return c::null_error("producer");
    return producer->producer.begin_transaction();
  });
}

ottla_error* ottla_producer_send_offsets_to_transaction(ottla_producer* producer,
                                                        const ottla_offset* offsets, size_t count,
                                                        ottla_consumer* consumer) {
  return c::call([&]() -> Result<void> {
    if (producer == nullptr) return c::null_error("producer");
    if (consumer == nullptr) return c::null_error("consumer");
    auto read = c::offsets_of(offsets, count);
    if (!read) return read.error();
    auto group = consumer->consumer.group_metadata();
    return producer->producer.send_offsets_to_transaction(std::move(*read), std::move(group)).get();
  });
}

ottla_error* ottla_producer_commit_transaction(ottla_producer* producer) {
  return c::wait_for(producer, [](Producer& each) { return each.commit_transaction(); });
}

ottla_error* ottla_producer_abort_transaction(ottla_producer* producer) {
  return c::wait_for(producer, [](Producer& each) { return each.abort_transaction(); });
}

ottla_error* ottla_producer_close(ottla_producer* producer, int64_t timeout_ms) {
  return c::call([&]() -> Result<void> {
    if (producer == nullptr) return c::null_error("producer");
    if (timeout_ms < 0) return producer->producer.close();
    return producer->producer.close(std::chrono::milliseconds(timeout_ms));
  });
}

void ottla_producer_free(ottla_producer* producer) {
  delete producer;
}
