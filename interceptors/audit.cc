#include "ottla/interceptors/audit.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include "interceptors/audit_windows.h"
#include "interceptors/clock.h"
#include "interceptors/headers.h"

namespace ottla::interceptors {
namespace {

std::optional<AuditMark> mark_in(const HeadersView& headers) {
  const auto text = headers.find(kAuditHeader);
  return text ? AuditMark::parse(*text) : std::nullopt;
}

// Nobody has the record for certain: it was refused before it left.
bool never_left(const Error& error) {
  switch (error.code()) {
    case ErrorCode::timed_out:
    case ErrorCode::closed:
    case ErrorCode::network_exception:
    case ErrorCode::request_timed_out:
    case ErrorCode::not_enough_replicas_after_append:
    case ErrorCode::out_of_order_sequence_number:
    case ErrorCode::unknown_producer_id:
    case ErrorCode::transaction_aborted:
      return false;
    default:
      return true;
  }
}

}  // namespace

class Audit::Impl {
 public:
  explicit Impl(AuditOptions options)
      : options_(std::move(options)),
        sent_(options_.max_windows),
        received_(options_.max_windows) {}

  void on_send(MutableRecord& record) const {
    const AuditMark mark{window_of(now()), audit_hash(record.key(), record.value()),
                         options_.source};
    record.set_headers(replaced(record.headers(), kAuditHeader, mark.to_text()));
  }

  void on_outcome(const SendOutcome& outcome) {
    const auto mark = mark_in(outcome.headers);
    if (!mark || (!outcome.result && never_left(outcome.result.error()))) return;
    const std::lock_guard lock(mutex_);
    auto* const window = sent_.find(mark->source, outcome.topic, mark->window);
    if (window == nullptr) {
      ++unaccounted_;
    } else if (!outcome.result) {
      ++window->uncertain;
    } else {
      ++window->count;
      window->checksum += mark->hash;
    }
  }

  void on_consume(const MutableRecords& records) {
    for (const auto& record : records) {
      const auto mark = mark_in(record.headers());
      const auto hash = audit_hash(record.key(), record.value());
      const std::lock_guard lock(mutex_);
      auto* const window =
          mark ? received_.find(mark->source, record.topic(), mark->window) : nullptr;
      if (window == nullptr) {
        ++unaccounted_;
        continue;
      }
      ++window->count;
      window->checksum += hash;
      if (hash != mark->hash) ++window->altered;
    }
  }

  // With the lock held while `f` looks at the windows.
  template <class F>
  auto locked(F f) {
    const std::lock_guard lock(mutex_);
    return f(sent_, received_);
  }
  std::uint64_t unaccounted() {
    const std::lock_guard lock(mutex_);
    return unaccounted_;
  }

 private:
  Timestamp now() const {
    if (options_.clock) return options_.clock();
    return wall_now();
  }
  Timestamp window_of(Timestamp time) const {
    const auto length = std::max<std::int64_t>(1, options_.window.count());
    const auto ms = std::max<std::int64_t>(0, time.time_since_epoch().count());
    return Timestamp(std::chrono::milliseconds(ms - ms % length));
  }

  const AuditOptions options_;
  std::mutex mutex_;
  // Guarded by mutex_.
  AuditWindows sent_;
  AuditWindows received_;
  std::uint64_t unaccounted_ = 0;
};

Audit::Audit(AuditOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Audit::~Audit() = default;

std::vector<AuditWindow> Audit::sent() const {
  return impl_->locked([](auto& sent, auto&) { return sent.all(); });
}

std::vector<AuditWindow> Audit::received() const {
  return impl_->locked([](auto&, auto& received) { return received.all(); });
}

std::vector<AuditWindow> Audit::take_sent_before(Timestamp time) {
  return impl_->locked([time](auto& sent, auto&) { return sent.take_before(time); });
}

std::vector<AuditWindow> Audit::take_received_before(Timestamp time) {
  return impl_->locked([time](auto&, auto& received) { return received.take_before(time); });
}

std::uint64_t Audit::unaccounted() const {
  return impl_->unaccounted();
}

void Audit::on_send(MutableRecord& record) {
  impl_->on_send(record);
}

void Audit::on_outcome(const SendOutcome& outcome) {
  impl_->on_outcome(outcome);
}

void Audit::on_consume(MutableRecords& records) {
  impl_->on_consume(records);
}

}  // namespace ottla::interceptors
