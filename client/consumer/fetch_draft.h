#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/time.h"
#include "ottla/types.h"
#include "protocol/types.h"
#include "protocol/uuid.h"

namespace ottla::client {

// One Fetch request to be.
struct FetchDraft {
  struct Entry {
    TopicPartition id;
    protocol::Uuid topic_id;
    std::uint64_t generation = 0;
    protocol::Offset offset;
    protocol::LeaderEpoch leader_epoch;
    protocol::LeaderEpoch last_fetched_epoch;
    bool named = true;  // the broker does not know it yet from the session
  };
  struct Forgotten {
    TopicPartition id;
    protocol::Uuid topic_id;
  };

  // Whether topics can be told by ids.
  bool knows_ids() const {
    return std::none_of(entries.begin(), entries.end(),
                        [](const Entry& entry) { return entry.topic_id.is_zero(); });
  }
  // Its answer has only what is new.
  bool incremental() const { return session_epoch > 0; }

  protocol::BrokerId broker;
  bool from_follower = false;  // some of it is to be read from a replica that does not lead
  std::vector<Entry> entries;  // what is wanted, named or not
  std::vector<Forgotten> forgotten;
  std::int32_t session_id = 0;
  std::int32_t session_epoch = 0;
  std::int32_t max_wait_ms = 0;
  base::TimePoint sent_at{};
};

}  // namespace ottla::client
