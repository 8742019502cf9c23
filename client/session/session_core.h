#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <stop_token>

#include "client/consumer/consumer_core.h"
#include "client/producer/producer_core.h"
#include "ottla/transact_session.h"

namespace ottla::client {

// The session itself, on a runtime that somebody else owns; ottla::TransactSession is a handle to
// one. Deterministic on a simulated runtime, where nothing waits: there `next` brings records, and
// `commit_async` ends a transaction. One thread at a time, but for `close_async`.
class SessionCore final : public std::enable_shared_from_this<SessionCore> {
 public:
  static Result<std::shared_ptr<SessionCore>> start(base::Runtime& runtime,
                                                    const TransactSessionConfig& config);
  SessionCore(std::shared_ptr<ConsumerCore> consumer, std::shared_ptr<ProducerCore> producer);

  // As ottla::TransactSession's, for threads that may wait.
  Result<ConsumerRecords> poll(const std::stop_token& stop);
  // The same for callbacks.
  Future<ConsumerRecords> next();

  // The transaction of these records; what fails, the commit tells.
  Result<void> begin(const ConsumerRecords& batch);
  Result<void> send(const ProducerRecord& record) { return producer_->put(record); }
  Result<void> send_offsets(CommittedOffsets offsets, ConsumerGroupMetadata group);
  // Done when it is known what became of it. Not committed: it is being aborted.
  Future<void> commit_async();
  Future<void> abort_async();

  // Aborts what is open and leaves the group.
  Future<void> close_async(base::Duration timeout = std::chrono::seconds(30));

  ConsumerCore& consumer() { return *consumer_; }
  ProducerCore& producer() { return *producer_; }
  std::shared_ptr<SessionCore> self() { return shared_from_this(); }
  const std::shared_ptr<CallbackExecutor>& executor() const { return consumer_->executor(); }
  const base::Logger& log() const { return consumer_->log(); }

 private:
  // Introduces the producer, ends what is open, and goes back to where the group is.
  Future<void> prepare();
  void go_on(const Promise<void>& promise);
  Result<ConsumerRecords> hand_out(Result<ConsumerRecords> records);
  void finish_commit(const Promise<void>& promise, const Result<void>& outcome);
  void abandon();

  const std::shared_ptr<ConsumerCore> consumer_;
  const std::shared_ptr<ProducerCore> producer_;
  std::atomic<bool> rewind_{false};
  // A batch was handed out of which no transaction was made yet.
  std::atomic<bool> unprocessed_{false};
  // Of the transaction.
  CommittedOffsets offsets_;
  ConsumerGroupMetadata group_;
};

}  // namespace ottla::client
