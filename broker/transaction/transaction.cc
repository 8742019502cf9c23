#include "broker/transaction/transaction.h"

namespace ottla::broker {
namespace {

constexpr ProducerEpoch kMaxEpoch{std::numeric_limits<std::int16_t>::max()};

TransactionStep answer(ErrorCode error) {
  return {.error = error, .next = {}, .needs_producer_id = false};
}

TransactionStep write(TransactionMetadata next, ErrorCode then = ErrorCode::none) {
  return {.error = then, .next = std::move(next), .needs_producer_id = false};
}

TransactionStep producer_id_first() {
  return {.error = {}, .next = {}, .needs_producer_id = true};
}

ProducerEpoch raised(ProducerEpoch epoch) {
  if (epoch == kMaxEpoch) return epoch;
  return ProducerEpoch(static_cast<std::int16_t>(epoch.value + 1));
}

}  // namespace

Transaction::Transaction(ProducerId id, std::int32_t timeout_ms) {
  now_.producer_id = id;
  now_.timeout_ms = timeout_ms;
}

bool Transaction::ending() const {
  return now_.state == TransactionState::prepare_commit ||
         now_.state == TransactionState::prepare_abort;
}

std::size_t Transaction::memory() const {
  std::size_t bytes = sizeof(Transaction);
  for (const auto& partition : now_.partitions) {
    bytes += sizeof(partition) + partition.topic.size() + 64;
  }
  return bytes;
}

TransactionMetadata Transaction::successor(TransactionState state, WallMillis wall) const {
  auto next = now_;
  next.state = state;
  next.previous_producer_id = now_.producer_id;
  next.updated = wall;
  next.fenced = false;
  return next;
}

TransactionStep Transaction::init(std::int32_t timeout_ms,
                                  const std::optional<ProducerIdentity>& expected,
                                  const TransactionContext& context) const {
  if (writing()) return answer(ErrorCode::concurrent_transactions);
  const bool is_new = now_.producer_epoch == protocol::kNoProducerEpoch;
  // Somebody whose epochs were used up may not have heard of the id that came after.
  const bool known =
      !expected || is_new || expected->id == now_.producer_id ||
      (expected->id == now_.previous_producer_id && expected->epoch >= kLastEpochOfClients);
  if (!known) return answer(ErrorCode::producer_fenced);
  if (ending()) return answer(ErrorCode::concurrent_transactions);
  if (is_open()) {
    // An incarnation that is over must not end what the current one has begun.
    if (expected && expected->epoch != now_.producer_epoch) {
      return answer(ErrorCode::producer_fenced);
    }
    return abort(context);
  }

  auto next = successor(TransactionState::empty, context.wall);
  next.timeout_ms = timeout_ms;
  next.partitions.clear();
  next.started = -1;
  if (exhausted() && (!expected || expected->epoch == now_.producer_epoch)) {
    if (!context.fresh) return producer_id_first();
    next.producer_id = *context.fresh;
    next.producer_epoch = ProducerEpoch(0);
    next.last_producer_epoch = expected ? now_.producer_epoch : protocol::kNoProducerEpoch;
    return write(std::move(next));
  }
  if (!expected) {
    next.producer_epoch = raised(now_.producer_epoch);
    next.last_producer_epoch = protocol::kNoProducerEpoch;
  } else if (is_new || expected->epoch == now_.producer_epoch) {
    next.producer_epoch = raised(now_.producer_epoch);
    next.last_producer_epoch = now_.producer_epoch;
  } else if (expected->epoch != now_.last_producer_epoch) {
    return answer(ErrorCode::producer_fenced);
  }
  return write(std::move(next));
}

TransactionStep Transaction::add(const ProducerIdentity& who,
                                 const std::set<TopicPartition>& partitions,
                                 TransactionVersion client,
                                 const TransactionContext& context) const {
  // While one is ending the producer may have an id already that comes to be at its end.
  if (writing() || ending()) return answer(ErrorCode::concurrent_transactions);
  if (who.id != now_.producer_id) return answer(ErrorCode::invalid_producer_id_mapping);
  if (who.epoch != now_.producer_epoch) return answer(ErrorCode::producer_fenced);
  auto next = successor(TransactionState::ongoing, context.wall);
  next.partitions.insert(partitions.begin(), partitions.end());
  if (is_open() && next.partitions.size() == now_.partitions.size()) {
    return answer(ErrorCode::none);
  }
  if (!is_open()) next.started = context.wall;
  next.client_version = client;
  return write(std::move(next));
}

ErrorCode Transaction::check(const ProducerIdentity& who, const TopicPartition& partition) const {
  if (who.id != now_.producer_id) return ErrorCode::invalid_producer_id_mapping;
  if (who.epoch != now_.producer_epoch) return ErrorCode::producer_fenced;
  if (ending()) return ErrorCode::concurrent_transactions;
  // An end that is on its way to the log may be decided already: nothing comes in behind it.
  if (next_ && next_->state != TransactionState::ongoing) return ErrorCode::concurrent_transactions;
  return now_.partitions.contains(partition) ? ErrorCode::none : ErrorCode::transaction_abortable;
}

TransactionStep Transaction::end(const ProducerIdentity& who, bool commit,
                                 TransactionVersion client,
                                 const TransactionContext& context) const {
  return raises_epoch(client) ? end_v2(who, commit, context) : end_v1(who, commit, context);
}

TransactionStep Transaction::end_v1(const ProducerIdentity& who, bool commit,
                                    const TransactionContext& context) const {
  if (who.id != now_.producer_id) return answer(ErrorCode::invalid_producer_id_mapping);
  if (who.epoch != now_.producer_epoch) return answer(ErrorCode::producer_fenced);
  if (writing()) return answer(ErrorCode::concurrent_transactions);
  switch (now_.state) {
    case TransactionState::ongoing:
      return prepare(commit ? TransactionState::prepare_commit : TransactionState::prepare_abort,
                     TransactionVersion::v0, context);
    case TransactionState::prepare_commit:
      return answer(commit ? ErrorCode::concurrent_transactions : ErrorCode::invalid_txn_state);
    case TransactionState::prepare_abort:
      return answer(commit ? ErrorCode::invalid_txn_state : ErrorCode::concurrent_transactions);
    case TransactionState::complete_commit:
      return answer(commit ? ErrorCode::none : ErrorCode::invalid_txn_state);
    case TransactionState::complete_abort:
      return answer(commit ? ErrorCode::invalid_txn_state : ErrorCode::none);
    default:
      return answer(ErrorCode::invalid_txn_state);
  }
}

// With the epoch of the current transaction it is an end; with the one before, an end whose answer
// was lost.
TransactionStep Transaction::end_v2(const ProducerIdentity& who, bool commit,
                                    const TransactionContext& context) const {
  if (writing() || ending()) return answer(ErrorCode::concurrent_transactions);
  const bool other_id = who.id == now_.previous_producer_id && who.epoch == kLastEpochOfClients &&
                        now_.producer_epoch == ProducerEpoch(0);
  if (who.id != now_.producer_id && !other_id) {
    return answer(ErrorCode::invalid_producer_id_mapping);
  }
  if (is_open() || now_.state == TransactionState::empty) {
    if (who.epoch != now_.producer_epoch) return answer(ErrorCode::producer_fenced);
    if (is_open() && commit)
      return prepare(TransactionState::prepare_commit, TransactionVersion::v2, context);
    if (commit) return answer(ErrorCode::invalid_txn_state);
    return prepare(TransactionState::prepare_abort, TransactionVersion::v2, context);
  }
  const bool repeated =
      other_id || (who.epoch < kMaxEpoch && raised(who.epoch) == now_.producer_epoch);
  if (!repeated && who.epoch != now_.producer_epoch) return answer(ErrorCode::producer_fenced);
  const bool committed = now_.state == TransactionState::complete_commit;
  // Not an end that is repeated: the transaction was taken from its producer.
  if (commit && now_.fenced && who.epoch != now_.producer_epoch) {
    return answer(ErrorCode::producer_fenced);
  }
  if (repeated) return answer(commit == committed ? ErrorCode::none : ErrorCode::invalid_txn_state);
  // Nothing was written since the last end: there is nothing to commit, and an abort is a new one.
  if (commit) return answer(ErrorCode::invalid_txn_state);
  return prepare(TransactionState::prepare_abort, TransactionVersion::v2, context);
}

TransactionStep Transaction::prepare(TransactionState state, TransactionVersion client,
                                     const TransactionContext& context) const {
  auto next = successor(state, context.wall);
  next.client_version = client;
  if (!is_open()) next.started = context.wall;
  if (!raises_epoch(client)) return write(std::move(next));
  if (exhausted()) {
    if (!context.fresh) return producer_id_first();
    next.next_producer_id = *context.fresh;
  }
  next.producer_epoch = raised(now_.producer_epoch);
  next.last_producer_epoch = now_.producer_epoch;
  return write(std::move(next));
}

TransactionStep Transaction::abort(const TransactionContext& context) const {
  if (writing() || !is_open()) return answer(ErrorCode::concurrent_transactions);
  auto step = prepare(TransactionState::prepare_abort, context.cluster, context);
  if (!step.next) return step;
  step.error = ErrorCode::concurrent_transactions;
  step.next->fenced = true;
  if (!raises_epoch(context.cluster)) {
    step.next->producer_epoch = raised(now_.producer_epoch);
    step.next->last_producer_epoch = protocol::kNoProducerEpoch;
  }
  return step;
}

TransactionMetadata Transaction::completed(WallMillis wall) const {
  auto next =
      successor(now_.state == TransactionState::prepare_commit ? TransactionState::complete_commit
                                                               : TransactionState::complete_abort,
                wall);
  const auto identity = identity_after(now_);
  next.producer_id = identity.id;
  next.producer_epoch = identity.epoch;
  next.next_producer_id = protocol::kNoProducerId;
  next.partitions.clear();
  next.fenced = now_.fenced;
  return next;
}

ProducerIdentity Transaction::identity_after(const TransactionMetadata& next) {
  if (raises_epoch(next.client_version) && next.next_producer_id != protocol::kNoProducerId) {
    return {next.next_producer_id, ProducerEpoch(0)};
  }
  return {next.producer_id, next.producer_epoch};
}

void Transaction::finish() {
  now_ = std::move(*next_);
  next_.reset();
}

}  // namespace ottla::broker
