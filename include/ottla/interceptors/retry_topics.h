#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/admin.h"
#include "ottla/consumer.h"
#include "ottla/error.h"
#include "ottla/producer.h"
#include "ottla/result.h"

namespace ottla::interceptors {

// The headers of records that wait for another attempt, or were given up. Numbers are decimal text.
inline constexpr std::string_view kDueHeader = "ottla-due";            // ms since 1970, UTC
inline constexpr std::string_view kAttemptsHeader = "ottla-attempts";  // those that failed
inline constexpr std::string_view kOriginHeader = "ottla-origin";      // TOPIC-PARTITION@OFFSET
inline constexpr std::string_view kReasonHeader = "ottla-reason";      // why the last one failed

// When the record may be handed out; none: at once. A header that is no time counts as none.
std::optional<Timestamp> due_of(const RecordView& record);
// How many attempts have failed. A header that is no number counts as none.
std::int32_t attempts_of(const RecordView& record);

// Sends a record that a DelayedConsumer hands out no earlier than `due`. Records of a partition
// wait for those before them: give each delay a topic of its own.
Future<RecordMetadata> send_at(Producer& producer, ProducerRecord record, Timestamp due);

struct RetryOptions {
  std::string topic{};  // whose records are worked on
  std::string group{};  // by whom; part of the names, since other groups may fail at other records
  // How long each attempt after the first waits; none: a record that fails is given up at once.
  std::vector<std::chrono::milliseconds> delays{std::chrono::seconds(1), std::chrono::seconds(10),
                                                std::chrono::minutes(1)};
  // Where records go that failed each time; empty: TOPIC.GROUP.dlt.
  std::string dead_letter_topic{};
};

// Where records go that an application could not work on: to TOPIC.GROUP.retry-1, -2 ..., one for
// each delay, and behind the last to a dead-letter topic, with headers that say where they come
// from and why. Key, value and the other headers stay as they are; the order of a key is given up.
//
//   using namespace ottla::interceptors;
//   auto retries = RetryTopics::make({.topic = "orders", .group = "billing"}).value();
//   admin.create_topics(retries.new_topics(3)).get().value();
//   consumer.subscribe(retries.topics()).value();  // enable_auto_commit = false
//   DelayedConsumer delayed(consumer);
//   while (!stop.stop_requested()) {
//     auto batch = delayed.poll(std::chrono::seconds(1)).value();
//     for (const auto& record : batch) {
//       const auto done = bill(record);
//       if (!done) retries.send_on(producer, record, done.error()).forget();
//     }
//     if (producer.flush().get()) consumer.commit(batch).get();  // never before they are stored
//   }
//
// A value. Any thread.
class RetryTopics {
 public:
  // Error: invalid_argument, naming the option.
  static Result<RetryTopics> make(RetryOptions options);

  // What to subscribe to: the topic itself and those of its attempts.
  std::vector<std::string> topics() const;
  const std::string& dead_letter_topic() const { return options_.dead_letter_topic; }
  // The topics of the attempts and of dead letters, to be made.
  std::vector<NewTopic> new_topics(std::int32_t partitions,
                                   std::int16_t replication_factor = -1) const;

  // The record failed: to its next attempt, or to the dead letters. The outcome is that of sending:
  // commit the record only when it is stored there.
  Future<RecordMetadata> send_on(Producer& producer, const RecordView& record,
                                 const Error& why) const;
  // To the dead letters at once: no attempt can help.
  Future<RecordMetadata> give_up(Producer& producer, const RecordView& record,
                                 const Error& why) const;

 private:
  explicit RetryTopics(RetryOptions options) : options_(std::move(options)) {}
  std::string retry_topic(std::size_t attempt) const;

  RetryOptions options_;
};

// Polls a consumer and hands out only what is due: a record with a later time stays where it is,
// its partition is paused and read again from there when it is time. A thin handle: it borrows the
// consumer, which must outlive it and whom nobody else polls, pauses or seeks meanwhile. One thread
// at a time. Interceptors of the consumer see a record that is not due each time it is read.
class DelayedConsumer {
 public:
  // Whatever its header says, a record waits no longer than `longest` from its timestamp.
  explicit DelayedConsumer(Consumer& consumer,
                           std::chrono::milliseconds longest = std::chrono::hours(24))
      : consumer_(&consumer), longest_(longest) {}

  // As Consumer::poll, also empty if nothing became due in that time. Commits of what it returns,
  // and those that the consumer makes by itself, never pass a record that was not handed out.
  Result<ConsumerRecords> poll(std::chrono::milliseconds timeout);

  // Partitions that wait, and for when.
  const std::map<TopicPartition, Timestamp>& waiting() const { return waiting_; }

 private:
  void resume_due(Timestamp now);
  Result<ConsumerRecords> hold_back(ConsumerRecords records, Timestamp now);
  void wait_for(const RecordView& record, Timestamp due, ConsumerRecords::Part& part);
  Timestamp due_time(const RecordView& record) const;

  Consumer* consumer_;
  std::chrono::milliseconds longest_;
  std::map<TopicPartition, Timestamp> waiting_;
};

}  // namespace ottla::interceptors
