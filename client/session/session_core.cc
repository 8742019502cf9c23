#include "client/session/session_core.h"

#include <utility>

namespace ottla::client {
namespace {

using State = TransactionManager::State;

constexpr auto kLookAtStop = std::chrono::milliseconds(50);

Error invalid(std::string message) {
  return Error(ErrorCode::invalid_argument, std::move(message));
}

Result<void> check(const TransactSessionConfig& config) {
  if (config.group_id.empty()) return invalid("group_id must be set: whose offsets are committed");
  if (config.topics.empty()) return invalid("topics must be set: what is read");
  if (!config.transactional_id.empty()) return {};
  return invalid(
      "transactional_id must be set: a name of this session alone, which it keeps over restarts");
}

ConsumerConfig consumer_config(const TransactSessionConfig& config) {
  auto consumer = config.consumer;
  consumer.bootstrap_servers = config.bootstrap_servers;
  consumer.group_id = config.group_id;
  consumer.topics = config.topics;
  consumer.auto_offset_reset = config.auto_offset_reset;
  consumer.isolation_level = IsolationLevel::read_committed;
  consumer.enable_auto_commit = false;
  return consumer;
}

ProducerConfig producer_config(const TransactSessionConfig& config) {
  auto producer = config.producer;
  producer.bootstrap_servers = config.bootstrap_servers;
  producer.transactional_id = config.transactional_id;
  producer.transaction_timeout = config.transaction_timeout;
  return producer;
}

bool timed_out(const Result<void>& outcome) {
  return !outcome && outcome.error().code() == ErrorCode::timed_out;
}

}  // namespace

Result<std::shared_ptr<SessionCore>> SessionCore::start(base::Runtime& runtime,
                                                        const TransactSessionConfig& config) {
  if (const auto checked = check(config); !checked) return checked.error();
  auto producer = ProducerCore::start(runtime, producer_config(config));
  if (!producer) return std::move(producer).error();
  auto consumer = ConsumerCore::start(runtime, consumer_config(config));
  if (!consumer) {
    (*producer)->close_async({}).forget();
    return std::move(consumer).error();
  }
  // At once: offsets that a predecessor left open keep others waiting.
  (*producer)->init_transactions().forget();
  return std::make_shared<SessionCore>(std::move(*consumer), std::move(*producer));
}

SessionCore::SessionCore(std::shared_ptr<ConsumerCore> consumer,
                         std::shared_ptr<ProducerCore> producer)
    : consumer_(std::move(consumer)), producer_(std::move(producer)) {}

// ---- before records are read

Future<void> SessionCore::prepare() {
  const Promise<void> promise(executor());
  go_on(promise);
  return promise.future();
}

void SessionCore::go_on(const Promise<void>& promise) {
  auto again = [self = shared_from_this(), promise](const Result<void>& outcome) {
    if (!outcome && !timed_out(outcome)) return promise.set(outcome);
    self->go_on(promise);
  };
  switch (producer_->transactions()->state()) {
    case State::uninitialized:
    case State::initializing:
      return producer_->init_transactions().then(std::move(again));
    case State::in_transaction:
    case State::abortable_error:
      abandon();
      return producer_->transactions_settled().then(std::move(again));
    case State::committing_transaction:
    case State::aborting_transaction:
      return producer_->transactions_settled().then(std::move(again));
    case State::fatal_error:
      return promise.set(producer_->begin_transaction().error());
    case State::ready:
      break;
  }
  const bool skipped = unprocessed_.exchange(false);
  if (rewind_.exchange(false) || skipped) consumer_->rewind();
  promise.set({});
}

Result<ConsumerRecords> SessionCore::hand_out(Result<ConsumerRecords> records) {
  if (records && !records->empty()) unprocessed_.store(true);
  return records;
}

Result<ConsumerRecords> SessionCore::poll(const std::stop_token& stop) {
  auto ready = prepare();
  while (!ready.ready()) {
    if (stop.stop_requested()) return ConsumerRecords();
    const auto outcome = ready.get(kLookAtStop);
    if (ready.valid()) continue;
    if (!outcome) return outcome.error();
    return hand_out(consumer_->poll(stop));
  }
  if (const auto outcome = ready.get(); !outcome) return outcome.error();
  return hand_out(consumer_->poll(stop));
}

Future<ConsumerRecords> SessionCore::next() {
  const Promise<ConsumerRecords> promise(executor());
  prepare().then([self = shared_from_this(), promise](const Result<void>& ready) {
    if (!ready) return promise.set(ready.error());
    self->consumer_->next().then([self, promise](Result<ConsumerRecords> records) {
      promise.set(self->hand_out(std::move(records)));
    });
  });
  return promise.future();
}

// ---- the transaction

Result<void> SessionCore::begin(const ConsumerRecords& batch) {
  offsets_.clear();
  unprocessed_.store(false);
  for (const auto& part : batch.parts()) {
    offsets_[part.partition] = {
        .offset = part.next_offset, .leader_epoch = part.leader_epoch, .metadata = {}};
  }
  group_ = consumer_->group_metadata();
  auto begun = producer_->begin_transaction();
  if (!begun) rewind_.store(true);
  return begun;
}

Result<void> SessionCore::send_offsets(CommittedOffsets offsets, ConsumerGroupMetadata group) {
  // The commit waits for it.
  producer_->send_offsets_to_transaction(std::move(offsets), std::move(group)).forget();
  return {};
}

Future<void> SessionCore::commit_async() {
  const Promise<void> promise(executor());
  // Nobody's offsets would be taken for those of a client outside the group.
  if (!offsets_.empty() && group_.generation_id < 0) {
    finish_commit(promise, Error(ErrorCode::illegal_generation,
                                 "the group has rebalanced without this member")
                               .with_class(ErrorClass::abortable));
    return promise.future();
  }
  if (!offsets_.empty()) (void)send_offsets(offsets_, group_);
  producer_->commit_transaction().then(
      [self = shared_from_this(), promise](const Result<void>& outcome) {
        self->finish_commit(promise, outcome);
      });
  return promise.future();
}

void SessionCore::finish_commit(const Promise<void>& promise, const Result<void>& outcome) {
  if (timed_out(outcome)) {
    return producer_->commit_transaction().then(
        [self = shared_from_this(), promise](const Result<void>& again) {
          self->finish_commit(promise, again);
        });
  }
  if (!outcome) abandon();
  promise.set(outcome);
}

// What was read for it is read again.
void SessionCore::abandon() {
  rewind_.store(true);
  producer_->abort_in_background().forget();
}

Future<void> SessionCore::abort_async() {
  rewind_.store(true);
  const Promise<void> promise(executor());
  producer_->abort_in_background().then(
      [promise](Result<void> outcome) { promise.set(std::move(outcome)); });
  return promise.future();
}

Future<void> SessionCore::close_async(base::Duration timeout) {
  const Promise<void> promise(executor());
  producer_->close_async(timeout).then([self = shared_from_this(), promise,
                                        timeout](const Result<void>& ended) {
    Consumer::CloseOptions options;
    options.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(timeout);
    self->consumer_->close_async(options, false).then([promise, ended](const Result<void>& left) {
      // What became of records their transactions have told.
      const bool late = !ended && ended.error().code() == ErrorCode::timed_out;
      promise.set(late ? ended : left);
    });
  });
  return promise.future();
}

}  // namespace ottla::client
