#include <chrono>
#include <utility>

#include "broker/transaction/coordinator_state.h"
#include "broker/transaction/transaction_coordinator.h"

// How a TransactionCoordinator brings transactions to their end, and forgets transactional ids.
namespace ottla::broker {
namespace {

using std::chrono::milliseconds;

// The pause before a marker, or the record that says that all are written, is tried again.
constexpr milliseconds kTryAgain{100};

// Tombstones of a batch: far below what any setting of max.message.bytes refuses.
constexpr std::size_t kTombstones = std::size_t{64} << 10;

}  // namespace

void TransactionCoordinator::send_markers(Entry& entry) {
  if (entry.unmarked.empty()) return complete(entry);
  const auto& now = entry.transaction.now();
  const auto& shard = shards_[static_cast<std::size_t>(entry.partition)];
  const TransactionEnd end{.producer_id = now.producer_id,
                           .producer_epoch = now.producer_epoch,
                           .commit = now.state == TransactionState::prepare_commit,
                           .coordinator_epoch = shard.leader_epoch.value,
                           .transaction_version = static_cast<std::int16_t>(now.client_version)};
  std::vector<TopicPartition> partitions(entry.unmarked.begin(), entry.unmarked.end());
  auto on_written = [this, id = entry.id, partition = entry.partition, epoch = entry.shard_epoch,
                     partitions](const std::vector<ErrorCode>& outcomes) {
    auto* still = find_entry(partition, epoch, id);
    if (still != nullptr) on_markers(*still, partitions, outcomes);
  };
  markers_.write(end, std::move(partitions), lifetime_.guard(std::move(on_written)));
}

void TransactionCoordinator::on_markers(Entry& entry, const std::vector<TopicPartition>& partitions,
                                        const std::vector<ErrorCode>& outcomes) {
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    if (has_ended(entry.id, partitions[i], outcomes[i])) entry.unmarked.erase(partitions[i]);
  }
  if (entry.unmarked.empty()) return complete(entry);
  try_again(entry, &TransactionCoordinator::send_markers);
}

// Whether nothing more is to be done in the partition.
bool TransactionCoordinator::has_ended(const std::string& id, const TopicPartition& partition,
                                       ErrorCode outcome) const {
  switch (outcome) {
    case ErrorCode::none:
      return true;
    case ErrorCode::unknown_topic_or_partition:
      // Deleted meanwhile, with what was written to it.
      return image_->find_partition(partition.topic, partition.partition) == nullptr;
    case ErrorCode::invalid_producer_epoch:
    case ErrorCode::transaction_coordinator_fenced:
      // Somebody who knows more has ended it there, and asking again changes nothing.
      logger_.error("the transaction of " + id + " was not ended in " + to_string(partition) +
                    ": " + Error(outcome).to_string());
      return true;
    default:
      return false;
  }
}

void TransactionCoordinator::complete(Entry& entry) {
  write(entry, entry.transaction.completed(loop_.wall_now()),
        [this, id = entry.id, partition = entry.partition,
         epoch = entry.shard_epoch](ErrorCode written) {
          auto* still = find_entry(partition, epoch, id);
          if (written == ErrorCode::none || still == nullptr) return;
          try_again(*still, &TransactionCoordinator::complete);
        });
}

void TransactionCoordinator::try_again(const Entry& entry,
                                       void (TransactionCoordinator::*what)(Entry&)) {
  loop_.call_at(loop_.now() + kTryAgain,
                lifetime_.guard([this, what, id = entry.id, partition = entry.partition,
                                 epoch = entry.shard_epoch] {
                  auto* still = find_entry(partition, epoch, id);
                  if (still != nullptr) (this->*what)(*still);
                }));
}

void TransactionCoordinator::arm_abort() {
  const milliseconds interval(config_.transaction_abort_timed_out_transaction_cleanup_interval_ms);
  abort_timer_ = loop_.call_at(loop_.now() + interval, lifetime_.guard([this] {
    abort_timed_out();
    arm_abort();
  }));
}

void TransactionCoordinator::abort_timed_out() {
  if (stopped_) return;
  std::vector<std::string> late;
  for (const auto& shard : shards_) {
    for (const auto& [id, entry] : shard.entries) {
      if (entry->deadline <= loop_.now() && !entry->transaction.writing()) late.push_back(id);
    }
  }
  for (const auto& id : late) {
    carry_out(
        id,
        [](const Transaction& transaction, const TransactionContext& context) {
          return transaction.abort(context);
        },
        [this, id](const Answer& answer) {
          // What an abort says to whoever asked for a new incarnation.
          if (answer.error != ErrorCode::concurrent_transactions) return;
          logger_.info("the transaction of " + id + " is aborted: nobody ended it in time");
        });
  }
}

void TransactionCoordinator::arm_expiry() {
  const milliseconds interval(config_.transaction_remove_expired_transaction_cleanup_interval_ms);
  expiry_timer_ = loop_.call_at(loop_.now() + interval, lifetime_.guard([this] {
    expire();
    arm_expiry();
  }));
}

void TransactionCoordinator::expire() {
  if (stopped_) return;
  for (std::size_t p = 0; p < shards_.size(); ++p) {
    expire(static_cast<std::int32_t>(p), shards_[p]);
  }
}

void TransactionCoordinator::expire(std::int32_t partition, Shard& shard) {
  const auto before = loop_.wall_now() - config_.transactional_id_expiration_ms;
  auto entry = shard.entries.begin();
  while (entry != shard.entries.end()) {
    TransactionBatch batch(loop_.wall_now());
    std::vector<std::string> ids;
    for (; entry != shard.entries.end() && batch.size_in_bytes() < kTombstones; ++entry) {
      auto& transaction = entry->second->transaction;
      const auto& now = transaction.now();
      const bool idle = now.state != TransactionState::ongoing && !transaction.ending() &&
                        !transaction.writing() && now.updated <= before;
      if (!idle) continue;
      transaction.begin_to_die();
      batch.forget(entry->first);
      ids.push_back(entry->first);
    }
    if (ids.empty()) return;
    log_.append(partition, batch.take(),
                lifetime_.guard([this, partition, epoch = shard.epoch,
                                 ids = std::move(ids)](const StateLog::Outcome& outcome) {
                  on_expired(partition, epoch, ids, outcome);
                }));
  }
}

void TransactionCoordinator::on_expired(std::int32_t partition, std::uint64_t epoch,
                                        const std::vector<std::string>& ids,
                                        const StateLog::Outcome& outcome) {
  const bool gone = outcome.error == ErrorCode::none;
  for (const auto& id : ids) {
    auto* entry = find_entry(partition, epoch, id);
    if (entry == nullptr) continue;
    if (!gone && !outcome.refused) return reload(partition, Error(outcome.error));
    entry->transaction.give_up();
    if (gone) {
      erase_entry(*entry);
    } else {
      run_waiting(partition, epoch, id);
    }
  }
  if (gone) logger_.info(std::to_string(ids.size()) + " transactional ids have expired");
}

}  // namespace ottla::broker
