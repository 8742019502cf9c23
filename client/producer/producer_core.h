#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/runtime.h"
#include "client/callback_executor.h"
#include "client/metadata/cluster_client.h"
#include "client/metrics/report_timer.h"
#include "client/producer/interceptor_chain.h"
#include "client/producer/producer_settings.h"
#include "client/producer/record_accumulator.h"
#include "client/producer/sender.h"
#include "client/producer/topic_questions.h"
#include "client/transaction/transaction_manager.h"
#include "ottla/producer.h"

namespace ottla::client {

// The producer itself, on a runtime that somebody else owns; ottla::Producer is a handle to one.
// Deterministic on a simulated runtime, where nothing waits: there a record whose topic is not
// known yet, or that finds no memory, is would_block, and `warm_up` and `flush_async` tell when to
// go on. Must be closed, and the close be done, before its last owner lets it go.
class ProducerCore final : public std::enable_shared_from_this<ProducerCore> {
 public:
  static Result<std::shared_ptr<ProducerCore>> start(base::Runtime& runtime,
                                                     const ProducerConfig& config);
  ProducerCore(base::Runtime& runtime, ProducerSettings settings, base::Logger log);

  // Any thread; as those of ottla::Producer.
  Future<RecordMetadata> send(const ProducerRecord& record);
  void send(const ProducerRecord& record, DeliveryCallback&& callback);
  // A record of a transaction, of which only that counts; what it cannot take fails it.
  Result<void> put(const ProducerRecord& record);
  Result<Future<RecordMetadata>> try_send(const ProducerRecord& record);
  // The callback is only taken if this succeeds.
  Result<void> try_send(const ProducerRecord& record, DeliveryCallback&& callback);
  Future<void> init_transactions();
  Result<void> begin_transaction();
  Future<void> send_offsets_to_transaction(CommittedOffsets offsets, ConsumerGroupMetadata group);
  Future<void> commit_transaction() { return end_transaction(true, transaction_deadline()); }
  Future<void> abort_transaction() { return end_transaction(false, transaction_deadline()); }
  // However long it takes.
  Future<void> abort_in_background() { return end_transaction(false, base::kNever); }
  // Done when no transaction is being ended, and the producer is not being introduced.
  Future<void> transactions_settled();
  // Null without a transactional id.
  TransactionManager* transactions() const { return transactions_.get(); }

  Future<void> warm_up(std::string_view topic) { return wait_for_partitions(topic, 1); }
  Future<void> flush_async();
  Future<std::vector<PartitionInfo>> partitions_for(std::string_view topic);

  MetricsSnapshot metrics();

  // Done when everything is told and the network closed; the answer is ottla::Producer::close's.
  Future<void> close_async(base::Duration timeout);
  Future<void> close_within_delivery_timeout() {
    return close_async(settings_.sender.delivery_timeout);
  }

  std::shared_ptr<ProducerCore> self() { return shared_from_this(); }
  const std::shared_ptr<CallbackExecutor>& executor() const { return executor_; }
  const base::Logger& log() const { return client_.log(); }

 private:
  // Who wants to know of a record: either may be null. The callback is taken if it is added.
  struct Interested {
    DeliveryCallback* callback = nullptr;
    PlacedRecord* placed = nullptr;
  };
  // `add` asks the interceptors before it places.
  Result<void> add(const ProducerRecord& record, const Interested& who, bool may_wait);
  Result<void> add_to_transaction(const ProducerRecord& record, const Interested& who,
                                  bool may_wait);
  Result<void> add_record(const ProducerRecord& record, const Interested& who, bool may_wait);
  void note_refused(const Error& error);
  Result<void> place(const ProducerRecord& record, const Interested& who, bool may_wait);
  Result<TopicEntry*> topic_for(const ProducerRecord& record, bool may_wait);
  base::TimePoint transaction_deadline() const;
  template <class Begin>
  Future<void> call_transactions(std::optional<TransactionCall> call, Begin begin);
  Future<void> end_transaction(bool commit, base::TimePoint deadline);

  Future<void> wait_for_partitions(std::string_view topic, std::int32_t count);
  void ask_for_partitions(std::string_view topic, std::int32_t count);
  void find_topic(std::string_view topic, std::int32_t partitions, Metadata::OnTopic done);
  Result<std::int32_t> choose_partition(const TopicEntry& topic,
                                        const ProducerRecord& record) const;

  // Loop thread.
  base::TimePoint turn(base::TimePoint now);
  void send_produce(ProduceDraft draft);
  void send_init_producer_id();
  base::TimePoint turn_transactions(base::TimePoint now);
  void send_transaction_request(TransactionDraft draft, BrokerId to);
  template <class Request, class Make, class Answer>
  void ask_coordinator(const std::shared_ptr<TransactionDraft>& draft, BrokerId to, Make make,
                       Answer answer, std::pair<std::int16_t, std::int16_t> versions);
  void find_coordinator(std::string key, protocol::CoordinatorType type);
  void begin_close(base::Duration timeout);
  void sync_topics();
  void sync_topic(TopicEntry& topic);
  void sync_found(const TopicMetadata& found);
  void forget_unused(std::string_view topic);
  void report_metrics(base::TimePoint now);
  void finish_close(bool in_time, const Result<void>& flushed);

  base::Runtime& runtime_;
  const ProducerSettings settings_;
  const std::shared_ptr<CallbackExecutor> executor_;
  const std::shared_ptr<const InterceptorChain> interceptors_;
  ClusterClient client_;
  RecordAccumulator accumulator_;
  const std::unique_ptr<TransactionManager> transactions_;
  Sender sender_;
  TopicQuestions questions_;
  std::atomic<bool> closed_{false};
  const Promise<void> close_promise_;                // of the first close
  ReportTimer report_timer_;                         // loop thread only
  base::TimerId close_timer_ = base::TimerId::none;  // loop thread only
};

}  // namespace ottla::client
