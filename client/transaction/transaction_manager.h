#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/task.h"
#include "base/time.h"
#include "client/group/coordinator_finder.h"
#include "client/network/backoff.h"
#include "client/transaction/transaction_draft.h"
#include "ottla/consumer_group.h"
#include "ottla/result.h"
#include "protocol/messages/add_offsets_to_txn.h"
#include "protocol/messages/add_partitions_to_txn.h"
#include "protocol/messages/end_txn.h"
#include "protocol/messages/init_producer_id.h"
#include "protocol/messages/txn_offset_commit.h"

namespace ottla::client {

// The transactions of one producer: what the application may do now, what to ask the coordinators,
// and what their answers mean. Begins nothing by itself and has no I/O: the application calls it on
// any thread, the Sender asks it whether a batch may leave and tells what became of batches, and
// the ProducerCore sends the drafts of `poll`. One lock, taken a few times for each batch and never
// for a record.
//
// Two kinds of transactions (`v2`, KIP-890 part 2, sampled at `begin`): in the first the producer
// names partitions and groups to the coordinator before it writes to them; in the second the
// brokers do that, and each end of a transaction brings the epoch of the next one. In the first
// the epoch is raised by InitProducerId (KIP-360) after every transaction that failed or had a
// request without an answer, so that what is late of one transaction cannot touch the next.
class TransactionManager {
 public:
  enum class State : std::uint8_t {
    uninitialized,
    initializing,
    ready,
    in_transaction,
    committing_transaction,
    aborting_transaction,
    abortable_error,  // the transaction cannot be committed: `abort` is all there is
    fatal_error,      // nothing can be done any more
  };
  using Done = base::UniqueFunction<void(Result<void>)>;

  struct Config {
    std::string transactional_id;
    base::Duration transaction_timeout = std::chrono::minutes(1);
    Backoff retry{std::chrono::milliseconds(100), std::chrono::milliseconds(1000)};
  };
  TransactionManager(Config config, std::uint64_t seed);

  // ---- The application; any thread. A call whose `deadline` passes is told timed_out, and goes
  // on; it must then be made again, which joins it, before any other (but for `send_offsets`, which
  // may be followed by the end). Out of turn: invalid_argument. `done` runs on any thread.
  void init(base::TimePoint deadline, Done done);
  Result<void> begin();
  void send_offsets(CommittedOffsets offsets, ConsumerGroupMetadata group, base::TimePoint deadline,
                    Done done);
  void commit(base::TimePoint deadline, Done done) { end(Call::commit, deadline, std::move(done)); }
  void abort(base::TimePoint deadline, Done done) { end(Call::abort, deadline, std::move(done)); }
  // Done when no call above is under way.
  void settle(base::TimePoint deadline, Done done);

  // A record is about to be appended: if it may be, `leave` must follow. No lock.
  Result<void> enter();
  // True if the loop is to be woken: the end of the transaction waited for it.
  bool leave();
  // A record that belongs to the transaction was not taken: it cannot be committed.
  void on_record_refused(const Error& error) { fail(error); }

  // ---- The Sender; loop thread.
  struct Identity {
    protocol::ProducerId id = protocol::kNoProducerId;
    protocol::ProducerEpoch epoch = protocol::kNoProducerEpoch;

    bool operator==(const Identity&) const = default;
  };
  // Who writes in this transaction; there whenever `admit` was true.
  Identity identity() const;
  // May what is in this partition be written now? If not the partition is added to the transaction,
  // and `take_change` tells when to ask again. `admitted_in` is the partition's own to keep.
  bool admit(std::string_view topic, std::int32_t partition, std::uint64_t& admitted_in);
  // Why nothing that was not sent yet is to be sent; `sent_too`: nor again what was.
  struct Refusal {
    Error error;
    bool sent_too = false;
  };
  std::optional<Refusal> refusal() const;
  // Batches go at once: the transaction is being ended.
  bool completing() const;
  // Grows with each transaction.
  std::uint64_t serial() const;
  // True if what `admit`, `refusal` and `completing` say may have changed since the last call.
  bool take_change() { return changed_.exchange(false); }
  void on_batch_failed(const Error& error);
  // A Produce request had no answer: it may still arrive somewhere.
  void on_unanswered();

  // ---- The ProducerCore; loop thread.
  struct Poll {
    std::optional<TransactionDraft> request;
    BrokerId to;
    bool find_coordinator = false;
    std::optional<std::string> find_group_coordinator;
    base::TimePoint next = base::kNever;
  };
  // `quiet` tells whether no batch waits or is on its way. It is asked when nothing more can come
  // into the transaction that ends: an answer from before would not know of what came last.
  using Quiet = std::function<bool()>;
  Poll poll(base::TimePoint now, const Quiet& quiet);

  template <class M>
  using Answer = Result<M>;  // an error: no answer came
  // `version`: of the answer.
  void on_init(const TransactionDraft& draft,
               const Answer<protocol::InitProducerIdResponse>& answer, std::int16_t version,
               base::TimePoint now);
  void on_partitions(const TransactionDraft& draft,
                     const Answer<protocol::AddPartitionsToTxnResponse>& answer,
                     base::TimePoint now);
  void on_offsets_added(const TransactionDraft& draft,
                        const Answer<protocol::AddOffsetsToTxnResponse>& answer,
                        base::TimePoint now);
  void on_offsets(const TransactionDraft& draft,
                  const Answer<protocol::TxnOffsetCommitResponse>& answer, base::TimePoint now);
  void on_end(const TransactionDraft& draft, const Answer<protocol::EndTxnResponse>& answer,
              base::TimePoint now);
  // Who it is, once that is known.
  std::optional<Node> on_coordinator(const Answer<protocol::FindCoordinatorResponse>& answer,
                                     base::TimePoint now);
  std::optional<Node> on_group_coordinator(const Answer<protocol::FindCoordinatorResponse>& answer,
                                           base::TimePoint now);

  // The cluster offers transactions of the second kind, as far as is known.
  void set_v2_offered(bool offered) { v2_offered_.store(offered); }
  // Every call that is under way, and all later ones, end with `error`.
  void close(const Error& error);

  State state() const;
  bool v2() const;
  const std::string& transactional_id() const { return config_.transactional_id; }

 private:
  enum class Call : std::uint8_t { init, commit, abort };
  struct Waiter {
    base::TimePoint deadline;
    Done done;
  };
  struct Pending {
    Call call;
    std::vector<Waiter> waiters;
  };
  struct Offsets {
    std::uint64_t id = 0;
    ConsumerGroupMetadata group;
    CommittedOffsets left;         // not yet stored
    std::optional<Waiter> waiter;  // none: it was told that the time is over
  };
  // Holds the lock, and tells what is to be told when it has let go of it.
  class Telling;

  void end(Call call, base::TimePoint deadline, Done done);
  void fail(const Error& error);

  // All below with the lock held.
  void tell(Done done, const Result<void>& outcome);
  bool take_up(Call call, base::TimePoint deadline, Done& done);
  void finish_call(const Result<void>& outcome);
  void expire(base::TimePoint now);
  base::TimePoint next_deadline() const;
  void tell_settled();
  Error late(std::string_view what) const;

  void set_state(State state);
  void to_abortable(const Error& error);
  void to_fatal(const Error& error);
  void fail_offsets(const Error& error);
  void finish_end();
  Error out_of_turn(std::string_view wanted) const;
  bool writes() const {
    return state_ == State::in_transaction || state_ == State::committing_transaction;
  }
  bool ends() const {
    return state_ == State::committing_transaction || state_ == State::aborting_transaction;
  }
  bool can_bump() const { return init_version_ >= 3; }

  bool wants_coordinator() const;
  void find_coordinators(base::TimePoint now, Poll& poll);
  std::optional<TransactionDraft> next_draft(base::TimePoint now, const Quiet& quiet);
  TransactionDraft draft(TransactionDraft::Kind kind) const;
  std::optional<TransactionDraft> draft_of_offsets();
  // Acts on what a coordinator said; true if it is done, and not to be asked again.
  bool settled(ErrorCode code, const TransactionDraft& draft, base::TimePoint now);
  void refused(ErrorCode code, const TransactionDraft& draft);
  void again(const Error& error, base::TimePoint now);
  void no_answer(const TransactionDraft& draft, const Error& error, base::TimePoint now);
  void coordinator_failed(const Error& error);
  Offsets* first_offsets(const TransactionDraft& draft);

  const Config config_;

  // Any thread.
  std::atomic<std::uint32_t> senders_{0};
  std::atomic<bool> open_{false};  // records may be appended
  std::atomic<bool> changed_{false};
  std::atomic<bool> v2_offered_{false};

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  base::Random random_;
  State state_ = State::uninitialized;
  std::optional<Error> error_;  // of the two states of error
  std::optional<Error> closed_;
  std::vector<base::Task> to_tell_;
  std::optional<Pending> pending_;
  std::optional<std::pair<Call, Result<void>>> unclaimed_;  // its callers had timed out
  std::vector<Waiter> settling_;

  Identity identity_;
  bool init_wanted_ = false;       // the identity is not to be used before InitProducerId
  std::int16_t init_version_ = 0;  // from 3 on the epoch can be raised
  bool bump_wanted_ = false;       // before the next transaction
  bool unanswered_ = false;        // some request of this transaction
  bool skip_end_ = false;          // the coordinator does not know the producer id any more

  // Of the transaction.
  std::uint64_t serial_ = 0;
  bool v2_ = false;
  bool begun_ = false;        // brokers may know of it
  bool known_begun_ = false;  // the coordinator has said that it does
  std::set<TopicPartition> wanted_;
  std::set<TopicPartition> added_;
  std::set<std::string> added_groups_;
  std::deque<Offsets> offsets_;
  std::uint64_t next_offsets_ = 1;

  // Requests: one at a time.
  bool under_way_ = false;
  std::uint32_t failures_ = 0;
  std::optional<Error> last_problem_;
  base::TimePoint retry_at_ = base::TimePoint::min();
  CoordinatorFinder coordinator_;
  std::optional<CoordinatorFinder> group_coordinator_;
  std::string group_id_;  // whose coordinator that is
};

}  // namespace ottla::client
