#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/lifetime.h"
#include "base/logger.h"
#include "base/loop.h"
#include "base/task.h"
#include "broker/config/broker_config.h"
#include "broker/metadata/metadata_image.h"
#include "broker/replica/producer_ids.h"
#include "broker/replica/state_log.h"
#include "broker/transaction/marker_writer.h"
#include "broker/transaction/transaction.h"
#include "broker/transaction/transaction_batch.h"
#include "ottla/result.h"

namespace ottla::broker {

inline constexpr std::string_view kTransactionsTopic = "__transaction_state";

// The coordinator of the transactional ids whose partition of __transaction_state this broker leads
// (KIP-98, KIP-360, KIP-890): transactions as state machines, and the log that makes them last.
// Owned by the Broker, on its loop; requests come from the handlers.
//
// What a request changes is appended, and only when that is durable taken over into memory and
// answered: memory is never ahead of the log. An end is answered once it is decided; its markers
// are written afterwards, again and again until every partition has its own, also by whoever loads
// the partition next. If an append fails in a way that leaves open whether it is in the log, the
// partition is dropped and read anew.
//
// Errors that every call may answer: not_coordinator (another broker's id, or after `stop`),
// coordinator_load_in_progress, coordinator_not_available (the log takes nothing now).
class TransactionCoordinator {
 public:
  struct Deps {
    base::Loop& loop;
    base::Logger logger;
    const BrokerConfig& config;  // outlives this, like the log and the markers
    StateLog& log;
    MarkerWriter& markers;
    std::function<void(ProducerIds::OnId)> next_producer_id;
    std::size_t max_memory = std::size_t{1} << 30;
  };

  explicit TransactionCoordinator(Deps deps);
  ~TransactionCoordinator();
  TransactionCoordinator(const TransactionCoordinator&) = delete;
  TransactionCoordinator& operator=(const TransactionCoordinator&) = delete;

  // Begins to load what this broker leads, and lets go of what it does not. Call it when the
  // partitions and the groups know of the image.
  void on_image(const std::shared_ptr<const MetadataImage>& image);

  // Whoever waits is answered not_coordinator, and so is everybody from then on.
  void stop();

  // --- Requests

  // `producer` only without an error.
  struct Answer {
    ErrorCode error = ErrorCode::none;
    ProducerIdentity producer;
  };
  using OnAnswer = base::UniqueFunction<void(const Answer&)>;
  using OnDone = base::UniqueFunction<void(ErrorCode)>;

  // invalid_request (an empty id, or one longer than a record can hold),
  // invalid_transaction_timeout, policy_violation (too many ids), and as Transaction::init.
  void init_producer(std::string_view id, std::int32_t timeout_ms,
                     const std::optional<ProducerIdentity>& expected, OnAnswer done);

  // invalid_request (an empty id); invalid_producer_id_mapping for an id that is not known; else as
  // Transaction::add.
  void add_partitions(std::string_view id, const ProducerIdentity& who,
                      std::set<TopicPartition> partitions, TransactionVersion client, OnDone done);

  // Whether the partition is in the open transaction: as Transaction::check.
  ErrorCode check_partition(std::string_view id, const ProducerIdentity& who,
                            const TopicPartition& partition) const;

  // As `add_partitions`, and Transaction::end.
  void end_transaction(std::string_view id, const ProducerIdentity& who, bool commit,
                       TransactionVersion client, OnAnswer done);

  // --- Writers

  // What somebody is about to write in a transaction.
  struct Admission {
    enum class Kind : std::uint8_t {
      check_only,       // by a client that does not know transaction_abortable
      check_abortable,  // by one that does
      add,              // by one that leaves it to the broker to add partitions
    };
    Kind kind = Kind::check_only;
    std::string id;
    ProducerIdentity who;
    std::vector<TopicPartition> partitions;
  };
  // Whether the partitions are in the transaction, or come in now, durably (KIP-890). `done` has
  // an outcome for each in the terms of a producer, and appends before it returns: so nothing can
  // end the transaction between. Of one transactional id the calls are done in their order; an
  // `add` waits for the end of the transaction before it, though not long.
  //
  // Outcomes: none, invalid_txn_state or transaction_abortable (not in the transaction),
  // invalid_producer_epoch, invalid_producer_id_mapping, not_enough_replicas (to be tried again),
  // concurrent_transactions.
  using OnAdmitted = base::UniqueFunction<void(const std::vector<ErrorCode>&)>;
  void admit(Admission admission, OnAdmitted done);

  // --- Looking

  // Null if there is no such id.
  Result<const Transaction*> find(std::string_view id) const;

  // All of them; coordinator_load_in_progress while any partition is being loaded.
  using Listed = std::pair<std::string_view, const Transaction*>;
  Result<std::vector<Listed>> transactions() const;

  // The partition of __transaction_state; -1 while there is no such topic.
  std::int32_t partition_of(std::string_view id) const;

  std::size_t memory() const { return memory_; }

 private:
  struct Entry;
  struct Shard;
  struct Waiting;
  using Decide = std::function<TransactionStep(const Transaction&, const TransactionContext&)>;

  // Loading and letting go (coordinator_loading.cc).
  void load(std::int32_t partition);
  void on_loaded(std::int32_t partition, std::uint64_t epoch, Result<LoadedTransactions> loaded);
  void take_over(std::int32_t partition, const std::string& id, TransactionMetadata metadata);
  void unload(std::int32_t partition);
  void reload(std::int32_t partition, const Error& why);

  // Deciding and writing.
  Result<Shard*> active_shard(std::string_view id);
  Result<const Shard*> active_shard(std::string_view id) const;
  Entry* find_entry(std::int32_t partition, std::uint64_t epoch, std::string_view id);
  Result<Entry*> known_entry(std::string_view id);
  void carry_out(const std::string& id, Decide decide, OnAnswer done,
                 std::optional<ProducerId> fresh = {});
  ErrorCode make_entry(const std::string& id, ProducerId producer, std::int32_t timeout_ms);
  void erase_entry(Entry& entry);
  void write(Entry& entry, TransactionMetadata next, OnDone done);
  void on_durable(Entry& entry);
  void on_refused(Entry& entry, ErrorCode error);
  void count(Entry& entry);
  TransactionContext context(std::optional<ProducerId> fresh) const;

  // Ends (coordinator_ends.cc).
  void send_markers(Entry& entry);
  void on_markers(Entry& entry, const std::vector<TopicPartition>& partitions,
                  const std::vector<ErrorCode>& outcomes);
  bool has_ended(const std::string& id, const TopicPartition& partition, ErrorCode outcome) const;
  void complete(Entry& entry);
  void try_again(const Entry& entry, void (TransactionCoordinator::*what)(Entry&));
  void abort_timed_out();
  void arm_abort();
  void expire();
  void expire(std::int32_t partition, Shard& shard);
  void on_expired(std::int32_t partition, std::uint64_t epoch, const std::vector<std::string>& ids,
                  const StateLog::Outcome& outcome);
  void arm_expiry();

  // Writers (coordinator_admission.cc).
  bool try_admit(Entry& entry, Waiting& waiting);
  void wait(Entry& entry, Waiting waiting);
  void run_waiting(std::int32_t partition, std::uint64_t epoch, const std::string& id);
  void refuse_waiting(Entry& entry, ErrorCode error);

  // Set at construction.
  base::Loop& loop_;
  const base::Logger logger_;
  const BrokerConfig& config_;
  StateLog& log_;
  MarkerWriter& markers_;
  const std::function<void(ProducerIds::OnId)> next_producer_id_;
  const std::size_t max_memory_;

  // Loop's thread only.
  bool stopped_ = false;
  std::shared_ptr<const MetadataImage> image_;
  TransactionVersion cluster_version_ = TransactionVersion::v0;
  protocol::Uuid topic_id_;
  std::vector<Shard> shards_;  // by partition
  std::uint64_t next_epoch_ = 1;
  std::size_t memory_ = 0;
  base::TimerId abort_timer_ = base::TimerId::none;
  base::TimerId expiry_timer_ = base::TimerId::none;
  base::Lifetime lifetime_;
};

}  // namespace ottla::broker
