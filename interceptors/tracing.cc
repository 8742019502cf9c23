#include "ottla/interceptors/tracing.h"

#include <map>
#include <mutex>
#include <random>
#include <utility>

#include "interceptors/headers.h"

namespace ottla::interceptors {
namespace {

using SystemTime = std::chrono::system_clock::time_point;

constexpr std::string_view kTraceparent = "traceparent";
constexpr std::string_view kTracestate = "tracestate";

std::optional<TraceContext> context_in(const HeadersView& headers) {
  const auto parent = headers.find(kTraceparent);
  if (!parent) return std::nullopt;
  return TraceContext::parse(*parent, headers.find(kTracestate).value_or(""));
}

}  // namespace

std::optional<TraceContext> trace_context_of(const RecordView& record) {
  return context_in(record.headers());
}

class Tracing::Impl {
 public:
  explicit Impl(TracingOptions options) : options_(std::move(options)) {}

  void on_send(MutableRecord& record) {
    auto parent = context_in(record.headers());
    if (!parent && options_.current) parent = options_.current();
    TraceContext context = parent ? *parent : begin_trace();
    {
      const std::lock_guard lock(mutex_);
      fill(context.span_id);
      if (context.sampled) {
        under_way_[context.span_id] = {parent ? std::optional(parent->span_id) : std::nullopt,
                                       std::chrono::system_clock::now()};
      }
    }
    auto headers = replaced(record.headers(), kTraceparent, context.traceparent());
    if (!context.state.empty()) headers = replaced(headers, kTracestate, context.state);
    record.set_headers(std::move(headers));
  }

  void on_outcome(const SendOutcome& outcome) {
    auto context = context_in(outcome.headers);
    if (!context) return;
    Begun begun;
    {
      const std::lock_guard lock(mutex_);
      const auto found = under_way_.find(context->span_id);
      if (found == under_way_.end()) return;  // not sampled
      begun = found->second;
      under_way_.erase(found);
    }
    const std::string name = "send " + std::string(outcome.topic);
    Span span{.name = name,
              .context = std::move(*context),
              .parent = begun.parent,
              .start = begun.at,
              .end = begun.at + std::chrono::duration_cast<SystemTime::duration>(outcome.elapsed),
              .topic = outcome.topic};
    if (outcome.result) {
      span.partition = outcome.result->partition();
      span.offset = outcome.result->offset();
    } else {
      span.error = &outcome.result.error();
    }
    tell(span);
  }

  void on_consume(const MutableRecords& records) {
    const auto now = std::chrono::system_clock::now();
    for (const auto& record : records) {
      auto context = context_in(record.headers());
      if (!context || !context->sampled) continue;
      const auto parent = context->span_id;
      {
        const std::lock_guard lock(mutex_);
        fill(context->span_id);
      }
      const std::string name = "receive " + std::string(record.topic());
      tell({.kind = Span::Kind::consumer,
            .name = name,
            .context = std::move(*context),
            .parent = parent,
            .start = now,
            .end = now,
            .topic = record.topic(),
            .partition = record.partition(),
            .offset = record.offset()});
    }
  }

 private:
  struct Begun {
    std::optional<SpanId> parent;
    SystemTime at;
  };

  TraceContext begin_trace() {
    const std::lock_guard lock(mutex_);
    TraceContext context;
    fill(context.trace_id);
    context.sampled = std::uniform_real_distribution<double>()(random_) < options_.sampled;
    return context;
  }

  // With the lock held. Never all zeros.
  template <std::size_t N>
  void fill(std::array<std::uint8_t, N>& id) {
    for (std::size_t at = 0; at < N; at += 8) {
      auto bits = random_() | 1U;
      for (std::size_t i = at; i < at + 8; ++i, bits >>= 8) {
        id[i] = static_cast<std::uint8_t>(bits);
      }
    }
  }

  void tell(const Span& span) const {
    if (options_.on_span) options_.on_span(span);
  }

  static std::mt19937_64 seeded() {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }

  const TracingOptions options_;
  std::mutex mutex_;
  // Guarded by mutex_.
  std::mt19937_64 random_ = seeded();
  std::map<SpanId, Begun> under_way_;  // records that are sent and not acknowledged
};

Tracing::Tracing(TracingOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Tracing::~Tracing() = default;

void Tracing::on_send(MutableRecord& record) {
  impl_->on_send(record);
}

void Tracing::on_outcome(const SendOutcome& outcome) {
  impl_->on_outcome(outcome);
}

void Tracing::on_consume(MutableRecords& records) {
  impl_->on_consume(records);
}

}  // namespace ottla::interceptors
