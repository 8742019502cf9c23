#include <utility>

#include "client/producer/sender.h"

// Batches that belong to a transaction.
namespace ottla::client {

// Batches of these partitions may be waiting for what has changed.
void Sender::look_at_transaction(base::TimePoint now) {
  const auto queues = in_transaction_;
  if (const auto serial = transactions_->serial(); serial != transaction_) {
    transaction_ = serial;
    in_transaction_.clear();
  }
  for (auto* queue : queues) look_at(*queue, now);
}

// True if there were batches that are not to be sent.
bool Sender::refuse_queued(PartitionQueue& queue) {
  if (queue.send.seen_in_transaction != transaction_) {
    queue.send.seen_in_transaction = transaction_;
    in_transaction_.push_back(&queue);
  }
  const auto refusal = transactions_->refusal();
  if (!refusal) return false;
  while (const auto head = accumulator_.head(queue)) {
    // What may be stored is asked for until that is known, so that it is not late of anything.
    if (head->stamped && !refusal->sent_too) break;
    const auto batch = accumulator_.take_head(queue);
    if (!batch) break;
    accumulator_.fail(*batch, Error(refusal->error.code(), refusal->error.message(),
                                    {.topic = *queue.topic.name(), .partition = queue.partition})
                                  .with_class(refusal->error.error_class()));
  }
  return true;
}

bool Sender::in_transaction_may_send(PartitionQueue& queue,
                                     const RecordAccumulator::Head& head) const {
  if (head.stamped) return true;
  return transactions_->admit(*queue.topic.name(), queue.partition, queue.send.admitted_in);
}

void Sender::stamp_in_transaction(PartitionQueue& queue, ProducerBatch& batch) {
  const auto identity = transactions_->identity();
  auto& send = queue.send;
  if (identity != TransactionManager::Identity{send.producer_id, send.producer_epoch}) {
    // A broker that has stored something of this id takes nothing out of order in a new epoch.
    if (send.producer_id != identity.id) send.epoch_known = false;
    send.producer_id = identity.id;
    send.producer_epoch = identity.epoch;
    send.next_sequence = protocol::Sequence(0);
  }
  batch.stamp({send.producer_id, send.producer_epoch, send.next_sequence}, true);
  send.next_sequence = protocol::sequence_after(send.next_sequence, batch.record_count());
}

void Sender::fail_batch(ProducerBatch& batch, const Error& error,
                        BatchResult::RecordErrors details) {
  // Before anybody hears of it.
  if (transactions_ != nullptr) transactions_->on_batch_failed(error);
  accumulator_.fail(batch, error, std::move(details));
}

}  // namespace ottla::client
