#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/lifetime.h"
#include "base/logger.h"
#include "base/loop.h"
#include "base/random.h"
#include "base/task.h"
#include "broker/config/broker_config.h"
#include "broker/group/committed_offsets.h"
#include "broker/group/group.h"
#include "broker/group/group_record_batch.h"
#include "broker/group/offsets_log.h"
#include "broker/group/pending_offsets.h"
#include "broker/metadata/metadata_image.h"
#include "ottla/result.h"

namespace ottla::broker {

// One offset of a commit.
struct OffsetToCommit {
  std::string_view topic;
  std::int32_t partition = 0;
  CommittedOffset committed;
};

// One group as it is now; none of the pointers outlives the call that gave it.
struct GroupView {
  const Group* group = nullptr;
  const CommittedOffsets* offsets = nullptr;
  const PendingOffsets* pending = nullptr;  // of every group in its partition

  // A transaction that has not ended committed it too: nobody knows yet which offset is right.
  bool is_unstable(std::string_view topic, std::int32_t partition) const;
};

// The coordinator of the groups whose partition of __consumer_offsets this broker leads (KIP-62,
// KIP-345, KIP-211): groups as state machines, their offsets, and the log that makes both last.
// Owned by the Broker, on its loop; requests come from the handlers.
//
// What is committed, and which generation has which assignment, counts once it is durable: it is
// appended, and only then taken over into memory and answered, in the order of the appends. So
// memory is never ahead of the log. If an append fails in a way that leaves open whether it is in
// the log, the partition is dropped and read anew; its members find their coordinator again.
//
// Errors that every call may answer: not_coordinator (another broker's group, or after `stop`) and
// coordinator_load_in_progress. Memory that peers can claim is bounded by `max_memory`: a join that
// would take more, of a new member or of one that has grown, is refused with
// group_max_size_reached and changes nothing; beyond it commits of partitions that were not
// committed before, or with longer metadata than before, are refused with policy_violation.
// Assignments have an eighth more, which nobody else can take: groups that are there go on. Beyond
// that they are refused with coordinator_not_available.
class GroupCoordinator {
 public:
  struct Deps {
    base::Loop& loop;
    base::Random random;
    base::Logger logger;
    const BrokerConfig& config;  // outlives this, like the log
    OffsetsLog& log;
    std::size_t max_memory = std::size_t{1} << 30;
  };

  explicit GroupCoordinator(Deps deps);
  ~GroupCoordinator();
  GroupCoordinator(const GroupCoordinator&) = delete;
  GroupCoordinator& operator=(const GroupCoordinator&) = delete;

  // Begins to load what this broker leads, and lets go of what it does not. Offsets of deleted
  // topics are forgotten.
  void on_image(const MetadataImage& image, const MetadataChanges& changes);

  // Whoever waits is answered not_coordinator, and so is everybody from then on.
  void stop();

  // --- Members. Errors of their own before the group's: invalid_group_id (empty, or longer than a
  // record can hold), invalid_session_timeout, invalid_request (a name longer than a record can
  // hold).

  using OnJoined = base::UniqueFunction<void(const JoinAnswer&)>;
  void join(std::string_view group, JoinRequest request, OnJoined done);

  using OnSynced = base::UniqueFunction<void(const SyncAnswer&)>;
  void sync(std::string_view group, SyncRequest request, OnSynced done);

  // While the partition is loading every heartbeat is taken.
  ErrorCode heartbeat(std::string_view group, const MemberIdentity& member,
                      GenerationId generation);

  // One outcome for each; an error concerns all.
  Result<std::vector<ErrorCode>> leave(std::string_view group,
                                       const std::vector<MemberIdentity>& leaving);

  // --- Offsets

  // All of them, or none. A group that is not there comes to be by a commit without a generation.
  // Answered when they are durable.
  struct Committer {
    MemberIdentity member;
    GenerationId generation = kNoGeneration;
    bool knows_group_id_not_found = false;  // OffsetCommit v9
    // Of a transaction, if there is one: what it commits counts from its end on, if that is a
    // commit. Further errors: invalid_producer_epoch, invalid_txn_state.
    protocol::ProducerId producer_id = protocol::kNoProducerId;
    protocol::ProducerEpoch producer_epoch = protocol::kNoProducerEpoch;

    bool in_transaction() const { return producer_id != protocol::kNoProducerId; }
  };
  using OnDone = base::UniqueFunction<void(ErrorCode)>;
  void commit(std::string_view group, const Committer& committer,
              std::vector<OffsetToCommit> offsets, OnDone done);

  // Appends `marker`, the sealed end of a producer's transaction, to a partition of
  // __consumer_offsets, and answers when it is durable. By then what the producer committed there
  // in the transaction can be seen, or is forgotten. Errors: those of the append.
  struct EndedTransaction {
    protocol::ProducerId producer_id;
    bool commit = false;
  };
  void end_transaction(std::int32_t partition, const EndedTransaction& ended, std::string marker,
                       OnDone done);

  // group_id_not_found, non_empty_group (members that are no consumers); the outcomes are none or
  // group_subscribed_to_topic.
  using OnForgotten = base::UniqueFunction<void(Result<std::vector<ErrorCode>>)>;
  void delete_offsets(std::string_view group, std::vector<TopicPartition> partitions,
                      OnForgotten done);

  // group_id_not_found, non_empty_group.
  void delete_group(std::string_view group, OnDone done);

  // --- Looking

  // Null pointers if there is no such group.
  Result<GroupView> find(std::string_view group) const;

  // Every group; coordinator_load_in_progress while any partition is being loaded.
  Result<std::vector<const Group*>> groups() const;

  // Whether a string can be kept as offset metadata.
  bool takes_metadata(std::string_view metadata) const;

  // The partition of __consumer_offsets; -1 while there is no such topic.
  std::int32_t partition_of(std::string_view group) const;

  std::size_t memory() const { return memory_; }

 private:
  struct Entry;
  struct Shard;
  using Waiting = base::UniqueFunction<void()>;

  // Loading and letting go.
  void load(std::int32_t partition);
  void on_loaded(std::int32_t partition, std::uint64_t epoch, Result<LoadedPartition> loaded);
  void take_over(std::int32_t partition, const std::string& id, LoadedGroup& loaded);
  void unload(std::int32_t partition);
  void reload(std::int32_t partition, const Error& why);
  void forget_topics(const MetadataChanges& changes);

  // Groups.
  Result<Shard*> active_shard(std::string_view group);
  Result<const Shard*> active_shard(std::string_view group) const;
  Result<const Shard*> active_shard_at(std::int32_t partition) const;
  Entry* find_entry(std::int32_t partition, std::string_view group);
  Entry& make_entry(Shard& shard, std::int32_t partition, std::string_view group);
  void erase_entry(std::int32_t partition, std::string_view group);
  void carry_out(Entry& entry, GroupEffects effects);
  void deliver(GroupEffects& effects);
  void store(Entry& entry, std::uint64_t id);
  void on_stored(std::int32_t partition, const std::string& group, std::uint64_t id,
                 const Result<void>& stored);
  void arm(Entry& entry);
  void on_time(std::int32_t partition, const std::string& group);
  void count(Entry& entry);
  GroupTime time() const { return {loop_.now(), loop_.wall_now()}; }
  Result<void> check_join(std::string_view group, const JoinRequest& request) const;

  // Writing.
  void append(Entry& entry, std::string batch, OnDone done);
  using Places = std::vector<std::pair<TopicPartition, CommittedOffset>>;
  void append_commit(Entry& entry, const Committer& committer, std::string batch, Places offsets,
                     OnDone done);
  void apply_commit(std::int32_t partition, const std::string& group, const Places& offsets);
  void when_idle(Entry& entry, Waiting task);
  void run_waiting(std::int32_t partition, const std::string& group);
  GroupRecordBatch new_batch() const;
  static bool fits_record(std::string_view group);
  void forget_offsets(Entry& entry, std::vector<TopicPartition> partitions, OnDone done);
  void write_tombstones(Entry& entry, std::vector<TopicPartition> partitions, bool of_the_group,
                        OnDone done);
  void erase_offsets(std::int32_t partition, const std::string& group,
                     const std::vector<TopicPartition>& places, std::int64_t order);
  void delete_entry(Entry& entry, OnDone done);
  void sweep();
  void sweep(Entry& entry);
  void arm_sweep();

  // Transactions.
  void append_pending(Entry& entry, const Committer& committer, std::string batch, Places offsets,
                      OnDone done);
  void settle_pending(std::int32_t partition, const std::string& group,
                      protocol::ProducerId producer, const Places& offsets, bool durable);
  void apply_end(std::int32_t partition, const EndedTransaction& ended, std::int64_t order);
  bool is_current(std::int32_t partition, std::uint64_t epoch) const;
  Shard& shard_of(const Entry& entry);
  void count(Shard& shard);

  // Set at construction.
  base::Loop& loop_;
  base::Random random_;
  const base::Logger logger_;
  const BrokerConfig& config_;
  OffsetsLog& log_;
  const GroupSettings settings_;
  const std::size_t max_memory_;

  // Loop's thread only.
  bool stopped_ = false;
  protocol::Uuid topic_id_;
  std::vector<Shard> shards_;  // by partition
  std::uint64_t next_epoch_ = 1;
  RequestId next_request_ = 1;
  std::unordered_map<RequestId, OnJoined> joins_;
  std::unordered_map<RequestId, OnSynced> syncs_;
  std::size_t memory_ = 0;
  base::TimerId sweep_timer_ = base::TimerId::none;
  base::Lifetime lifetime_;
};

}  // namespace ottla::broker
