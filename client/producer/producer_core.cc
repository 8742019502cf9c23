#include "client/producer/producer_core.h"

#include <algorithm>
#include <string>
#include <utility>

#include "client/metadata/client_config.h"

namespace ottla::client {
namespace {

Error closed_error() {
  return Error(ErrorCode::closed, "the producer was closed");
}

// A close without a time limit.
constexpr base::Duration kForEver = std::chrono::hours(24 * 365);

// Kafka's rule for topic names.
bool legal_topic(std::string_view name) {
  constexpr std::size_t longest = 249;
  const auto legal = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= longest && name != "." && name != ".." &&
         std::all_of(name.begin(), name.end(), legal);
}

Error illegal_topic(std::string_view topic) {
  return Error(ErrorCode::invalid_topic_exception,
               "a topic's name has 1 to 249 letters, digits, '.', '_' and '-'",
               {.topic = std::string(topic)});
}

}  // namespace

Result<std::shared_ptr<ProducerCore>> ProducerCore::start(base::Runtime& runtime,
                                                          const ProducerConfig& config) {
  auto settings = ProducerSettings::from(config, runtime.next_seed());
  if (!settings) return std::move(settings).error();
  auto core = std::make_shared<ProducerCore>(runtime, std::move(*settings),
                                             make_logger(config, "producer"));
  core->client_.metadata().on_update([core = core.get()] { core->sync_topics(); });
  core->client_.start([core = core.get()](base::TimePoint now) { return core->turn(now); });
  return core;
}

ProducerCore::ProducerCore(base::Runtime& runtime, ProducerSettings settings, base::Logger log)
    : runtime_(runtime),
      settings_(std::move(settings)),
      executor_(std::make_shared<CallbackExecutor>(runtime, log)),
      interceptors_(
          std::make_shared<const InterceptorChain>(settings_.interceptors, runtime.clock(), log)),
      client_(runtime, settings_.network, settings_.metadata, log),
      accumulator_(settings_.accumulator, runtime.clock(), executor_, runtime.next_seed(),
                   [this] { client_.wake(); }),
      transactions_(settings_.transactions ? std::make_unique<TransactionManager>(
                                                 *settings_.transactions, runtime.next_seed())
                                           : nullptr),
      sender_(settings_.sender, accumulator_, client_.metadata(), transactions_.get(),
              runtime.next_seed(), log),
      close_promise_(executor_),
      report_timer_(settings_.metrics_report_interval) {}

Future<RecordMetadata> ProducerCore::send(const ProducerRecord& record) {
  PlacedRecord placed;
  auto appended = add(record, {.placed = &placed}, true);
  if (appended) return Future<RecordMetadata>(std::move(placed.batch), placed.key);
  note_refused(appended.error());
  const Promise<RecordMetadata> promise(executor_);
  promise.set(std::move(appended).error());
  return promise.future();
}

void ProducerCore::send(const ProducerRecord& record, DeliveryCallback&& callback) {
  const auto appended = add(record, {.callback = &callback}, true);
  if (appended) return;
  note_refused(appended.error());
  if (!callback) return;
  executor_->run(base::Task(
      [callback = std::move(callback), error = appended.error()]() mutable { callback(error); }));
}

void ProducerCore::note_refused(const Error& error) {
  if (transactions_) transactions_->on_record_refused(error);
  accumulator_.flushes().record_failed(error);
  accumulator_.metrics().on_refused(runtime_.clock().now());
}

Result<Future<RecordMetadata>> ProducerCore::try_send(const ProducerRecord& record) {
  PlacedRecord placed;
  auto appended = add(record, {.placed = &placed}, false);
  if (!appended) return std::move(appended).error();
  return Future<RecordMetadata>(std::move(placed.batch), placed.key);
}

Result<void> ProducerCore::try_send(const ProducerRecord& record, DeliveryCallback&& callback) {
  return add(record, {.callback = &callback}, false);
}

Result<void> ProducerCore::add(const ProducerRecord& record, const Interested& who, bool may_wait) {
  if (transactions_) return add_to_transaction(record, who, may_wait);
  return add_record(record, who, may_wait);
}

Result<void> ProducerCore::add_record(const ProducerRecord& record, const Interested& who,
                                      bool may_wait) {
  if (interceptors_->empty()) return place(record, who, may_wait);
  const auto began = interceptors_->now();
  MutableRecord changing(record);
  interceptors_->on_send(changing);
  const auto& changed = changing.record();
  InterceptedDelivery delivery(
      interceptors_, began, changed,
      who.callback == nullptr ? DeliveryCallback() : std::move(*who.callback));
  auto intercepted = delivery.callback();
  auto placed = changing.rejection() ? Result<void>(*changing.rejection())
                                     : place(changed, {&intercepted, who.placed}, may_wait);
  if (!placed) {
    auto given_back = delivery.give_up(placed.error(), *executor_);
    if (who.callback != nullptr) *who.callback = std::move(given_back);
  }
  return placed;
}

Result<void> ProducerCore::place(const ProducerRecord& record, const Interested& who,
                                 bool may_wait) {
  if (closed_.load(std::memory_order_relaxed)) return closed_error();
  auto topic = topic_for(record, may_wait);
  if (!topic) return std::move(topic).error();
  const auto partition = choose_partition(**topic, record);
  if (!partition) return partition.error();
  RecordToAppend to_append{.key = record.key,
                           .value = record.value,
                           .headers = record.headers.view(),
                           .timestamp = record.timestamp
                                            ? record.timestamp->time_since_epoch().count()
                                            : runtime_.clock().wall_now(),
                           .callback = who.callback,
                           .placed = who.placed};
  if (to_append.timestamp < 0) {
    return Error(ErrorCode::invalid_argument, "a timestamp lies before 1970",
                 {.topic = std::string(record.topic)});
  }
  const auto size = protocol::kBatchHeaderSize + to_append.max_size();
  if (size > settings_.sender.max_request_size) {
    return Error(ErrorCode::record_too_large,
                 "the record may take " + std::to_string(size) + " bytes, max_request_size is " +
                     std::to_string(settings_.sender.max_request_size),
                 {.topic = std::string(record.topic), .partition = *partition});
  }
  return accumulator_.append(**topic, *partition, to_append, may_wait);
}

// The topic with at least the partitions that the record needs.
Result<TopicEntry*> ProducerCore::topic_for(const ProducerRecord& record, bool may_wait) {
  const auto needed = record.partition.value_or(0);
  auto* entry = accumulator_.topics().find(record.topic);
  const auto known = [&] {
    const auto* partitions = entry == nullptr ? nullptr : entry->partitions();
    return partitions != nullptr && static_cast<std::size_t>(needed) < partitions->count;
  };
  if (known()) return entry;
  if (!legal_topic(record.topic)) return illegal_topic(record.topic);
  if (needed < 0) {
    return Error(ErrorCode::invalid_argument, "a partition's number is not negative",
                 {.topic = std::string(record.topic), .partition = needed});
  }
  if (!may_wait || !executor_->may_block()) {
    ask_for_partitions(record.topic, needed + 1);
    return Error(ErrorCode::would_block, "the topic's metadata is not there yet",
                 {.topic = std::string(record.topic)});
  }
  const auto began = runtime_.clock().now();
  auto outcome = wait_for_partitions(record.topic, needed + 1).get();
  accumulator_.metrics().on_metadata_wait(runtime_.clock().now() - began);
  if (!outcome) return std::move(outcome).error();
  entry = accumulator_.topics().find(record.topic);
  if (!known()) return closed_error();
  return entry;
}

// Sees to it that they are asked for, once however often this is called meanwhile.
void ProducerCore::ask_for_partitions(std::string_view topic, std::int32_t count) {
  if (!questions_.begin(topic, count)) return;
  find_topic(topic, count,
             [this, name = std::string(topic), count](const Result<const TopicMetadata*>& found) {
               if (found) sync_found(**found);
               questions_.end(name, count);
             });
}

// `done` is called on the loop, or here if the name is illegal.
void ProducerCore::find_topic(std::string_view topic, std::int32_t partitions,
                              Metadata::OnTopic done) {
  if (!legal_topic(topic)) return done(illegal_topic(topic));
  client_.post([self = shared_from_this(), name = std::string(topic), partitions,
                done = std::move(done)]() mutable {
    if (self->client_.stopped()) return done(closed_error());
    const auto deadline = self->client_.loop().now() + self->settings_.max_block;
    auto answer = [core = self.get(), name,
                   done = std::move(done)](Result<const TopicMetadata*> found) mutable {
      if (!found) core->forget_unused(name);
      done(std::move(found));
    };
    self->client_.metadata().wait_for_topic(name, partitions, deadline, std::move(answer));
    self->client_.wake();
  });
}

// A topic that could not be had is no part of later requests, until somebody wants it again.
void ProducerCore::forget_unused(std::string_view topic) {
  auto& metadata = client_.metadata();
  if (accumulator_.topics().find(topic) != nullptr || metadata.is_awaited(topic)) return;
  metadata.remove_topic(topic);
}

Future<void> ProducerCore::wait_for_partitions(std::string_view topic, std::int32_t count) {
  const Promise<void> promise(executor_);
  find_topic(topic, count, [this, promise](const Result<const TopicMetadata*>& found) {
    if (!found) return promise.set(found.error());
    sync_found(**found);
    promise.set({});
  });
  return promise.future();
}

// -1: with the other records that have no key.
Result<std::int32_t> ProducerCore::choose_partition(const TopicEntry& topic,
                                                    const ProducerRecord& record) const {
  if (record.partition) return *record.partition;
  const auto count = static_cast<std::int32_t>(topic.partitions()->count);
  if (auto* partitioner = topic.partitioner()) {
    const auto chosen = partitioner->choose(record, count);
    if (!chosen) return chosen.error();
    if (*chosen) return **chosen;
  }
  if (is_null(record.key) || settings_.ignore_keys) return -1;
  return partition_for_key(record.key, count);
}

Future<void> ProducerCore::flush_async() {
  auto future = accumulator_.flushes().flush();
  accumulator_.enlist_all();
  return future;
}

Future<std::vector<PartitionInfo>> ProducerCore::partitions_for(std::string_view topic) {
  const Promise<std::vector<PartitionInfo>> promise(executor_);
  find_topic(topic, 1, [promise](const Result<const TopicMetadata*>& found) {
    if (!found) return promise.set(found.error());
    promise.set(to_partition_infos(**found));
  });
  return promise.future();
}

Future<void> ProducerCore::close_async(base::Duration timeout) {
  if (closed_.exchange(true)) {
    const Promise<void> promise(executor_);
    // Behind the callbacks that are queued already.
    executor_->complete<void>(promise, {});
    return promise.future();
  }
  if (!transactions_) {
    begin_close(timeout);
    return close_promise_.future();
  }
  // What is open is aborted; what is being ended comes to its end. Both within the time.
  const auto deadline = timeout >= kForEver ? base::kNever : runtime_.clock().now() + timeout;
  auto go_on = [self = shared_from_this(), deadline](const Result<void>&) {
    const auto now = self->runtime_.clock().now();
    self->begin_close(deadline == base::kNever ? kForEver : std::max(deadline - now, {}));
  };
  transactions_->abort(deadline, [this, deadline, go_on](const Result<void>& outcome) {
    // Nothing to abort, or something that is under way.
    if (outcome) return go_on(outcome);
    transactions_->settle(deadline, go_on);
  });
  client_.wake();
  return close_promise_.future();
}

void ProducerCore::begin_close(base::Duration timeout) {
  client_.post([self = shared_from_this(), timeout] {
    self->sender_.begin_close();
    self->flush_async().then([self](const Result<void>& flushed) {
      // What became of the records of a transaction its end has told.
      const auto outcome = self->transactions_ ? Result<void>() : flushed;
      self->client_.post([self, outcome] { self->finish_close(true, outcome); });
    });
    if (timeout >= kForEver) return;
    auto& loop = self->client_.loop();
    self->close_timer_ =
        loop.call_at(loop.now() + timeout, [core = self.get()] { core->finish_close(false, {}); });
  });
}

void ProducerCore::finish_close(bool in_time, const Result<void>& flushed) {
  if (client_.stopped()) return;
  client_.loop().cancel(close_timer_);
  client_.stop();
  if (transactions_) transactions_->close(closed_error());
  accumulator_.close(closed_error());
  Result<void> outcome = flushed;
  if (!in_time) {
    outcome = Error(ErrorCode::timed_out,
                    "records were still on their way when the time for close() was over; they "
                    "failed with 'closed'");
  }
  // After the callbacks that are queued already.
  executor_->complete(close_promise_, std::move(outcome));
}

base::TimePoint ProducerCore::turn(base::TimePoint now) {
  auto poll = sender_.poll(now, client_.network());
  if (poll.init_producer_id) send_init_producer_id();
  for (auto& draft : poll.requests) send_produce(std::move(draft));
  if (transactions_) poll.next = std::min(poll.next, turn_transactions(now));
  report_metrics(now);
  return std::min(poll.next, report_timer_.next());
}

void ProducerCore::report_metrics(base::TimePoint now) {
  if (!report_timer_.due(now)) return;
  executor_->run(base::Task(
      [self = shared_from_this()] { self->settings_.metrics_reporter(self->metrics()); }));
}

MetricsSnapshot ProducerCore::metrics() {
  const auto& clock = runtime_.clock();
  const auto now = clock.now();
  MetricsSnapshot snapshot{.taken_at = Timestamp(std::chrono::milliseconds(clock.wall_now()))};
  const auto& pool = accumulator_.pool();
  accumulator_.metrics().write(settings_.network.client_id,
                               {.buffer_total_bytes = settings_.accumulator.buffer_memory,
                                .buffer_available_bytes = pool.available(),
                                .waiting_threads = pool.waiting(),
                                .flush_time = accumulator_.flushes().total_time()},
                               now, snapshot);
  settings_.network.metrics->write("producer", settings_.network.client_id, now, snapshot);
  return snapshot;
}

void ProducerCore::send_init_producer_id() {
  auto make = [](std::int16_t) { return protocol::InitProducerIdRequest{}; };
  auto done = [this](Result<Response<protocol::InitProducerIdResponse>> response) {
    if (response) {
      sender_.on_producer_id(response->message, client_.loop().now());
    } else {
      sender_.on_producer_id(std::move(response).error(), client_.loop().now());
    }
  };
  client_.network().send(make_request<protocol::InitProducerIdRequest>(kAnyBroker, make, done));
}

void ProducerCore::sync_topics() {
  accumulator_.topics().for_each([this](TopicEntry& topic) { sync_topic(topic); });
  sender_.on_metadata_update();
  client_.wake();
}

// From now on the topic has an entry, and records can be sent to it.
void ProducerCore::sync_found(const TopicMetadata& found) {
  bool added = false;
  sync_topic(accumulator_.topics().find_or_add(found.name, added));
}

void ProducerCore::sync_topic(TopicEntry& topic) {
  const auto* known = client_.cluster().topic(*topic.name());
  if (known == nullptr || known->error != ErrorCode::none) return;
  std::vector<bool> has_leader;
  has_leader.reserve(known->partitions.size());
  for (const auto& partition : known->partitions) {
    has_leader.push_back(client_.cluster().brokers().contains(partition.leader));
  }
  topic.set_partitions(has_leader);
}

}  // namespace ottla::client
