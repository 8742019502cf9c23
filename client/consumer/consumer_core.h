#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/runtime.h"
#include "client/callback_executor.h"
#include "client/consumer/consumer_group.h"
#include "client/consumer/consumer_interceptors.h"
#include "client/consumer/consumer_metrics.h"
#include "client/consumer/consumer_settings.h"
#include "client/consumer/fetcher.h"
#include "client/consumer/offset_finder.h"
#include "client/consumer/partition_leaders.h"
#include "client/consumer/position_validator.h"
#include "client/consumer/subscription_state.h"
#include "client/consumer/topic_pattern.h"
#include "client/metadata/cluster_client.h"
#include "client/metrics/report_timer.h"
#include "ottla/consumer.h"

namespace ottla::client {

// The consumer itself, on a runtime that somebody else owns; ottla::Consumer is a handle to one.
// Deterministic on a simulated runtime, where nothing waits: there `next` brings records, and a
// poll that would wait is would_block.
//
// Positions and buffers are under one lock, taken by the loop for each turn and by poll around, not
// during, decoding: that runs on the caller's thread.
class ConsumerCore final : public std::enable_shared_from_this<ConsumerCore> {
 public:
  static Result<std::shared_ptr<ConsumerCore>> start(base::Runtime& runtime,
                                                     const ConsumerConfig& config);
  ConsumerCore(base::Runtime& runtime, ConsumerSettings settings, base::Logger log);
  // A `next` that is open ends as closed, also if nobody has closed the consumer.
  ~ConsumerCore();

  // Any thread; as those of ottla::Consumer.
  Result<void> subscribe(std::vector<std::string> topics,
                         std::shared_ptr<ConsumerRebalanceListener> listener);
  Result<void> subscribe_pattern(std::string_view pattern,
                                 std::shared_ptr<ConsumerRebalanceListener> listener);
  Result<void> unsubscribe();
  std::vector<std::string> subscription() const;
  Result<void> enforce_rebalance(std::string_view reason);
  ConsumerGroupMetadata group_metadata() const;
  Future<void> commit(CommittedOffsets offsets);
  Future<void> commit_returned();
  Future<CommittedOffsets> committed(std::vector<TopicPartition> partitions);
  std::optional<std::int64_t> current_lag(const TopicPartition& partition) const;

  Result<void> assign(const std::vector<TopicPartition>& partitions);
  std::vector<TopicPartition> assignment() const;
  Result<void> seek(const TopicPartition& partition, std::int64_t offset);
  // All that is assigned, back to what the group has committed; where that is nothing, to where
  // reading began.
  void rewind();
  // `timestamp` as ListOffsets has it.
  Result<void> seek_to(const std::vector<TopicPartition>& partitions, std::int64_t timestamp);
  Result<void> set_paused(const std::vector<TopicPartition>& partitions, bool paused);
  std::vector<TopicPartition> paused() const;

  Result<ConsumerRecords> poll(std::chrono::nanoseconds timeout);
  Result<ConsumerRecords> poll(std::stop_token stop);
  Future<ConsumerRecords> next();

  Future<std::int64_t> position(const TopicPartition& partition);
  // `timestamp` for every partition.
  Future<Consumer::Offsets> offsets_at(const std::vector<TopicPartition>& partitions,
                                       std::int64_t timestamp);
  Future<Consumer::OffsetsByTime> offsets_for_times(const Consumer::Times& times);
  Future<std::vector<PartitionInfo>> partitions_for(std::string_view topic);
  Future<Consumer::Topics> list_topics();

  MetricsSnapshot metrics();

  // `returned`: what the last poll returned is processed too.
  Future<void> close_async(const Consumer::CloseOptions& options = {}, bool returned = true);

  const std::shared_ptr<CallbackExecutor>& executor() const { return executor_; }
  const base::Logger& log() const { return client_.log(); }

 private:
  struct PositionWaiter {
    base::TimePoint deadline;
    Promise<std::int64_t> promise;
  };

  static Error closed_error();

  // Takes what there is, without waiting, and what the interceptors leave of it; the caller has
  // begun to poll.
  Result<ConsumerRecords> take();
  Result<ConsumerRecords> collect();
  AssignedPartition* next_to_collect(const std::vector<ConsumerRecords::Part>& parts);
  void note_consumed(const AssignedPartition& partition, std::size_t records, std::size_t bytes);
  void collect_part(std::unique_lock<std::mutex>& lock, AssignedPartition& partition,
                    ConsumerRecords::Contents& contents, std::optional<Error>& error);
  template <class Wait>
  Result<ConsumerRecords> poll_with(bool may_wait, const Wait& wait);
  void make_group(Membership::Assignors assignors);
  Result<void> begin_poll();
  void run_rebalance();
  void adapt_step(RebalanceStep& step);
  void run_step(RebalanceStep step, ConsumerRebalanceListener* listener);
  void auto_commit_given_up(const std::vector<TopicPartition>& kept);
  void tell_listener(GroupMetrics::Told what, ConsumerRebalanceListener* listener,
                     const std::vector<TopicPartition>& partitions);
  void tell_given_up(ConsumerRebalanceListener* listener,
                     const std::vector<TopicPartition>& partitions);
  std::int32_t current_generation() const;
  void tell_committed(const CommittedOffsets& offsets);
  Result<void> check_group(std::string_view what) const;
  SubscriptionState::Start start_of_partitions() const;
  Result<void> may_subscribe() const;
  void match_topics();
  void check_topics();
  void on_refused(const Error& error);
  void end_poll();
  bool something() const {
    return closed_ || topic_error_ || refusal_ || subscription_.has_something() ||
           (group_ && group_->has_something());
  }
  std::optional<Error> take_error();
  Result<std::vector<AssignedPartition*>> find_all(const std::vector<TopicPartition>& partitions);

  void serve_next();
  void complete_next();

  // Loop thread.
  base::TimePoint turn(base::TimePoint now);
  void ask_resets(base::TimePoint now);
  void on_reset(const TopicPartition& id, std::uint64_t generation,
                const Result<FoundOffsets>& found);
  void send_fetch(FetchDraft draft);
  void send_list_offsets(OffsetFinder::Draft draft);
  void send_validation(PositionValidator::Draft draft);
  base::TimePoint answer_positions(base::TimePoint now);
  std::optional<Result<std::int64_t>> position_now(const TopicPartition& id);
  void after_change();
  void report_metrics(base::TimePoint now);
  void sync_topics();
  void find_offsets(OffsetFinder::Wanted wanted, OffsetFinder::Done done);
  void finish_close(const Consumer::CloseOptions& options);
  void stop();

  const ConsumerSettings settings_;
  const std::shared_ptr<CallbackExecutor> executor_;
  const std::shared_ptr<const ConsumerInterceptors> interceptors_;
  base::Runtime& runtime_;
  ConsumerMetrics metrics_;
  ClusterClient client_;

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  // Guarded by mutex_.
  SubscriptionState subscription_;
  bool in_group_ = false;                // subscribed to topics, not assigned by hand
  std::vector<std::string> subscribed_;  // for a pattern: those that match it now
  std::optional<Error> topic_error_;     // of one that is subscribed to, for the next poll
  std::optional<Error> refusal_;         // brokers and client do not accept each other; the same
  std::shared_ptr<const TopicPattern> pattern_;
  std::shared_ptr<ConsumerRebalanceListener> listener_;
  bool closed_ = false;
  bool polling_ = false;  // a poll or a `next` is under way
  std::optional<Promise<ConsumerRecords>> next_;
  bool next_scheduled_ = false;

  // Loop thread, with mutex_ held for the calls.
  PartitionLeaders leaders_;
  PositionValidator validator_;
  Fetcher fetcher_;
  // Loop thread, but for what it says of the lock. Null without a group_id.
  std::unique_ptr<ConsumerGroup> group_;
  // Loop thread only.
  OffsetFinder finder_;
  // Of each partition in the order of their deadlines.
  std::map<TopicPartition, std::deque<PositionWaiter>> position_waiters_;
  ReportTimer report_timer_;
  std::vector<std::string> topics_;  // told to metadata
  const std::uint64_t seed_;         // the group's
  const Promise<void> close_promise_;
};

}  // namespace ottla::client
