#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "base/random.h"
#include "base/task.h"
#include "base/time.h"
#include "client/admin/admin_call.h"
#include "client/metadata/cluster.h"
#include "client/network/backoff.h"

namespace ottla::client {

// The calls that are under way: sends each to the broker it is for, again after a pause if it was
// not answered, and fails it when its time is over. A request manager. Loop thread; must outlive
// the network that its requests were given to, or be there when that is closed.
class AdminCalls {
 public:
  struct Events {
    base::Task on_change;                          // poll again
    base::UniqueFunction<Error()> on_unreachable;  // asks why no broker can be reached
  };

  AdminCalls(const base::Clock& clock, base::Duration request_timeout, const Backoff& retry,
             std::uint64_t seed, Events events);

  void add(std::unique_ptr<AdminCall> call, base::TimePoint deadline);

  struct Poll {
    std::vector<Request> requests;
    bool update_metadata = false;  // the controller is not the one that the cluster told
    base::TimePoint next = base::kNever;
  };
  Poll poll(base::TimePoint now, const Cluster& cluster);

  // The cluster has told anew who is its controller.
  void on_metadata_update();

  // Fails all calls.
  void close(const Error& error);

 private:
  struct Entry {
    std::unique_ptr<AdminCall> call;
    base::TimePoint started;
    base::TimePoint deadline;
    base::TimePoint retry_at = base::TimePoint::min();
    std::uint32_t attempts = 0;
    bool in_flight = false;
    bool sent = false;  // a request has left, at any time
  };
  // An answer names its call by a number, since the call may be over by then.
  using CallId = std::uint64_t;

  void poll_call(CallId id, Entry& entry, const Cluster& cluster, base::TimePoint now, Poll& poll);
  Request next_request(CallId id, Entry& entry, BrokerId broker, base::TimePoint now);
  Verdict on_done(CallId id, Request::Done& done, Result<RawResponse> response);
  void schedule_retry(Entry& entry, base::TimePoint now);
  Error out_of_time(const Entry& entry);

  const base::Clock& clock_;
  const base::Duration request_timeout_;
  const Backoff retry_;
  base::Random random_;
  Events events_;
  std::map<CallId, Entry> entries_;
  CallId last_id_ = 0;
  // Not known yet, or proved wrong since.
  bool controller_stale_ = true;
  bool update_wanted_ = false;
  base::TimePoint last_answer_ = base::TimePoint::min();  // from any broker
};

}  // namespace ottla::client
