#include <string>
#include <utility>

#include "ottla/ottla.h"

// CASE chooses one misuse; 0 is right use throughout.
namespace {

using ottla::Consumer;
using ottla::ConsumerRecords;
using ottla::Producer;
using ottla::RecordMetadata;
using ottla::Result;

[[maybe_unused]] void use(Producer& producer, Consumer& consumer) {
#if CASE == 1
  producer.close();
#else
  (void)producer.close();
#endif

#if CASE == 2
  producer.send({.topic = "t", .value = "v"});
#else
  producer.send({.topic = "t", .value = "v"}).forget();
#endif

#if CASE == 3
  producer.flush().get();
#else
  if (auto flushed = producer.flush().get(); !flushed) return;
#endif

  auto future = producer.send({.topic = "t", .value = "v"});
#if CASE == 4
  auto same = future;
#else
  auto same = std::move(future);
#endif

#if CASE == 7
  same.then([](const std::string& text) { (void)text; });
#else
  same.then([](const Result<RecordMetadata>& result) { (void)result.has_value(); });
#endif

  auto records = consumer.poll(std::chrono::milliseconds(1));
#if CASE == 5
  ConsumerRecords copy = *records;
#else
  ConsumerRecords copy = std::move(*records);
#endif
  (void)copy.size();

#if CASE == 6
  Producer other = producer;
#else
  Producer other = std::move(producer);
#endif
  (void)other;
}

[[maybe_unused]] Result<Producer> open() {
#if CASE == 8
  return Producer::open({.bootstrap_servers = "localhost:9092", .lingr = {}});
#elif CASE == 9
  return Producer::open({.bootstrap_servers = "localhost:9092", .linger = 5});
#else
  return Producer::open({.bootstrap_servers = "localhost:9092", .linger = {}});
#endif
}

[[maybe_unused]] void open_and_send() {
#if CASE == 10
  Producer producer = open();
#else
  Producer producer = open().value();
#endif
  producer.send({.topic = "t"}).forget();
}

}  // namespace
