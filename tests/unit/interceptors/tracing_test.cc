#include "ottla/interceptors/tracing.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/interceptors/received.h"

namespace ottla::interceptors {
namespace {

constexpr std::string_view kParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

// A span that outlives its call.
struct Kept {
  explicit Kept(const Span& span)
      : kind(span.kind),
        name(span.name),
        context(span.context),
        parent(span.parent),
        took(span.end - span.start),
        failed(span.error != nullptr),
        offset(span.offset) {}
  Span::Kind kind;
  std::string name;
  TraceContext context;
  std::optional<SpanId> parent;
  std::chrono::nanoseconds took;
  bool failed;
  std::int64_t offset;
};

class TracingTest : public testing::Test {
 protected:
  TracingOptions options() {
    return {.on_span = [this](const Span& span) { spans.emplace_back(span); }};
  }
  // Sends a record and has it acknowledged.
  void send(Tracing& tracing, const ProducerRecord& record,
            const Result<RecordMetadata>& result = RecordMetadata(nullptr, 0, 7, 0)) {
    MutableRecord changing(record);
    tracing.on_send(changing);
    received.add(changing.record());
    tracing.on_outcome(
        {result, changing.record().topic, changing.record().headers, std::chrono::milliseconds(5)});
  }
  static TraceContext context_of(const Headers& headers) {
    return TraceContext::parse(headers.find("traceparent").value(),
                               headers.find("tracestate").value_or(""))
        .value();
  }

  std::vector<Kept> spans;
  Received received;
};

TEST_F(TracingTest, reads_and_writes_the_standards_example) {
  const auto context = TraceContext::parse(kParent, "vendor=1");
  ASSERT_TRUE(context);
  EXPECT_EQ(context->traceparent(), kParent);
  EXPECT_EQ(context->trace_id[0], 0x4b);
  EXPECT_EQ(context->span_id[7], 0xb7);
  EXPECT_TRUE(context->sampled);
  EXPECT_EQ(context->state, "vendor=1");
}

TEST_F(TracingTest, malformed_parents_count_as_none) {
  for (const auto* text :
       {"", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",    // upper case
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",    // no trace
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",    // no span
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",    // no version
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",  // 00 has no more
        "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x",
        "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
        "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}) {
    EXPECT_FALSE(TraceContext::parse(text)) << text;
  }
  EXPECT_TRUE(TraceContext::parse("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x"))
      << "a later version may have more";
  EXPECT_EQ(TraceContext::parse(kParent, std::string(513, 's'))->state, "");
}

TEST_F(TracingTest, the_receivers_span_is_the_child_of_the_senders) {
  Tracing tracing(options());
  send(tracing, {.topic = "orders", .value = "v"});
  MutableRecords records(received.poll());
  tracing.on_consume(records);
  ASSERT_EQ(spans.size(), 2U);
  EXPECT_EQ(spans[0].kind, Span::Kind::producer);
  EXPECT_EQ(spans[0].name, "send orders");
  EXPECT_FALSE(spans[0].parent) << "the trace begins here";
  EXPECT_EQ(spans[0].took, std::chrono::milliseconds(5));
  EXPECT_EQ(spans[0].offset, 7);
  EXPECT_EQ(spans[1].kind, Span::Kind::consumer);
  EXPECT_EQ(spans[1].name, "receive orders");
  EXPECT_EQ(spans[1].context.trace_id, spans[0].context.trace_id);
  EXPECT_EQ(spans[1].parent, spans[0].context.span_id);
  EXPECT_NE(spans[1].context.span_id, spans[0].context.span_id);
}

TEST_F(TracingTest, a_record_goes_on_in_the_trace_it_came_from) {
  Tracing tracing(options());
  send(tracing, {.topic = "t",
                 .value = "v",
                 .headers = {{"a", "1"}, {"traceparent", kParent}, {"tracestate", "x=y"}}});
  const auto context = context_of(received.at(0).headers);
  EXPECT_EQ(context.trace_id, TraceContext::parse(kParent)->trace_id);
  EXPECT_EQ(context.state, "x=y");
  EXPECT_EQ(spans.at(0).parent, TraceContext::parse(kParent)->span_id);
  EXPECT_EQ(received.at(0).headers.size(), 3U) << "one of each name";
}

TEST_F(TracingTest, a_thread_can_say_what_it_is_in_the_middle_of) {
  auto with_current = options();
  with_current.current = [] { return TraceContext::parse(kParent); };
  Tracing tracing(with_current);
  send(tracing, {.topic = "t", .value = "v"});
  send(tracing, {.topic = "t", .value = "v", .headers = {{"traceparent", "nonsense"}}});
  ASSERT_EQ(spans.size(), 2U);
  EXPECT_EQ(spans[0].parent, TraceContext::parse(kParent)->span_id);
  EXPECT_EQ(spans[1].parent, spans[0].parent) << "malformed: as if it were not there";
}

TEST_F(TracingTest, traces_that_are_not_sampled_travel_and_are_not_told) {
  auto none = options();
  none.sampled = 0;
  Tracing tracing(none);
  send(tracing, {.topic = "t", .value = "v"});
  MutableRecords records(received.poll());
  tracing.on_consume(records);
  EXPECT_FALSE(context_of(received.at(0).headers).sampled);
  EXPECT_TRUE(spans.empty());
}

TEST_F(TracingTest, a_record_that_failed_has_a_span_that_says_so) {
  Tracing tracing(options());
  send(tracing, {.topic = "t", .value = "v"}, Error(ErrorCode::timed_out));
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_TRUE(spans[0].failed);
}

TEST_F(TracingTest, ids_do_not_come_twice) {
  Tracing tracing(options());
  std::set<SpanId> ids;
  for (int i = 0; i < 1000; ++i) send(tracing, {.topic = "t", .value = "v"});
  for (const auto& span : spans) ids.insert(span.context.span_id);
  EXPECT_EQ(ids.size(), 1000U);
}

}  // namespace
}  // namespace ottla::interceptors
