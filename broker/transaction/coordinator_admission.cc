#include <chrono>
#include <utility>

#include "base/assert.h"
#include "broker/transaction/coordinator_state.h"
#include "broker/transaction/transaction_coordinator.h"

// Who may write in a transaction.
namespace ottla::broker {
namespace {

using Admission = TransactionCoordinator::Admission;

// What a coordinator says, in the terms of a producer: old ones try again what is
// not_enough_replicas, and know no error that came with later versions.
ErrorCode producer_error(ErrorCode error, Admission::Kind kind) {
  switch (error) {
    case ErrorCode::not_coordinator:
    case ErrorCode::coordinator_load_in_progress:
    case ErrorCode::coordinator_not_available:
      return ErrorCode::not_enough_replicas;
    case ErrorCode::concurrent_transactions:
      return kind == Admission::Kind::add ? error : ErrorCode::not_enough_replicas;
    case ErrorCode::producer_fenced:
      return ErrorCode::invalid_producer_epoch;
    case ErrorCode::transaction_abortable:
      return kind == Admission::Kind::check_only ? ErrorCode::invalid_txn_state : error;
    default:
      return error;
  }
}

}  // namespace

void TransactionCoordinator::admit(Admission admission, OnAdmitted done) {
  const auto kind = admission.kind;
  const auto count = admission.partitions.size();
  if (kind != Admission::Kind::add && !config_.transaction_partition_verification_enable) {
    return done(std::vector(count, ErrorCode::none));
  }
  const auto found = known_entry(admission.id);
  if (!found) {
    return done(std::vector(count, producer_error(found.error().code(), kind)));
  }
  auto& entry = **found;
  Waiting waiting{std::move(admission), std::move(done)};
  // Nobody overtakes.
  if (entry.waiting.empty() && try_admit(entry, waiting)) return;
  wait(entry, std::move(waiting));
}

// False if it has to wait; otherwise `waiting` is of no further use.
bool TransactionCoordinator::try_admit(Entry& entry, Waiting& waiting) {
  const auto& [kind, id, who, partitions] = waiting.admission;
  auto& transaction = entry.transaction;
  std::vector<ErrorCode> outcomes(partitions.size());
  if (kind != Admission::Kind::add) {
    for (std::size_t i = 0; i < partitions.size(); ++i) {
      outcomes[i] = producer_error(transaction.check(who, partitions[i]), kind);
    }
    waiting.done(outcomes);
    return true;
  }
  auto step = transaction.add(who, {partitions.begin(), partitions.end()}, TransactionVersion::v2,
                              context({}));
  if (!step.next) {
    if (step.error == ErrorCode::concurrent_transactions) return false;
    outcomes.assign(partitions.size(), producer_error(step.error, kind));
    waiting.done(outcomes);
    return true;
  }
  write(entry, std::move(*step.next),
        [count = partitions.size(), done = std::move(waiting.done)](ErrorCode written) mutable {
          done(std::vector(count, producer_error(written, Admission::Kind::add)));
        });
  return true;
}

void TransactionCoordinator::wait(Entry& entry, Waiting waiting) {
  entry.waiting.push_back(std::move(waiting));
  if (entry.waiting.size() > 1) return;
  // If the first gives up, so do those behind it: they would come in before it is sent again.
  const std::chrono::milliseconds most(config_.add_partitions_to_txn_retry_backoff_max_ms);
  entry.wait_timer = loop_.call_at(
      loop_.now() + most, lifetime_.guard([this, id = entry.id, partition = entry.partition,
                                           epoch = entry.shard_epoch] {
        auto* still = find_entry(partition, epoch, id);
        if (still != nullptr) refuse_waiting(*still, ErrorCode::concurrent_transactions);
      }));
}

void TransactionCoordinator::run_waiting(std::int32_t partition, std::uint64_t epoch,
                                         const std::string& id) {
  for (auto* entry = find_entry(partition, epoch, id); entry != nullptr && !entry->waiting.empty();
       entry = find_entry(partition, epoch, id)) {
    if (entry->transaction.writing() || entry->transaction.ending()) return;
    // It is not in the queue while it is answered, since an answer can lead back here.
    auto waiting = std::move(entry->waiting.front());
    entry->waiting.pop_front();
    if (entry->waiting.empty()) loop_.cancel(entry->wait_timer);
    OTTLA_ASSERT(try_admit(*entry, waiting), "nothing is under way that it could wait for");
  }
}

void TransactionCoordinator::refuse_waiting(Entry& entry, ErrorCode error) {
  loop_.cancel(entry.wait_timer);
  for (auto& waiting : std::exchange(entry.waiting, {})) {
    const auto& admission = waiting.admission;
    waiting.done(std::vector(admission.partitions.size(), producer_error(error, admission.kind)));
  }
}

}  // namespace ottla::broker
