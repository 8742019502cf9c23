#include "ottla/interceptors/retry_topics.h"

#include <algorithm>
#include <utility>

#include "interceptors/clock.h"
#include "interceptors/headers.h"
#include "interceptors/numbers.h"

namespace ottla::interceptors {
namespace {

constexpr std::size_t kMostReason = 1000;

std::string origin_of(const RecordView& record) {
  return std::string(record.topic()) + '-' + std::to_string(record.partition()) + '@' +
         std::to_string(record.offset());
}

// Those of the record, with what the next who reads it is to know. The first origin stays.
Headers told(const RecordView& record, const Error& why) {
  Headers headers = record.headers();
  if (!headers.find(kOriginHeader)) headers.add(kOriginHeader, origin_of(record));
  headers = replaced(headers, kAttemptsHeader, std::to_string(attempts_of(record) + 1));
  return replaced(headers, kReasonHeader, why.to_string().substr(0, kMostReason));
}

Headers without(const HeadersView& headers, std::string_view key) {
  Headers kept;
  for (const auto& header : headers) {
    if (header.key != key) kept.add(header.key, header.value);
  }
  return kept;
}

}  // namespace

std::optional<Timestamp> due_of(const RecordView& record) {
  const auto text = record.header(kDueHeader);
  if (!text) return std::nullopt;
  const auto ms = parse_number<std::int64_t>(*text);
  if (!ms || *ms < 0) return std::nullopt;
  return Timestamp(std::chrono::milliseconds(*ms));
}

std::int32_t attempts_of(const RecordView& record) {
  const auto text = record.header(kAttemptsHeader);
  const auto number = text ? parse_number<std::int32_t>(*text) : std::nullopt;
  constexpr std::int32_t most = 1'000'000;
  return number ? std::clamp(*number, 0, most) : 0;
}

Future<RecordMetadata> send_at(Producer& producer, ProducerRecord record, Timestamp due) {
  record.headers =
      replaced(record.headers, kDueHeader, std::to_string(due.time_since_epoch().count()));
  return producer.send(record);
}

Result<RetryTopics> RetryTopics::make(RetryOptions options) {
  if (options.topic.empty() || options.group.empty()) {
    return Error(ErrorCode::invalid_argument, "topic and group must be set");
  }
  for (const auto delay : options.delays) {
    if (delay.count() < 0) return Error(ErrorCode::invalid_argument, "delays must not be negative");
  }
  if (options.dead_letter_topic.empty()) {
    options.dead_letter_topic = options.topic + '.' + options.group + ".dlt";
  }
  return RetryTopics(std::move(options));
}

std::string RetryTopics::retry_topic(std::size_t attempt) const {
  return options_.topic + '.' + options_.group + ".retry-" + std::to_string(attempt);
}

std::vector<std::string> RetryTopics::topics() const {
  std::vector<std::string> names{options_.topic};
  for (std::size_t i = 1; i <= options_.delays.size(); ++i) names.push_back(retry_topic(i));
  return names;
}

std::vector<NewTopic> RetryTopics::new_topics(std::int32_t partitions,
                                              std::int16_t replication_factor) const {
  auto names = topics();
  names.front() = options_.dead_letter_topic;  // the topic itself is there
  std::vector<NewTopic> wanted;
  for (auto& name : names) {
    wanted.push_back({.name = std::move(name),
                      .partitions = partitions,
                      .replication_factor = replication_factor});
  }
  return wanted;
}

Future<RecordMetadata> RetryTopics::send_on(Producer& producer, const RecordView& record,
                                            const Error& why) const {
  const auto failed = static_cast<std::size_t>(attempts_of(record));
  if (failed >= options_.delays.size()) return give_up(producer, record, why);
  const auto topic = retry_topic(failed + 1);
  return send_at(
      producer,
      {.topic = topic, .key = record.key(), .value = record.value(), .headers = told(record, why)},
      wall_now() + options_.delays[failed]);
}

Future<RecordMetadata> RetryTopics::give_up(Producer& producer, const RecordView& record,
                                            const Error& why) const {
  return producer.send({.topic = options_.dead_letter_topic,
                        .key = record.key(),
                        .value = record.value(),
                        .headers = without(told(record, why), kDueHeader)});
}

}  // namespace ottla::interceptors
