// How do I follow a record from the program that sends it to the one that reads it?
//
//   traced_records localhost:9092 TOPIC
//
// Each record carries a `traceparent` (W3C Trace Context); spans come to a function, which would
// hand them to OpenTelemetry. Here they are printed: the receiver's names the sender's as its
// parent.
#include <ottla/interceptors/tracing.h>
#include <ottla/ottla.h>

#include <chrono>
#include <iostream>
#include <memory>
#include <mutex>

namespace {

using ottla::interceptors::Span;
using ottla::interceptors::TraceContext;

void print(const Span& span) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  std::cout << span.name << "  " << span.context.traceparent();
  if (span.parent) {
    TraceContext parent = span.context;
    parent.span_id = *span.parent;
    std::cout << "  child of " << parent.traceparent();
  }
  std::cout << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: traced_records BOOTSTRAP_SERVERS TOPIC\n";
    return 2;
  }
  const auto tracing = std::make_shared<ottla::interceptors::Tracing>(
      ottla::interceptors::TracingOptions{.on_span = print});
  auto producer =
      ottla::Producer::open({.bootstrap_servers = argv[1], .interceptors = {tracing}}).value();
  const auto sent = producer.send({.topic = argv[2], .value = "an order"}).get().value();

  auto consumer =
      ottla::Consumer::open({.bootstrap_servers = argv[1], .interceptors = {tracing}}).value();
  consumer.assign({{sent.topic(), sent.partition()}}).value();
  consumer.seek({sent.topic(), sent.partition()}, sent.offset()).value();
  return consumer.poll(std::chrono::seconds(30)).value().size() == 1 ? 0 : 1;
}
