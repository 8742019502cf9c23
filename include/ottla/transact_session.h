#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "ottla/consumer_config.h"
#include "ottla/consumer_group.h"
#include "ottla/consumer_records.h"
#include "ottla/producer_config.h"
#include "ottla/result.h"
#include "ottla/transaction.h"

namespace ottla {

namespace client {
class SessionHandle;
}

// How a TransactSession behaves. `bootstrap_servers`, `group_id`, `transactional_id` and `topics`
// must be set.
struct TransactSessionConfig {
  std::string bootstrap_servers{};
  std::string group_id{};
  // Of this session alone: each member of the group has one of its own, and keeps it over restarts.
  std::string transactional_id{};
  std::vector<std::string> topics{};
  // Where the group begins in partitions of which it has committed nothing.
  AutoOffsetReset auto_offset_reset = AutoOffsetReset::latest;
  std::chrono::milliseconds transaction_timeout{60'000};

  // Everything else; what stands above wins, and so do read_committed and commits by hand. Both run
  // on the consumer's `runtime`.
  ProducerConfig producer{};
  ConsumerConfig consumer{};
};

// Reads, processes and writes exactly once: the records that a transaction sends and the offsets of
// those it was made from are committed together. After a transaction that was not committed, by
// whatever fault, reading goes back to what the group has committed.
//
//   auto session = ottla::TransactSession::open({...}).value();
//   while (!stop.stop_requested()) {
//     auto batch = session.poll(stop);
//     if (!batch) return batch.error();
//     auto transaction = session.begin(*batch);
//     for (const auto& record : *batch) (void)transaction.send(shout(record));
//     if (auto end = transaction.commit(); !end && end.error().fatal()) return end.error();
//   }
//
// One thread at a time; `close` and the stop of a poll from any. Needs brokers of Kafka 2.5 or
// later.
class TransactSession {
 public:
  // Checks the configuration and starts the threads; does not wait for a broker. Errors:
  // invalid_argument, naming the field and what it should be.
  static Result<TransactSession> open(TransactSessionConfig config);

  TransactSession(TransactSession&&) noexcept;
  TransactSession& operator=(TransactSession&&) noexcept;
  ~TransactSession();

  // Waits until there are records or `stop` is requested: then an empty batch. Before that for the
  // end of the transaction before, and the first time until the predecessor's is over. Errors:
  // those of Consumer::poll and Producer::init_transactions.
  Result<ConsumerRecords> poll(std::stop_token stop);

  // The transaction that is made of these records, which the last poll returned. Commits their
  // offsets with what it sends, unless the group has rebalanced meanwhile: then it is aborted, and
  // whoever has the partitions now reads the records again.
  Transaction begin(const ConsumerRecords& batch);

  // What the group makes of this session.
  ConsumerGroupMetadata group_metadata() const;
  std::vector<TopicPartition> assignment() const;

  // Aborts what is open, leaves the group and stops the threads. Closing again is success. The
  // destructor does the same.
  Result<void> close();

  // For the library's own use: a session on a runtime that is shared.
  explicit TransactSession(std::unique_ptr<client::SessionHandle> handle);

 private:
  std::unique_ptr<client::SessionHandle> handle_;
};

}  // namespace ottla
