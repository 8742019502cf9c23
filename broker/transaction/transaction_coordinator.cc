#include "broker/transaction/transaction_coordinator.h"

#include <chrono>
#include <limits>
#include <utility>

#include "broker/group/java_text.h"
#include "broker/transaction/coordinator_state.h"

namespace ottla::broker {
namespace {

using std::chrono::milliseconds;

// The longest text of a record.
constexpr std::size_t kMaxId = std::numeric_limits<std::int16_t>::max();

}  // namespace

TransactionCoordinator::TransactionCoordinator(Deps deps)
    : loop_(deps.loop),
      logger_(std::move(deps.logger)),
      config_(deps.config),
      log_(deps.log),
      markers_(deps.markers),
      next_producer_id_(std::move(deps.next_producer_id)),
      max_memory_(deps.max_memory) {
  arm_abort();
  arm_expiry();
}

TransactionCoordinator::~TransactionCoordinator() {
  loop_.cancel(abort_timer_);
  loop_.cancel(expiry_timer_);
  for (auto& shard : shards_) {
    for (auto& [id, entry] : shard.entries) loop_.cancel(entry->wait_timer);
  }
}

std::int32_t TransactionCoordinator::partition_of(std::string_view id) const {
  if (shards_.empty()) return -1;
  return partition_by_java_hash(id, static_cast<std::int32_t>(shards_.size()));
}

Result<const TransactionCoordinator::Shard*> TransactionCoordinator::active_shard(
    std::string_view id) const {
  if (stopped_ || shards_.empty()) return ErrorCode::not_coordinator;
  const auto& shard = shards_[static_cast<std::size_t>(partition_of(id))];
  if (shard.state == Shard::State::loading) return ErrorCode::coordinator_load_in_progress;
  if (shard.state != Shard::State::active) return ErrorCode::not_coordinator;
  return &shard;
}

Result<TransactionCoordinator::Shard*> TransactionCoordinator::active_shard(std::string_view id) {
  const auto found = std::as_const(*this).active_shard(id);
  if (!found) return found.error();
  return const_cast<Shard*>(*found);
}

TransactionCoordinator::Entry* TransactionCoordinator::find_entry(std::int32_t partition,
                                                                  std::uint64_t epoch,
                                                                  std::string_view id) {
  const auto at = static_cast<std::size_t>(partition);
  if (stopped_ || at >= shards_.size() || shards_[at].epoch != epoch) return nullptr;
  const auto found = shards_[at].entries.find(id);
  return found == shards_[at].entries.end() ? nullptr : found->second.get();
}

Result<TransactionCoordinator::Entry*> TransactionCoordinator::known_entry(std::string_view id) {
  if (id.empty()) return ErrorCode::invalid_request;
  const auto shard = active_shard(id);
  if (!shard) return shard.error();
  const auto found = (*shard)->entries.find(id);
  if (found == (*shard)->entries.end()) return ErrorCode::invalid_producer_id_mapping;
  return found->second.get();
}

TransactionContext TransactionCoordinator::context(std::optional<ProducerId> fresh) const {
  return {.wall = loop_.wall_now(), .cluster = cluster_version_, .fresh = fresh};
}

void TransactionCoordinator::count(Entry& entry) {
  memory_ -= entry.counted;
  entry.counted = sizeof(Entry) + 2 * entry.id.size() + entry.transaction.memory();
  memory_ += entry.counted;
}

ErrorCode TransactionCoordinator::make_entry(const std::string& id, ProducerId producer,
                                             std::int32_t timeout_ms) {
  const auto shard = active_shard(id);
  if (!shard) return shard.error().code();
  auto& entry = (*shard)->entries[id];
  if (entry != nullptr) return ErrorCode::none;
  entry = std::make_unique<Entry>(id, partition_of(id), (*shard)->epoch,
                                  Transaction(producer, timeout_ms));
  count(*entry);
  return ErrorCode::none;
}

void TransactionCoordinator::erase_entry(Entry& entry) {
  memory_ -= entry.counted;
  auto& entries = shards_[static_cast<std::size_t>(entry.partition)].entries;
  const auto node = entries.extract(entries.find(entry.id));
  refuse_waiting(*node.mapped(), ErrorCode::invalid_producer_id_mapping);
}

// Asks again from the start once there is a producer id: meanwhile anything may have happened.
void TransactionCoordinator::carry_out(const std::string& id, Decide decide, OnAnswer done,
                                       std::optional<ProducerId> fresh) {
  const auto found = known_entry(id);
  if (!found) return done({.error = found.error().code(), .producer = {}});
  auto& entry = **found;
  auto step = decide(entry.transaction, context(fresh));
  if (step.needs_producer_id) {
    auto on_id = [this, id, decide = std::move(decide),
                  done = std::move(done)](const Result<ProducerId>& made) mutable {
      if (!made) return done({.error = ErrorCode::coordinator_load_in_progress, .producer = {}});
      carry_out(id, std::move(decide), std::move(done), *made);
    };
    return next_producer_id_(lifetime_.guard(std::move(on_id)));
  }
  if (!step.next) {
    const auto& now = entry.transaction.now();
    return done({.error = step.error, .producer = {now.producer_id, now.producer_epoch}});
  }
  const auto producer = Transaction::identity_after(*step.next);
  write(entry, std::move(*step.next),
        [error = step.error, producer, done = std::move(done)](ErrorCode written) mutable {
          done({.error = written == ErrorCode::none ? error : written, .producer = producer});
        });
}

void TransactionCoordinator::write(Entry& entry, TransactionMetadata next, OnDone done) {
  TransactionBatch batch(loop_.wall_now());
  if (auto put = batch.put(entry.id, next, cluster_version_); !put) {
    return done(ErrorCode::unknown_server_error);
  }
  entry.transaction.begin(std::move(next));
  auto on_appended = [this, id = entry.id, partition = entry.partition, epoch = entry.shard_epoch,
                      done = std::move(done)](const StateLog::Outcome& outcome) mutable {
    auto* still = find_entry(partition, epoch, id);
    if (still == nullptr) return done(ErrorCode::not_coordinator);
    if (outcome.error == ErrorCode::none) {
      on_durable(*still);
      const bool is_ending = still->transaction.ending();
      // Before the markers: whoever waits for this answer does not wait for them.
      done(ErrorCode::none);
      still = is_ending ? find_entry(partition, epoch, id) : nullptr;
      if (still != nullptr) send_markers(*still);
    } else if (outcome.refused) {
      on_refused(*still, outcome.error);
      done(coordinator_error(outcome.error));
    } else {
      reload(partition, Error(outcome.error));
      return done(coordinator_error(outcome.error));
    }
    run_waiting(partition, epoch, id);
  };
  log_.append(entry.partition, batch.take(), lifetime_.guard(std::move(on_appended)));
}

void TransactionCoordinator::on_durable(Entry& entry) {
  const bool was_open = entry.transaction.now().state == TransactionState::ongoing;
  entry.transaction.finish();
  count(entry);
  const auto& now = entry.transaction.now();
  if (now.state != TransactionState::ongoing) {
    entry.deadline = base::kNever;
  } else if (!was_open) {
    entry.deadline = loop_.now() + milliseconds(now.timeout_ms);
  }
  if (entry.transaction.ending()) entry.unmarked = now.partitions;
}

void TransactionCoordinator::on_refused(Entry& entry, ErrorCode error) {
  logger_.warn("a transaction of " + entry.id + " stays as it is: " + Error(error).to_string());
  entry.transaction.give_up();
  // It never came to be.
  const bool is_new = entry.transaction.now().producer_epoch == protocol::kNoProducerEpoch;
  if (is_new) erase_entry(entry);
}

void TransactionCoordinator::init_producer(std::string_view id, std::int32_t timeout_ms,
                                           const std::optional<ProducerIdentity>& expected,
                                           OnAnswer done) {
  const auto refuse = [&done](ErrorCode error) { done({.error = error, .producer = {}}); };
  if (id.empty() || id.size() > kMaxId) return refuse(ErrorCode::invalid_request);
  if (timeout_ms <= 0 || timeout_ms > config_.transaction_max_timeout_ms) {
    return refuse(ErrorCode::invalid_transaction_timeout);
  }
  const auto shard = active_shard(id);
  if (!shard) return refuse(shard.error().code());
  Decide decide = [timeout_ms, expected](const Transaction& transaction,
                                         const TransactionContext& context) {
    return transaction.init(timeout_ms, expected, context);
  };
  if ((*shard)->entries.contains(id)) {
    return carry_out(std::string(id), std::move(decide), std::move(done));
  }
  if (memory_ >= max_memory_) return refuse(ErrorCode::policy_violation);
  next_producer_id_(
      lifetime_.guard([this, id = std::string(id), timeout_ms, decide = std::move(decide),
                       done = std::move(done)](const Result<ProducerId>& made) mutable {
        const auto error =
            made ? make_entry(id, *made, timeout_ms) : ErrorCode::coordinator_load_in_progress;
        if (error != ErrorCode::none) return done({.error = error, .producer = {}});
        carry_out(id, std::move(decide), std::move(done));
      }));
}

void TransactionCoordinator::add_partitions(std::string_view id, const ProducerIdentity& who,
                                            std::set<TopicPartition> partitions,
                                            TransactionVersion client, OnDone done) {
  carry_out(
      std::string(id),
      [who, partitions = std::move(partitions), client](const Transaction& transaction,
                                                        const TransactionContext& context) {
        return transaction.add(who, partitions, client, context);
      },
      [done = std::move(done)](const Answer& answer) mutable { done(answer.error); });
}

ErrorCode TransactionCoordinator::check_partition(std::string_view id, const ProducerIdentity& who,
                                                  const TopicPartition& partition) const {
  if (id.empty()) return ErrorCode::invalid_request;
  const auto found = find(id);
  if (!found) return found.error().code();
  if (*found == nullptr) return ErrorCode::invalid_producer_id_mapping;
  return (*found)->check(who, partition);
}

void TransactionCoordinator::end_transaction(std::string_view id, const ProducerIdentity& who,
                                             bool commit, TransactionVersion client,
                                             OnAnswer done) {
  carry_out(
      std::string(id),
      [who, commit, client](const Transaction& transaction, const TransactionContext& context) {
        return transaction.end(who, commit, client, context);
      },
      std::move(done));
}

Result<const Transaction*> TransactionCoordinator::find(std::string_view id) const {
  const auto shard = active_shard(id);
  if (!shard) return shard.error();
  const auto found = (*shard)->entries.find(id);
  if (found == (*shard)->entries.end()) return nullptr;
  return &found->second->transaction;
}

Result<std::vector<TransactionCoordinator::Listed>> TransactionCoordinator::transactions() const {
  if (stopped_) return ErrorCode::coordinator_not_available;
  std::vector<Listed> all;
  for (const auto& shard : shards_) {
    if (shard.state == Shard::State::loading) return ErrorCode::coordinator_load_in_progress;
    for (const auto& [id, entry] : shard.entries) all.emplace_back(id, &entry->transaction);
  }
  return all;
}

}  // namespace ottla::broker
