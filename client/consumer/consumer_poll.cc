#include <algorithm>
#include <utility>

#include "client/consumer/consumer_core.h"

// How records reach the caller.
namespace ottla::client {

Result<void> ConsumerCore::begin_poll() {
  if (closed_) return closed_error();
  if (std::exchange(polling_, true)) {
    return Error(ErrorCode::already_in_use, "another poll of this consumer is under way");
  }
  metrics_.on_poll_begin(runtime_.clock().now());
  if (group_) {
    subscription_.note_processed();
    group_->set_polling(true);
    if (group_->awaits_poll()) client_.wake();
  }
  return {};
}

void ConsumerCore::end_poll() {
  metrics_.on_poll_end(runtime_.clock().now());
  const std::lock_guard lock(mutex_);
  polling_ = false;
  if (group_) group_->set_polling(false);
}

// `wait(lock)` returns false when waiting is over.
template <class Wait>
Result<ConsumerRecords> ConsumerCore::poll_with(bool may_wait, const Wait& wait) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto begun = begin_poll(); !begun) return begun.error();
  }
  run_rebalance();
  auto records = take();
  while (records && records->empty() && may_wait) {
    {
      std::unique_lock lock(mutex_);
      if (!wait(lock)) break;
    }
    run_rebalance();
    records = take();
  }
  end_poll();
  return records;
}

Result<ConsumerRecords> ConsumerCore::poll(std::chrono::nanoseconds timeout) {
  const bool may_wait = timeout.count() > 0;
  if (may_wait && !executor_->may_block()) {
    return Error(ErrorCode::would_block, "the callback thread must not wait for records: use next");
  }
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  return poll_with(may_wait, [&](std::unique_lock<std::mutex>& lock) {
    // There may be ever more records of which the interceptors leave none.
    if (std::chrono::steady_clock::now() >= deadline) return false;
    return changed_.wait_until(lock, deadline, [this] { return something(); });
  });
}

Result<ConsumerRecords> ConsumerCore::poll(std::stop_token stop) {
  if (!executor_->may_block()) {
    return Error(ErrorCode::would_block, "the callback thread must not wait for records: use next");
  }
  return poll_with(true, [&](std::unique_lock<std::mutex>& lock) {
    if (stop.stop_requested()) return false;
    return changed_.wait(lock, stop, [this] { return something(); });
  });
}

Future<ConsumerRecords> ConsumerCore::next() {
  const Promise<ConsumerRecords> promise(executor_);
  const std::lock_guard lock(mutex_);
  if (const auto begun = begin_poll(); !begun) {
    promise.set(begun.error());
    return promise.future();
  }
  next_ = promise;
  serve_next();
  return promise.future();
}

// With the lock held. Decoding is for the callback thread, not for the loop.
void ConsumerCore::serve_next() {
  if (!next_ || next_scheduled_ || !something()) return;
  next_scheduled_ = true;
  executor_->run(base::Task([self = shared_from_this()] { self->complete_next(); }));
}

void ConsumerCore::complete_next() {
  run_rebalance();
  auto records = take();
  std::optional<Promise<ConsumerRecords>> promise;
  {
    const std::lock_guard lock(mutex_);
    next_scheduled_ = false;
    if (records && records->empty()) return serve_next();
    promise = std::exchange(next_, std::nullopt);
  }
  end_poll();
  promise->set(std::move(records));
}

Result<ConsumerRecords> ConsumerCore::take() {
  auto records = collect();
  if (!records || records->empty() || interceptors_->empty()) return records;
  return interceptors_->on_consume(std::move(*records));
}

Result<ConsumerRecords> ConsumerCore::collect() {
  ConsumerRecords::Contents contents;
  std::optional<Error> error;
  bool low = false;
  {
    std::unique_lock lock(mutex_);
    // Before any records: they may not be this consumer's any more.
    if (group_ && !closed_) error = group_->take_error();
    if (!error) error = std::exchange(topic_error_, std::nullopt);
    if (!error) error = std::exchange(refusal_, std::nullopt);
    while (!error && contents.records.size() < settings_.max_poll_records) {
      if (closed_) return closed_error();
      auto* const next = next_to_collect(contents.parts);
      if (next == nullptr) break;
      collect_part(lock, *next, contents, error);
    }
    if (contents.records.empty() && !error) error = take_error();
    for (const auto* partition : subscription_.in_turn()) {
      low = low || (!partition->fetching && fetcher_.low(*partition));
    }
  }
  if (low) client_.wake();
  if (contents.records.empty() && error) return *error;
  return ConsumerRecords(std::move(contents));
}

// The records of a partition stay together, and nothing joins them from another place: so it is the
// partition of the last part, while it has more and nobody has moved it, and else one without any.
AssignedPartition* ConsumerCore::next_to_collect(const std::vector<ConsumerRecords::Part>& parts) {
  if (!parts.empty()) {
    auto* last = subscription_.find(parts.back().partition);
    const bool goes_on = last != nullptr && last->position.value == parts.back().next_offset;
    if (goes_on && last->has_records()) return last;
  }
  const auto& in_turn = subscription_.in_turn();
  const auto next = std::find_if(in_turn.begin(), in_turn.end(), [&](const auto* partition) {
    return partition->has_records() &&
           std::none_of(parts.begin(), parts.end(), [&](const ConsumerRecords::Part& part) {
             return part.partition == partition->id;
           });
  });
  return next == in_turn.end() ? nullptr : *next;
}

void ConsumerCore::collect_part(std::unique_lock<std::mutex>& lock, AssignedPartition& partition,
                                ConsumerRecords::Contents& contents, std::optional<Error>& error) {
  const auto id = partition.id;
  const auto generation = partition.generation;
  auto data = std::move(partition.buffered.front());
  partition.buffered.pop_front();
  const auto bytes_before = data->bytes_left();
  const auto first = contents.records.size();
  lock.unlock();
  const auto decoded = data->decode(settings_.max_poll_records - first, contents);
  lock.lock();
  auto* found = subscription_.find(id, generation);
  if (found == nullptr) {
    // Somebody has moved the position meanwhile: these are not the records to be had.
    contents.records.resize(first);
    return;
  }
  if (data->position() > found->position) {
    found->position = data->position();
    found->position_epoch = data->position_epoch();
  }
  found->buffered_bytes -= bytes_before - data->bytes_left();
  const auto count = contents.records.size() - first;
  note_consumed(*found, count, bytes_before - data->bytes_left());
  if (!contents.parts.empty() && contents.parts.back().partition == id) {
    contents.parts.back().count += count;
    contents.parts.back().next_offset = found->position.value;
    contents.parts.back().leader_epoch = found->position_epoch.value;
  } else if (count > 0) {
    contents.parts.push_back(
        {id, first, count, found->position.value, found->position_epoch.value});
  }
  if (!decoded) error = decoded.error();
  if (error || !data->exhausted()) found->buffered.push_front(std::move(data));
}

void ConsumerCore::note_consumed(const AssignedPartition& partition, std::size_t records,
                                 std::size_t bytes) {
  const auto now = runtime_.clock().now();
  metrics_.on_consumed(partition.id.topic, records, bytes, now);
  metrics_.on_place(partition.id, partition.place(), now);
}

std::optional<Error> ConsumerCore::take_error() {
  if (closed_) return closed_error();
  for (auto* partition : subscription_.in_turn()) {
    if (!partition->error) continue;
    // Until somebody seeks: nothing else can come of it.
    if (partition->is_lost()) return partition->error;
    return std::exchange(partition->error, std::nullopt);
  }
  return std::nullopt;
}

}  // namespace ottla::client
