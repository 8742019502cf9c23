#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/logger.h"
#include "base/random.h"
#include "client/consumer/consumer_metrics.h"
#include "client/consumer/fetch_draft.h"
#include "client/consumer/fetch_session.h"
#include "client/consumer/partition_leaders.h"
#include "client/network/network_client.h"
#include "protocol/messages/fetch.h"

namespace ottla::client {

struct FetcherConfig {
  std::int32_t min_bytes = 1;
  std::int32_t max_wait_ms = 500;
  std::int32_t max_bytes = 50 << 20;
  std::int32_t max_partition_bytes = 1 << 20;
  Backoff retry{std::chrono::milliseconds(100), std::chrono::milliseconds(1000)};
  // How long a leader's word holds that a partition is to be read from another replica.
  base::Duration preferred_replica_age = std::chrono::minutes(5);
  // A partition that is to be read and for which no fetch leaves for so long is told of.
  base::Duration not_fetched_limit = std::chrono::seconds(30);
  // As ListOffsets has it; none: poll gets offset_out_of_range.
  std::optional<std::int64_t> reset_timestamp;
  DecodeOptions decode;
};

// Decides what to fetch from whom, and puts what came into the partitions' buffers. One fetch is
// under way to each broker at most; a partition is fetched again as soon as less than half of
// `max_partition_bytes` is left of it, while less than `max_bytes` are buffered in all. A request
// manager; the ConsumerCore's lock is held for every call but `apply_hints`. Loop thread.
class Fetcher {
 public:
  Fetcher(const FetcherConfig& config, SubscriptionState& subscription, PartitionLeaders& leaders,
          Metadata& metadata, ConsumerMetrics& metrics, std::uint64_t seed, base::Logger log);

  struct Poll {
    std::vector<FetchDraft> requests;
    base::TimePoint next = base::kNever;
  };
  Poll poll(base::TimePoint now, BrokerGate& gate);

  // Every draft is answered once, by one of these. The response's memory is shared by what is
  // buffered of it.
  void on_response(const FetchDraft& draft, const protocol::FetchResponse& response,
                   const base::SharedBuffer& frame, base::TimePoint now);
  void on_failure(const FetchDraft& draft, const Error& error, base::TimePoint now);

  // What the response says of leaders (KIP-951), before `on_response`. Without the lock: metadata's
  // listeners hear of it.
  void apply_hints(const protocol::FetchResponse& response);

  // Whether so little is buffered that a fetch should leave.
  bool low(const AssignedPartition& partition) const;

 private:
  using Answer = protocol::FetchResponse::Partition;

  void watch(AssignedPartition& partition, bool room, base::TimePoint now, BrokerGate& gate,
             Poll& poll);
  std::string why_not_fetched(const AssignedPartition& partition, BrokerGate& gate) const;
  FetchDraft& draft_for(BrokerId broker, std::map<BrokerId, FetchDraft>& drafts) const;
  void on_session_refused(const FetchDraft& draft, ErrorCode error, base::TimePoint now);
  void give_back(const FetchDraft& draft, const std::function<void(AssignedPartition&)>& then);
  void on_answer(AssignedPartition& partition, const FetchDraft& draft,
                 const FetchDraft::Entry& entry, const Answer& answer,
                 const base::SharedBuffer& frame, base::TimePoint now);
  void on_data(AssignedPartition& partition, const Answer& answer, const base::SharedBuffer& frame,
               base::TimePoint now);
  void on_diverging(AssignedPartition& partition, base::TimePoint now);
  void on_error(AssignedPartition& partition, const Error& error, base::TimePoint now);
  void retry(AssignedPartition& partition, base::TimePoint now);
  BrokerId replica_to_read(AssignedPartition& partition, const Leader& leader,
                           base::TimePoint now) const;
  bool note_preferred(AssignedPartition& partition, const FetchDraft& draft,
                      const FetchDraft::Entry& entry, const Answer& answer, base::TimePoint now);

  const FetcherConfig config_;
  SubscriptionState& subscription_;
  PartitionLeaders& leaders_;
  Metadata& metadata_;
  ConsumerMetrics& metrics_;
  base::Random random_;
  const base::Logger log_;
  std::set<BrokerId> under_way_;
  std::map<BrokerId, FetchSession> sessions_;
  FetchTally tally_;  // of the response that is being taken
};

}  // namespace ottla::client
