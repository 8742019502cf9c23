#pragma once

#include <memory>

#include "ottla/consumer_group.h"
#include "ottla/record.h"
#include "ottla/result.h"

namespace ottla {

namespace client {
class TransactionScope;
}

// One transaction, from Producer::begin or TransactSession::begin to its commit: what it sends is
// seen by read_committed consumers together or not at all. Aborted when it goes without having been
// committed, also by an exception; that is only begun then, and whatever comes next of its producer
// waits for it.
//
//   auto transaction = producer.begin();
//   (void)transaction.send({.topic = "orders", .value = order});
//   (void)transaction.send({.topic = "invoices", .value = invoice});
//   if (auto end = transaction.commit(); !end) report(end.error());  // neither is there then
//
// The first failure, that of the beginning too, is what every later call answers, so only the
// commit need be looked at. Error::fatal(): the producer can write no more; all others mean that
// this transaction was aborted and that the next one may succeed. Must not outlive its producer or
// session. One thread at a time.
class Transaction {
 public:
  Transaction(Transaction&&) noexcept;
  Transaction& operator=(Transaction&&) noexcept;
  ~Transaction();

  // As Producer::send, which it is, but for what becomes of the record: `commit` tells.
  Result<void> send(const ProducerRecord& record);

  // Offsets that are committed with the transaction; a TransactSession does it by itself.
  Result<void> send_offsets(CommittedOffsets offsets, ConsumerGroupMetadata group);

  // Waits until every record is stored and the transaction committed. While it is not known whether
  // that has happened it is asked for again, however long that takes; `closed` if the producer is
  // closed meanwhile.
  Result<void> commit();

  // Takes everything back, and waits until that is known.
  Result<void> abort();

  // For the library's own use.
  explicit Transaction(std::unique_ptr<client::TransactionScope> scope);

 private:
  std::unique_ptr<client::TransactionScope> scope_;
};

}  // namespace ottla
