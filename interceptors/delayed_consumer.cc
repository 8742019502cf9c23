#include <algorithm>
#include <utility>

#include "interceptors/clock.h"
#include "ottla/interceptors/retry_topics.h"

namespace ottla::interceptors {
namespace {

using Millis = std::chrono::milliseconds;

}  // namespace

Result<ConsumerRecords> DelayedConsumer::poll(Millis timeout) {
  const auto clamped = std::clamp<Millis>(timeout, Millis(0), std::chrono::hours(24 * 365));
  const auto deadline = std::chrono::steady_clock::now() + clamped;
  while (true) {
    const auto time = wall_now();
    resume_due(time);
    auto wait = std::chrono::ceil<Millis>(deadline - std::chrono::steady_clock::now());
    for (const auto& [partition, due] : waiting_) wait = std::min(wait, due - time);
    auto records = consumer_->poll(std::max(wait, Millis(0)));
    if (!records) return records;
    records = hold_back(std::move(*records), wall_now());
    const bool over = std::chrono::steady_clock::now() >= deadline;
    if (!records || !records->empty() || over) return records;
  }
}

void DelayedConsumer::resume_due(Timestamp now) {
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    if (at->second > now) {
      ++at;
      continue;
    }
    // Not assigned any more: whoever has it now reads it from where the group is.
    (void)consumer_->resume({at->first});
    at = waiting_.erase(at);
  }
}

// Keeps of each partition what stands before the first record that is not due.
Result<ConsumerRecords> DelayedConsumer::hold_back(ConsumerRecords records, Timestamp now) {
  auto contents = std::move(records).release();
  std::vector<RecordView> kept;
  kept.reserve(contents.records.size());
  for (auto& part : contents.parts) {
    const auto first = std::exchange(part.first, kept.size());
    const auto end = first + std::exchange(part.count, 0);
    for (auto i = first; i < end; ++i) {
      const auto& record = contents.records[i];
      if (const auto due = due_time(record); due > now) {
        wait_for(record, due, part);
        break;
      }
      kept.push_back(record);
      ++part.count;
    }
  }
  contents.records = std::move(kept);
  std::erase_if(contents.parts, [](const auto& part) { return part.count == 0; });
  return ConsumerRecords(std::move(contents));
}

// The partition is read again from this record on, when it is time. `part` ends before it.
void DelayedConsumer::wait_for(const RecordView& record, Timestamp due,
                               ConsumerRecords::Part& part) {
  part.next_offset = record.offset();
  part.leader_epoch = -1;
  if (!consumer_->seek(part.partition, record.offset())) return;  // not ours any more
  if (consumer_->pause({part.partition})) waiting_[part.partition] = due;
}

Timestamp DelayedConsumer::due_time(const RecordView& record) const {
  const auto due = due_of(record).value_or(Timestamp{});
  return std::min(due, record.timestamp() + longest_);
}

}  // namespace ottla::interceptors
