#include "client/admin/admin_calls.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

namespace ottla::client {
namespace {

std::int64_t to_ms_rounded_up(base::Duration time) {
  return std::chrono::ceil<std::chrono::milliseconds>(time).count();
}

}  // namespace

AdminCalls::AdminCalls(const base::Clock& clock, base::Duration request_timeout,
                       const Backoff& retry, std::uint64_t seed, Events events)
    : clock_(clock),
      request_timeout_(request_timeout),
      retry_(retry),
      random_(seed),
      events_(std::move(events)) {}

void AdminCalls::add(std::unique_ptr<AdminCall> call, base::TimePoint deadline) {
  if (call->answered()) return;
  Entry entry{.call = std::move(call), .started = clock_.now(), .deadline = deadline};
  entries_.emplace(++last_id_, std::move(entry));
  events_.on_change();
}

AdminCalls::Poll AdminCalls::poll(base::TimePoint now, const Cluster& cluster) {
  Poll poll;
  for (auto at = entries_.begin(); at != entries_.end();) {
    auto& [id, entry] = *at;
    if (entry.deadline <= now) {
      entry.call->fail(out_of_time(entry));
      at = entries_.erase(at);
      continue;
    }
    poll.next = std::min(poll.next, entry.deadline);
    poll_call(id, entry, cluster, now, poll);
    ++at;
  }
  poll.update_metadata = std::exchange(update_wanted_, false);
  return poll;
}

void AdminCalls::poll_call(CallId id, Entry& entry, const Cluster& cluster, base::TimePoint now,
                           Poll& poll) {
  if (entry.in_flight) return;
  if (entry.retry_at > now) {
    poll.next = std::min(poll.next, entry.retry_at);
    return;
  }
  if (!entry.call->for_controller()) {
    poll.requests.push_back(next_request(id, entry, kAnyBroker, now));
    return;
  }
  if (controller_stale_) return;  // on_metadata_update comes
  if (cluster.brokers().contains(cluster.controller())) {
    poll.requests.push_back(next_request(id, entry, cluster.controller(), now));
    return;
  }
  entry.call->try_again(
      Error(ErrorCode::not_controller, "the cluster has no controller at the moment"));
  controller_stale_ = true;
  update_wanted_ = true;
  schedule_retry(entry, now);
  poll.next = std::min(poll.next, entry.retry_at);
}

Request AdminCalls::next_request(CallId id, Entry& entry, BrokerId broker, base::TimePoint now) {
  entry.in_flight = true;
  const auto time = std::min(entry.deadline - now, request_timeout_);
  const auto timeout_ms =
      std::clamp<std::int64_t>(to_ms_rounded_up(time), 1, std::numeric_limits<std::int32_t>::max());
  auto request = entry.call->next_request(broker, static_cast<std::int32_t>(timeout_ms));
  request.encode = [this, id, encode = std::move(request.encode)](
                       std::int16_t version, std::int32_t correlation_id,
                       std::string_view client_id) mutable -> Result<OutgoingFrame> {
    const auto found = entries_.find(id);
    // What nobody waits for any more must not take effect.
    if (found == entries_.end()) return Error(ErrorCode::closed, "the call is over");
    found->second.sent = true;
    return encode(version, correlation_id, client_id);
  };
  request.done = [this, id, done = std::move(request.done)](Result<RawResponse> response) mutable {
    return on_done(id, done, std::move(response));
  };
  return request;
}

Verdict AdminCalls::on_done(CallId id, Request::Done& done, Result<RawResponse> response) {
  const auto now = clock_.now();
  if (response) last_answer_ = now;
  const auto found = entries_.find(id);
  if (found == entries_.end()) return {};
  auto& entry = found->second;
  entry.in_flight = false;
  const auto verdict = done(std::move(response));
  if (entry.call->answered()) {
    entries_.erase(found);
    return verdict;
  }
  const auto& reason = entry.call->reason();
  if (reason && reason->code() == ErrorCode::not_controller) {
    controller_stale_ = true;
    update_wanted_ = true;
  }
  // Perhaps the broker that was asked has moved, or is one that the cluster did not have.
  if (reason && reason->code() == ErrorCode::network_exception) update_wanted_ = true;
  if (entry.call->take_progress()) {
    entry.attempts = 0;
    entry.retry_at = now;
  } else {
    schedule_retry(entry, now);
  }
  events_.on_change();
  return verdict;
}

void AdminCalls::schedule_retry(Entry& entry, base::TimePoint now) {
  entry.retry_at = now + retry_.after(++entry.attempts, random_);
}

void AdminCalls::on_metadata_update() {
  controller_stale_ = false;
  last_answer_ = clock_.now();
  events_.on_change();
}

// Before a request of the call has left, it is the cluster that is missing, and nothing can have
// happened.
Error AdminCalls::out_of_time(const Entry& entry) {
  const auto& reason = entry.call->reason();
  const auto waited = std::to_string(to_ms_rounded_up(entry.deadline - entry.started)) + " ms";
  if (!entry.sent && last_answer_ < entry.started) {
    const auto why = reason ? *reason : events_.on_unreachable();
    return Error(ErrorCode::no_bootstrap_reachable,
                 "no broker answered in " + waited + ": " + why.message(), why.context());
  }
  std::string text = "the call was not answered in " + waited;
  if (!reason) return Error(ErrorCode::timed_out, std::move(text));
  return Error(ErrorCode::timed_out, text + "; the last attempt: " + reason->to_string(),
               reason->context());
}

void AdminCalls::close(const Error& error) {
  auto entries = std::exchange(entries_, {});
  for (auto& [id, entry] : entries) entry.call->fail(error);
}

}  // namespace ottla::client
