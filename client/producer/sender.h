#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <queue>
#include <string_view>
#include <vector>

#include "base/logger.h"
#include "base/random.h"
#include "client/metadata/metadata.h"
#include "client/network/network_client.h"
#include "client/producer/broker_stalls.h"
#include "client/producer/producer_identity.h"
#include "client/producer/record_accumulator.h"
#include "client/transaction/transaction_manager.h"
#include "protocol/messages/produce.h"

namespace ottla::client {

struct SenderConfig {
  Acks acks = Acks::all;
  bool idempotent = true;
  base::Duration linger = std::chrono::milliseconds(5);
  base::Duration delivery_timeout = std::chrono::minutes(2);
  std::uint32_t retries = 2147483647;
  Backoff retry{std::chrono::milliseconds(100), std::chrono::milliseconds(1000)};
  std::size_t max_request_size = 1 << 20;
  // A broker that has taken nothing for so long though batches wait for it stalls: keyless records
  // go elsewhere (KIP-794). Zero: none ever does.
  base::Duration availability_timeout{};
};

// One Produce request to be: at most one batch of each partition.
struct ProduceDraft {
  struct Entry {
    PartitionQueue* queue = nullptr;
    ProducerBatch* batch = nullptr;  // in queue->send.in_flight until the draft is answered
    base::Slice bytes;
  };
  BrokerId broker;
  std::vector<Entry> entries;
  bool transactional = false;
  bool transactions_v2 = false;
};

// Decides which batches go to which broker when, and what their answers mean: delivered, again, or
// failed. A request that leaves because a batch has lingered takes along what lingers for the same
// broker, so that the requests of many partitions are few; one that leaves because a batch is full
// leaves the others time to fill. A request manager: `poll` gives requests, each of which is
// answered once by `on_response` or `on_failure`. It touches only partitions that something has
// happened to. Loop thread.
//
// Nothing twice: a batch whose fate is open, since an attempt had no answer, is only ever sent
// again as it was. If brokers refuse its sequence it fails, for it may be stored, and forgotten.
//
// Order: batches of a partition leave in the order in which they were opened. With idempotence up
// to five may be on their way, for the broker refuses what comes out of sequence; a batch that is
// sent again goes alone. Without it a partition has one batch on its way at a time.
//
// With a TransactionManager every batch belongs to its open transaction: it leaves once the
// partition is admitted, and its failure is the transaction's. Nothing is healed then by another
// epoch: that comes with the end of the transaction.
class Sender {
 public:
  // Ends the message of an error that leaves the fate of its records open.
  static constexpr std::string_view kMaybeStored = "; the broker may have stored it all the same";

  // `transactions` may be null.
  Sender(const SenderConfig& config, RecordAccumulator& accumulator, Metadata& metadata,
         TransactionManager* transactions, std::uint64_t seed, base::Logger log);

  struct Poll {
    std::vector<ProduceDraft> requests;
    bool init_producer_id = false;  // ask for a producer id
    base::TimePoint next = base::kNever;
  };
  // As many requests for each broker as may leave now; a partition's batches are in different ones.
  Poll poll(base::TimePoint now, BrokerGate& gate);

  void on_response(const ProduceDraft& draft, const protocol::ProduceResponse& response,
                   base::TimePoint now);
  // The request has failed as a whole.
  void on_failure(const ProduceDraft& draft, const Error& error, base::TimePoint now);
  // It has left, and with acks none nothing more is to be known.
  void on_sent_without_acks(const ProduceDraft& draft, base::TimePoint now);
  void on_producer_id(const Result<protocol::InitProducerIdResponse>& response,
                      base::TimePoint now);

  // Leaders may have moved.
  void on_metadata_update() { metadata_changed_ = true; }

  // Batches go at once and nothing new is expected.
  void begin_close() { closing_ = true; }

  // No batch waits, and none is on its way.
  bool quiet() const { return in_flight_ == 0 && accumulator_.flushes().all_done(); }

 private:
  struct Timer {
    base::TimePoint when;
    PartitionQueue* queue;
    bool operator>(const Timer& other) const { return when > other.when; }
  };
  using Partition = protocol::ProduceResponse::Partition;

  void look_at(PartitionQueue& queue, base::TimePoint now);
  bool window_full(const SendState& send) const;
  bool may_send(PartitionQueue& queue, const RecordAccumulator::Head& head) const;
  base::TimePoint send_time(const PartitionQueue& queue, const RecordAccumulator::Head& head) const;
  void register_ready(PartitionQueue& queue);
  void unregister(PartitionQueue& queue);
  void note_pause(PartitionQueue& queue);
  void note_lingering(PartitionQueue& queue);
  void set_timer(PartitionQueue& queue, base::TimePoint when);
  base::TimePoint fire_timers(base::TimePoint now);
  void look_at_moved(base::TimePoint now);
  std::size_t room_at(BrokerId broker, base::TimePoint now, BrokerGate& gate);
  void note_blocked(PartitionQueue& queue, bool blocked);
  void tell_stalls();
  void fail_queued(PartitionQueue& queue, const Error& error);

  // A draft that is being filled.
  struct Filling {
    ProduceDraft draft;
    std::size_t room = 0;
    bool lingered = false;  // a batch is in it because its time was over, not because it was full
  };
  ProduceDraft drain(BrokerId broker, base::TimePoint now);
  bool take_for(PartitionQueue& queue, base::TimePoint now, Filling& into);
  void take_lingering(base::TimePoint now, Filling& into);
  void add_head(PartitionQueue& queue, protocol::LeaderEpoch leader_epoch, base::TimePoint now,
                Filling& into);
  void stamp(PartitionQueue& queue, ProducerBatch& batch);
  void stamp_in_transaction(PartitionQueue& queue, ProducerBatch& batch);
  bool in_transaction_may_send(PartitionQueue& queue, const RecordAccumulator::Head& head) const;
  void look_at_transaction(base::TimePoint now);
  bool refuse_queued(PartitionQueue& queue);
  void fail_batch(ProducerBatch& batch, const Error& error, BatchResult::RecordErrors details = {});
  bool needs_identity(const PartitionQueue& queue) const;
  void note_gap(PartitionQueue& queue, const ProducerBatch& given_up);

  std::optional<RecordAccumulator::Head> expire(PartitionQueue& queue, base::TimePoint now);
  Error expired(const PartitionQueue& queue, const ProducerBatch& batch) const;

  std::unique_ptr<ProducerBatch> take_in_flight(const ProduceDraft::Entry& entry);
  void on_batch_answer(PartitionQueue& queue, std::unique_ptr<ProducerBatch> batch,
                       const Partition& answer, base::TimePoint now);
  void on_batch_error(PartitionQueue& queue, std::unique_ptr<ProducerBatch> batch, Error error,
                      BatchResult::RecordErrors details, base::TimePoint now);
  bool heal_sequence(PartitionQueue& queue, ProducerBatch& batch, ErrorCode code);
  bool is_first_unsettled(PartitionQueue& queue, const ProducerBatch& batch);
  bool split(PartitionQueue& queue, ProducerBatch& batch, const Error& error);
  void retry(PartitionQueue& queue, std::unique_ptr<ProducerBatch> batch, const Error& error,
             base::TimePoint now);
  void apply_hints(const ProduceDraft& draft, const protocol::ProduceResponse& response);

  const SenderConfig config_;
  RecordAccumulator& accumulator_;
  Metadata& metadata_;
  TransactionManager* const transactions_;  // may be null
  base::Random random_;
  const base::Logger log_;
  ProducerIdentity identity_;
  std::size_t max_in_flight_;  // batches of a partition
  BrokerStalls stalls_;

  bool closing_ = false;
  bool metadata_changed_ = false;
  std::size_t in_flight_ = 0;  // batches
  // Of the transaction that was looked at last: whose batches wait for what it decides.
  std::vector<PartitionQueue*> in_transaction_;
  std::uint64_t transaction_ = 0;
  std::map<BrokerId, std::deque<PartitionQueue*>> ready_;
  std::map<BrokerId, std::size_t> blocked_;  // partitions by `blocked_at`
  std::map<BrokerId, std::vector<PartitionQueue*>> lingering_;
  std::uint64_t drafts_ = 0;
  std::vector<PartitionQueue*> leaderless_;
  std::vector<PartitionQueue*> pausing_;
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
};

}  // namespace ottla::client
