#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/cluster.h"
#include "ottla/consumer_group.h"
#include "ottla/delivery_callback.h"
#include "ottla/future.h"
#include "ottla/metrics.h"
#include "ottla/partitioner.h"
#include "ottla/producer_config.h"
#include "ottla/record.h"
#include "ottla/result.h"
#include "ottla/transaction.h"

namespace ottla {

namespace client {
class ProducerHandle;
}

// Sends records to topics. Batches, compresses, finds the partition's leader and tries again until
// the outcome is known or `delivery_timeout` is over, on a network thread of its own: nothing has
// to be called for records to move. Records of a partition are stored in the order in which `send`
// was called for them.
//
//   auto producer = ottla::Producer::open({.bootstrap_servers = "localhost:9092"}).value();
//   auto sent = producer.send({.topic = "greetings", .key = "en", .value = "hello"}).get();
//
// Any thread may call anything at any time, but for moving and destroying it. Callbacks run on the
// producer's callback thread, in the order of completion, records of a batch in their order. The
// destructor closes: it waits for what was sent, at most `delivery_timeout`, and logs what failed.
// In a child made by fork() every call answers `closed` at once (a callback runs in the call), and
// the destructor leaves threads and sockets to the parent.
class Producer {
 public:
  // Checks the configuration and starts the producer's threads; does not wait for a broker.
  // Errors: invalid_argument, naming the field and what it should be.
  static Result<Producer> open(ProducerConfig config);

  Producer(Producer&&) noexcept;
  Producer& operator=(Producer&&) noexcept;
  ~Producer();

  // Copies the record into its partition's open batch and returns. Waits, for at most `max_block`,
  // for the metadata of a topic not seen before and for memory (the callback thread never waits:
  // there it is would_block). Errors come as the future's outcome, never in another way:
  //   record_too_large                  over max_request_size or buffer_memory
  //   buffer_exhausted                  no memory became free in time
  //   unknown_topic_or_partition        the cluster did not know it within max_block
  //   timed_out                         delivery_timeout is over; names the topic and partition
  //   no_bootstrap_reachable            no broker answered within max_block
  //   closed                            the producer was closed before or meanwhile
  //   and Kafka's own, such as topic_authorization_failed, when trying again cannot help.
  // No allocation and one short lock per record in the common case.
  Future<RecordMetadata> send(const ProducerRecord& record);

  // The same with a callback, which is called in every case; on the callback thread, also for
  // errors that are known at once.
  void send(const ProducerRecord& record, DeliveryCallback callback);

  // The same, but never waits: would_block if the metadata or memory is not at hand, in which case
  // the record is not taken and does not count for `flush`.
  Result<Future<RecordMetadata>> try_send(const ProducerRecord& record);

  // Gets the topic's metadata, so that sending to it does not wait. Errors: as `send`'s.
  Future<void> warm_up(std::string_view topic);

  // Sends what is batched without lingering, and is done when the outcome of every record sent
  // before is known and its callback has run. Its error is that of the first record that failed
  // since the last flush, so it is safe to forget() each record and to look here.
  Future<void> flush();

  // ---- Transactions, for a producer with a transactional_id (KIP-98).

  // Begins one that aborts itself unless it is committed (transaction.h). The first time it
  // introduces the producer; it waits while the one before is being ended, both for max_block.
  Transaction begin();

  // The same call by call, as in the Java client. What is sent between a `begin_transaction` and
  // its `commit_transaction` is seen by read_committed consumers together or not at all.
  //
  // Error::abortable() is true where the transaction can only be aborted, after which the next one
  // can begin; Error::fatal() where this producer can write no more, since another one has its
  // transactional_id or is not allowed to. timed_out after max_block: the call goes on, and must be
  // made again before any other. Calls out of turn are invalid_argument and change nothing. The
  // first failure of a record fails the transaction, and what was not sent of it at once.

  // Introduces the producer, once, and waits for the end of what its predecessor left open.
  Future<void> init_transactions();

  // Does not ask the cluster. Waits while the transaction before is being ended.
  Result<void> begin_transaction();

  // Makes offsets of a consumer group part of the transaction: they are committed with it, if
  // `group` (Consumer::group_metadata) is still a member of the group then. Abortable otherwise.
  Future<void> send_offsets_to_transaction(CommittedOffsets offsets, ConsumerGroupMetadata group);

  // Sends what is batched, waits for it and commits. Its error is the first failure of the
  // transaction, which then is to be aborted.
  Future<void> commit_transaction();

  // Takes back what was sent. Records that have not left fail with transaction_aborted, which
  // `flush` does not tell of.
  Future<void> abort_transaction();

  // The topic's partitions, as the cluster has them now. Errors: as `send`'s for metadata.
  Future<std::vector<PartitionInfo>> partitions_for(std::string_view topic);

  // What this producer did and does, by the names of Kafka's metrics: producer-metrics, and
  // producer-topic-metrics and producer-node-metrics for each topic and broker. Never waits.
  MetricsSnapshot metrics() const;

  // Aborts the transaction that is open, takes no more records, waits until the outcome of every
  // record is known, at most `timeout`, fails the rest with `closed`, and stops the threads. The
  // answer is that of `flush` (of transactions their ends have told); timed_out if records had to
  // be failed. Closing again is success. On the callback thread: invalid_argument.
  Result<void> close(std::chrono::milliseconds timeout = std::chrono::milliseconds::max());

  // For the library's own use: a producer on a runtime that is shared.
  explicit Producer(std::unique_ptr<client::ProducerHandle> handle);

 private:
  std::unique_ptr<client::ProducerHandle> handle_;
};

}  // namespace ottla
