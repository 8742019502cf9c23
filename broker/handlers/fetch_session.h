#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "broker/metadata/metadata_image.h"
#include "protocol/messages/fetch.h"

namespace ottla::broker {

// What a fetch wants of one partition.
struct WantedPartition {
  std::string topic;  // empty where the request names topics by id
  Uuid topic_id;      // zero where it names them by name
  std::int32_t partition = 0;
  LeaderEpoch current_leader_epoch = protocol::kNoLeaderEpoch;
  LeaderEpoch last_fetched_epoch = protocol::kNoLeaderEpoch;
  Offset fetch_offset{0};
  std::int32_t max_bytes = 0;

  bool operator==(const WantedPartition&) const = default;
};

// What was found there.
struct FoundPartition {
  ErrorCode error = ErrorCode::none;
  Offset high_watermark = protocol::kNoOffset;
  Offset log_start_offset = protocol::kNoOffset;
  std::size_t bytes = 0;
  bool diverges = false;
};

// The partitions that one client fetches, remembered, so that its requests name only what changes
// and its answers only what is new (KIP-227). Belongs to a FetchSessionCache.
class FetchSession {
 public:
  FetchSession(std::int32_t id, bool by_id, base::TimePoint now)
      : id_(id), by_id_(by_id), created_(now), last_used_(now) {}

  std::int32_t id() const { return id_; }
  bool by_id() const { return by_id_; }
  std::int32_t epoch() const { return epoch_; }  // of the next request
  base::TimePoint created() const { return created_; }
  base::TimePoint last_used() const { return last_used_; }
  std::size_t size() const { return order_.size(); }
  std::size_t bytes() const { return bytes_; }  // of memory, about

  // Wraps to 1: 0 opens sessions.
  static std::int32_t next_epoch(std::int32_t epoch);

  // The session goes on with a request of its epoch.
  void advance(base::TimePoint now);

  // Adds a partition behind the others, or changes what is wanted of it.
  void want(const WantedPartition& wanted);
  void forget(std::string_view topic, const Uuid& topic_id, std::int32_t partition);

  // All partitions, those first that have waited longest for records.
  std::vector<WantedPartition> wanted() const;

  bool wants(std::string_view topic, const Uuid& topic_id) const;

  // Whether the client must hear of what was found: records, an error, or offsets other than it
  // was told last. What has records goes behind the others, so that each has its turn where an
  // answer does not hold all.
  bool tell(const WantedPartition& wanted, const FoundPartition& found);

 private:
  struct Entry {
    WantedPartition wanted;
    Offset high_watermark = protocol::kNoOffset;
    Offset log_start_offset = protocol::kNoOffset;
  };
  using Order = std::list<Entry>;
  // A tree, since a client may choose keys that hash alike.
  struct Key {
    std::string_view topic;
    Uuid topic_id;
    std::int32_t partition = 0;

    auto operator<=>(const Key&) const = default;
  };
  static Key key_of(const WantedPartition& wanted) {
    return {wanted.topic, wanted.topic_id, wanted.partition};
  }
  static std::size_t bytes_of(const WantedPartition& wanted);

  const std::int32_t id_;
  const bool by_id_;
  const base::TimePoint created_;
  base::TimePoint last_used_;
  std::int32_t epoch_ = 1;
  Order order_;
  std::map<Key, Order::iterator> places_;  // keys view into `order_`
  std::size_t bytes_ = 0;
};

// One fetch on its way: what it wants, and how its answer is to be told.
struct FetchContext {
  std::vector<WantedPartition> wanted;
  bool opens_session = false;
  bool by_id = false;
  std::shared_ptr<FetchSession> session;  // of an incremental fetch
  std::int32_t epoch = 0;                 // the session's, after this request
};

// How a fetch is answered.
struct FetchAnswer {
  ErrorCode error = ErrorCode::none;
  std::int32_t session_id = 0;
  std::vector<bool> told;  // one for each wanted partition: whether it is part of the answer
};

// The fetch sessions of a broker: those of all its connections, since a client may go on with a
// session on another connection than it began on. What keeps others out of it is, as in Apache
// Kafka, an id drawn at random from 31 bits together with the right epoch. One loop.
//
// Bounded twice: by `slots`, and by memory. A fetch for which there is no room gets no session, and
// its client goes on with whole fetches. A session gives way to a new one if it has not been used
// for two minutes, or has been there that long and has fewer partitions.
class FetchSessionCache {
 public:
  static constexpr std::size_t kMaxBytes = 64 << 20;

  FetchSessionCache(std::size_t slots, base::Random random, std::size_t max_bytes = kMaxBytes)
      : slots_(slots), max_bytes_(max_bytes), random_(random) {}

  // Before the logs are read. Errors: fetch_session_id_not_found, invalid_fetch_session_epoch,
  // fetch_session_topic_id_error (topics by name in a session by id, or the reverse); they are
  // answered without partitions.
  Result<FetchContext> begin(const protocol::FetchRequest& request, std::int16_t version,
                             base::TimePoint now);

  // After that; `found` has one entry for each wanted partition. The error
  // invalid_fetch_session_epoch if the session went on meanwhile on another connection.
  FetchAnswer end(const FetchContext& context, const std::vector<FoundPartition>& found,
                  base::TimePoint now);

  // Whether there is such a session, and a partition of the topic in it.
  bool wants(std::int32_t session, std::string_view topic, const Uuid& topic_id) const;

  std::size_t sessions() const { return sessions_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  using Sessions = std::map<std::int32_t, std::shared_ptr<FetchSession>>;

  Result<FetchContext> go_on(const protocol::FetchRequest& request, bool by_id,
                             base::TimePoint now);
  std::int32_t open_session(const FetchContext& context, const std::vector<FoundPartition>& found,
                            base::TimePoint now);
  bool make_room(std::size_t size, base::TimePoint now);
  void remove(Sessions::iterator session);
  void remove(std::int32_t id);
  std::int32_t new_id();

  const std::size_t slots_;
  const std::size_t max_bytes_;
  base::Random random_;
  Sessions sessions_;
  std::size_t bytes_ = 0;
};

}  // namespace ottla::broker
