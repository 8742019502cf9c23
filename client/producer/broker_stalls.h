#pragma once

#include <map>

#include "base/time.h"
#include "client/network/request.h"

namespace ottla::client {

// Which brokers have taken nothing for too long though batches wait for them (KIP-794). Told by the
// Sender in each turn. Loop thread.
class BrokerStalls {
 public:
  // Zero: no broker ever stalls.
  explicit BrokerStalls(base::Duration limit) : limit_(limit) {}

  // Batches wait for the broker, and it takes some now, or not. True if that changed whether it
  // stalls.
  bool note(BrokerId broker, bool takes, base::TimePoint now);

  // Nothing waits for it any more; true as `note`.
  bool note_idle(BrokerId broker) { return since_.contains(broker) && note(broker, true, {}); }

  bool stalls(BrokerId broker) const {
    const auto found = since_.find(broker);
    return found != since_.end() && found->second.told;
  }

  // When the next broker will have taken nothing for too long.
  base::TimePoint next() const;

 private:
  struct Stall {
    base::TimePoint since;
    bool told = false;
  };
  const base::Duration limit_;
  std::map<BrokerId, Stall> since_;
};

}  // namespace ottla::client
