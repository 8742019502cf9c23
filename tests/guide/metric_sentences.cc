// Table of data: what the figures of clients tell, for docs/guide/metrics.md.
#include "tests/guide/metric_sentences.h"

#include <array>

namespace ottla::guide {
namespace {

constexpr std::array kSentences = std::to_array<MetricSentence>({
    {"assigned-partitions", "partitions that the group has given to this member"},
    {"batch-size", "bytes of the batches that were sent"},
    {"batch-split", "batches that were too large for the broker and were taken apart"},
    {"buffer-available-bytes", "what is free of `buffer_memory`"},
    {"buffer-exhausted", "records that found no memory within `max_block`"},
    {"buffer-total-bytes", "`buffer_memory`"},
    {"bufferpool-wait-ratio", "the part of the time that senders waited for memory"},
    {"bufferpool-wait-time-ns", "nanoseconds that senders waited for memory"},
    {"byte", "bytes of the batches that were sent"},
    {"bytes-consumed", "bytes of the records that polls handed out"},
    {"commit", "commits that the coordinator has stored"},
    {"commit-latency", "milliseconds that commits took"},
    {"commit-sync-time-ns", "nanoseconds that calls of `commit` took"},
    {"committed-time-ns", "nanoseconds that calls of `committed` took"},
    {"compression-rate", "size of compressed batches as a part of what it was before"},
    {"connection-close", "connections that were closed"},
    {"connection-count", "connections there are"},
    {"connection-creation", "connections that were made"},
    {"failed-rebalance", "rebalances that failed"},
    {"fetch", "fetches that were answered"},
    {"fetch-latency",
     "milliseconds that fetches took; an idle broker answers after `fetch_max_wait`"},
    {"fetch-size", "bytes of records in an answer"},
    {"fetch-throttle-time", "milliseconds that brokers held fetches back for a quota"},
    {"flush-time-ns", "nanoseconds that flushes took"},
    {"heartbeat", "heartbeats that were answered"},
    {"heartbeat-response-time", "milliseconds that heartbeats took"},
    {"incoming-byte", "bytes of answers"},
    {"join", "times that the group was joined"},
    {"join-time", "milliseconds that joining took"},
    {"last-heartbeat-seconds-ago", "seconds since the last heartbeat was sent; -1: none was"},
    {"last-poll-seconds-ago", "seconds since the last poll began; -1: none did"},
    {"last-rebalance-seconds-ago", "seconds since the last rebalance; -1: there was none"},
    {"metadata-age", "seconds since the last news of the cluster"},
    {"metadata-wait-time-ns", "nanoseconds that senders waited for a topic's metadata"},
    {"network-io", "requests sent and answers received"},
    {"outgoing-byte", "bytes of requests"},
    {"partition-assigned-latency", "milliseconds that `on_partitions_assigned` took"},
    {"partition-lost-latency", "milliseconds that `on_partitions_lost` took"},
    {"partition-revoked-latency", "milliseconds that `on_partitions_revoked` took"},
    {"partitions-not-fetched",
     "times that an assigned partition was not fetched for long without a "
     "reason: look into the log"},
    {"poll-idle-ratio", "the part of the time that the application spends in poll"},
    {"preferred-read-replica", "the broker that the leader sends this reader to; -1: none"},
    {"produce-throttle-time", "milliseconds that brokers held produces back for a quota"},
    {"rebalance", "rebalances that came to their end"},
    {"rebalance-latency", "milliseconds from giving up partitions to taking up others"},
    {"record-error", "records that failed"},
    {"record-queue-time", "milliseconds that batches waited before they were sent"},
    {"record-retry", "records that were sent again"},
    {"record-send", "records that were sent"},
    {"record-size", "bytes of the largest record of each batch"},
    {"records-consumed", "records that polls handed out"},
    {"records-lag", "records between the position and the end of the partition"},
    {"records-lead",
     "records between the beginning of the partition and the position: near 0, "
     "retention is about to overtake this reader"},
    {"records-per-request", "records in a request, or in an answer"},
    {"request", "requests that were sent"},
    {"request-latency", "milliseconds from a request to its answer"},
    {"request-size", "bytes of a request"},
    {"requests-in-flight", "requests that are not answered yet"},
    {"response", "answers that came"},
    {"sync", "times that an assignment was got from the group"},
    {"sync-time", "milliseconds that getting an assignment took"},
    {"time-between-poll",
     "milliseconds from poll to poll; beyond `max_poll_interval` the member leaves"},
    {"txn-abort-time-ns", "nanoseconds that aborting took"},
    {"txn-begin-time-ns", "nanoseconds that beginning took"},
    {"txn-commit-time-ns", "nanoseconds that committing took"},
    {"txn-init-time-ns", "nanoseconds that `init_transactions` took"},
    {"txn-send-offsets-time-ns", "nanoseconds that adding offsets took"},
    {"waiting-threads", "senders that wait for memory"},
});

}  // namespace

std::span<const MetricSentence> metric_sentences() {
  return kSentences;
}

}  // namespace ottla::guide
