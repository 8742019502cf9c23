#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/cluster.h"
#include "ottla/consumer_config.h"
#include "ottla/consumer_group.h"
#include "ottla/consumer_records.h"
#include "ottla/future.h"
#include "ottla/metrics.h"
#include "ottla/result.h"
#include "ottla/types.h"

namespace ottla {

namespace client {
class ConsumerHandle;
}

// The answer to offsets_for_times: the first record at or after a time.
struct OffsetAndTimestamp {
  std::int64_t offset = -1;
  Timestamp timestamp{};
  std::int32_t leader_epoch = -1;

  bool operator==(const OffsetAndTimestamp&) const = default;
};

// Reads records of the partitions it is assigned. Fetches ahead on a network thread of its own.
//
//   auto consumer = ottla::Consumer::open({.bootstrap_servers = "localhost:9092",
//                                          .auto_offset_reset =
//                                          AutoOffsetReset::earliest}).value();
//   consumer.assign({{"greetings", 0}}).value();
//   while (!stop.stop_requested()) {
//     auto batch = consumer.poll(stop).value();
//     for (const auto& record : batch) std::cout << record.value() << '\n';
//   }
//
// Any thread may call anything, but for moving and destroying it; one poll (or next) at a time,
// another meanwhile is already_in_use. Every record handed out is a record: errors are the
// Result's. In a child made by fork() every call answers `closed` at once, or nothing, and the
// destructor leaves threads and sockets to the parent.
class Consumer {
 public:
  using Millis = std::chrono::milliseconds;

  // Checks the configuration and starts the consumer's threads; does not wait for a broker.
  // Errors: invalid_argument, naming the field and what it should be.
  static Result<Consumer> open(ConsumerConfig config);

  Consumer(Consumer&&) noexcept;
  Consumer& operator=(Consumer&&) noexcept;
  ~Consumer();

  // Reads these topics as a member of the group `group_id`, which shares their partitions among its
  // members. Joining begins with the next poll. Replaces what was subscribed to before. The
  // listener hears of partitions that come and go. Errors: invalid_argument (no group_id, or
  // partitions are assigned by hand).
  Result<void> subscribe(std::vector<std::string> topics,
                         std::shared_ptr<ConsumerRebalanceListener> listener = nullptr);
  // The same for all topics whose whole names match a pattern in RE2's syntax, those included that
  // come later: they are noticed when metadata are asked for anew (metadata_max_age). Errors: also
  // invalid_argument, saying what is wrong with the pattern.
  Result<void> subscribe_pattern(std::string_view pattern,
                                 std::shared_ptr<ConsumerRebalanceListener> listener = nullptr);
  // Gives up all partitions, and leaves the group after what is to be committed is. The listener
  // hears of it on the calling thread. Error: already_in_use (a poll is under way).
  Result<void> unsubscribe();
  std::vector<std::string> subscription() const;

  // Makes the group assign its partitions anew. Error: invalid_argument (no group_id).
  Result<void> enforce_rebalance(std::string_view reason = {});
  ConsumerGroupMetadata group_metadata() const;

  // Commits for the group; done when the coordinator has stored it. Commits are sent in the order
  // of the calls. The first takes what polls have returned so far (not what one takes that is under
  // way on another thread), the others exactly what they are
  // given: the records of a batch, one record, or offsets of the next records to be read. Errors:
  //   unknown_member_id, illegal_generation   the group has rebalanced meanwhile, and this consumer
  //                                           may have lost the partitions: poll goes on
  //   fenced_instance_id                      another one has this group_instance_id
  //   timed_out                               after default_api_timeout
  //   invalid_argument (no group_id), offset_metadata_too_large, group_authorization_failed
  Future<void> commit();
  Future<void> commit(const ConsumerRecords& batch);
  Future<void> commit(const RecordView& record);
  Future<void> commit(CommittedOffsets offsets);
  // What the group has committed; partitions of which it has nothing are left out.
  Future<CommittedOffsets> committed(std::vector<TopicPartition> partitions);
  // How many offsets lie between the position and the end that the last fetch told of; none if that
  // is not known.
  std::optional<std::int64_t> current_lag(const TopicPartition& partition) const;

  // From now on reads exactly these partitions. Those that it read before keep their position; new
  // ones begin where the group has committed, else as `auto_offset_reset` says, unless `seek` comes
  // first. With a group_id and enable_auto_commit, what polls returned of others is committed. Does
  // not wait; a partition that does not exist shows in poll. Error: invalid_argument (an empty
  // topic, a negative number).
  Result<void> assign(std::vector<TopicPartition> partitions);
  std::vector<TopicPartition> assignment() const;

  // The next poll gives the record with this offset, or the first after it. What was fetched ahead
  // is dropped. Errors: invalid_argument (negative), not_found (not assigned).
  Result<void> seek(const TopicPartition& partition, std::int64_t offset);
  // To the oldest record, and behind the newest one, as they are when the next poll comes to it. No
  // partitions: all that are assigned.
  Result<void> seek_to_beginning(const std::vector<TopicPartition>& partitions = {});
  Result<void> seek_to_end(const std::vector<TopicPartition>& partitions = {});

  // Paused partitions keep their position and bring no records. Error: not_found (not assigned).
  Result<void> pause(const std::vector<TopicPartition>& partitions);
  Result<void> resume(const std::vector<TopicPartition>& partitions);
  std::vector<TopicPartition> paused() const;

  // Waits until there are records, at most `timeout`; none in time is an empty batch. What can be
  // retried is retried inside. Errors, each naming topic and partition; the position stays:
  //   offset_out_of_range, log_truncated   with auto_offset_reset none
  //   corrupt_message              a batch fails its checksum or is malformed; `seek` past it
  //   unknown_topic_or_partition   not found for default_api_timeout
  //   topic_authorization_failed and others that trying again does not help
  //   fenced_instance_id           another one has this group_instance_id: at every poll from now
  //   on group_authorization_failed and others for which it cannot be a member of its group now
  //   closed, already_in_use
  // Records before a bad one are handed out first; those of a group without a membership are not.
  Result<ConsumerRecords> poll(Millis timeout);

  // Waits until there are records or `stop` is requested: then an empty batch.
  Result<ConsumerRecords> poll(std::stop_token stop);

  // The same for coroutines and callbacks: done when there are records. An unanswered one is
  // `closed` when the consumer is.
  Future<ConsumerRecords> next();

  // The offset of the next record that poll will give. Waits for the cluster if reading has not
  // begun yet. Errors: not_found (not assigned), timed_out, and those of poll.
  Future<std::int64_t> position(const TopicPartition& partition);

  // The oldest offset there is, and the one behind the newest record (for read_committed: behind
  // the last one that is settled). Errors: timed_out after default_api_timeout, naming what was
  // missing; those that trying again does not help.
  using Offsets = std::map<TopicPartition, std::int64_t>;
  Future<Offsets> beginning_offsets(std::vector<TopicPartition> partitions);
  Future<Offsets> end_offsets(std::vector<TopicPartition> partitions);

  // For each partition its first record at or after the time; none if there is no such record.
  using Times = std::map<TopicPartition, Timestamp>;
  using OffsetsByTime = std::map<TopicPartition, std::optional<OffsetAndTimestamp>>;
  Future<OffsetsByTime> offsets_for_times(const Times& times);

  // The topic's partitions, as the cluster has them now. Errors: unknown_topic_or_partition,
  // timed_out.
  Future<std::vector<PartitionInfo>> partitions_for(std::string_view topic);
  // Every topic that this client may see, by name. Asks one broker once; errors are why it could
  // not answer.
  using Topics = std::map<std::string, std::vector<PartitionInfo>>;
  Future<Topics> list_topics();

  // Its figures under Kafka's names: what it fetched and how far it is behind, what its group and
  // its polls cost, and its network. Costs a look at every partition.
  MetricsSnapshot metrics() const;

  struct CloseOptions {
    enum class Membership : std::uint8_t {
      by_kind,  // leaves, unless it has a group_instance_id: then it may come back
      leave,
      remain,
    };
    Millis timeout{30'000};  // for the commit, and for leaving
    Membership membership = Membership::by_kind;
  };
  // Commits what polls have returned (with enable_auto_commit), leaves the group, ends a poll on
  // another thread with `closed` (what that one has taken is not committed), and stops the threads.
  // Closing again is success. The destructor
  // does the same, but takes what the last poll returned for not processed. On the callback thread:
  // invalid_argument.
  Result<void> close(const CloseOptions& options);
  Result<void> close() { return close(CloseOptions()); }

  // For the library's own use: a consumer on a runtime that is shared.
  explicit Consumer(std::unique_ptr<client::ConsumerHandle> handle);

 private:
  std::unique_ptr<client::ConsumerHandle> handle_;
};

}  // namespace ottla
