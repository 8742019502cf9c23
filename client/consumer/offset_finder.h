#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/task.h"
#include "base/time.h"
#include "client/metadata/metadata.h"
#include "client/network/backoff.h"
#include "ottla/consumer.h"
#include "protocol/messages/list_offsets.h"

namespace ottla::client {

using FoundOffsets = std::map<TopicPartition, OffsetAndTimestamp>;  // offset -1: none

// Finds offsets by timestamp, or by the marks that ListOffsets has (earliest, latest): asks each
// partition's leader, and again until every partition is answered, something cannot be, or the time
// is over. A request manager; a turn looks only at questions whose time has come, or whose
// partitions had no leader before the metadata changed. Loop thread.
class OffsetFinder {
 public:
  OffsetFinder(Backoff retry, Metadata& metadata, std::uint64_t seed)
      : retry_(retry), metadata_(metadata), random_(seed) {}

  using Wanted = std::map<TopicPartition, std::int64_t>;
  using Done = base::UniqueFunction<void(Result<FoundOffsets>)>;
  // Errors, naming the partition: those that trying again does not help; timed_out, or why the
  // partition could not be asked, at `deadline`.
  void find(Wanted wanted, base::TimePoint deadline, Done done);

  // The partitions to ask one broker about.
  struct Draft {
    struct Entry {
      TopicPartition partition;
      std::int64_t timestamp;
      LeaderEpoch leader_epoch;
    };
    BrokerId broker;
    std::uint64_t query = 0;
    std::vector<Entry> entries;
  };
  struct Poll {
    std::vector<Draft> requests;
    base::TimePoint next = base::kNever;
  };
  Poll poll(base::TimePoint now);

  void on_response(const Draft& draft, const protocol::ListOffsetsResponse& response,
                   base::TimePoint now);
  void on_failure(const Draft& draft, const Error& error, base::TimePoint now);

  // Leaders may have moved.
  void on_metadata_update() { metadata_changed_ = true; }

  // Fails everything.
  void close(const Error& error);

 private:
  using QueryId = std::uint64_t;
  struct Query {
    Wanted wanted;  // not found yet, and not asked for at the moment
    Wanted asked;
    FoundOffsets found;
    base::TimePoint deadline;
    Done done;
    base::TimePoint due = base::TimePoint::min();  // its place in due_
    std::uint32_t failures = 0;
    base::TimePoint retry_at = base::TimePoint::min();
    std::optional<Error> last_error;
  };
  using Queries = std::map<QueryId, Query>;

  void look_at(QueryId id, base::TimePoint now, Poll& poll);
  std::optional<Error> ask(QueryId id, Query& query, Poll& poll);
  void set_due(Queries::iterator query, base::TimePoint when);
  void retry(Query& query, const Draft::Entry& entry, const Error& error, base::TimePoint now);
  void finish(Queries::iterator query, Result<FoundOffsets> outcome);
  Error too_late(const Query& query) const;

  const Backoff retry_;
  Metadata& metadata_;
  base::Random random_;
  Queries queries_;
  QueryId next_id_ = 1;
  std::set<std::pair<base::TimePoint, QueryId>> due_;  // every query
  std::set<QueryId> leaderless_;
  bool metadata_changed_ = false;
};

}  // namespace ottla::client
