#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "ottla/consumer_interceptor.h"
#include "ottla/error.h"
#include "ottla/interceptor.h"

namespace ottla::interceptors {

using TraceId = std::array<std::uint8_t, 16>;
using SpanId = std::array<std::uint8_t, 8>;

// Where a record stands in a trace, as the header `traceparent` has it (W3C Trace Context, level
// 1).
struct TraceContext {
  TraceId trace_id{};
  SpanId span_id{};
  bool sampled = true;
  std::string state{};  // the header `tracestate`, passed on as it is; at most 512 bytes

  // Nothing if `traceparent` is malformed, or has an id of zeros. Versions that are not known yet
  // are read as far as they agree with 00, as the standard asks.
  static std::optional<TraceContext> parse(std::string_view traceparent,
                                           std::string_view state = {});
  // "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".
  std::string traceparent() const;

  bool operator==(const TraceContext&) const = default;
};

// The context that a record came with; nothing if it has none, or a malformed one.
std::optional<TraceContext> trace_context_of(const RecordView& record);

// Something that was done with a record; borrowed for the call. The fields are what a span of
// OpenTelemetry is made of.
struct Span {
  enum class Kind : std::uint8_t { producer, consumer };

  Kind kind = Kind::producer;
  std::string_view name;  // "send orders", "receive orders"
  TraceContext context;
  std::optional<SpanId> parent{};  // none: the trace begins here
  std::chrono::system_clock::time_point start{};
  std::chrono::system_clock::time_point end{};
  std::string_view topic;
  std::int32_t partition = -1;  // -1: not known
  std::int64_t offset = -1;
  const Error* error = nullptr;  // why the record was not stored
};

struct TracingOptions {
  // Called with every span that is sampled: of producers on the callback thread, of consumers on
  // the thread that polls. Many threads may call it at a time.
  std::function<void(const Span&)> on_span{};
  // What the thread that sends is in the middle of, such as OpenTelemetry's active span; nothing: a
  // trace of its own. A record that has a `traceparent` already goes on in that one.
  std::function<std::optional<TraceContext>()> current{};
  // The part of the traces begun here that is sampled, 0 to 1.
  double sampled = 1;
};

// Carries traces from producers to consumers: each record leaves with a `traceparent` of its own,
// and a span is told of each record that was sent and of each that was received, which is the child
// of the one it was sent in. To go on from a received record, send with its headers, or take
// trace_context_of(record) for the parent.
//
// A malformed `traceparent` counts as none. One object serves any number of clients. Any thread.
class Tracing final : public ProducerInterceptor, public ConsumerInterceptor {
 public:
  explicit Tracing(TracingOptions options);
  ~Tracing() override;
  Tracing(const Tracing&) = delete;
  Tracing& operator=(const Tracing&) = delete;

  void on_send(MutableRecord& record) override;
  void on_outcome(const SendOutcome& outcome) override;
  void on_consume(MutableRecords& records) override;

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace ottla::interceptors
