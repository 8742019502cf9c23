#include "client/producer/delivery_queue.h"

#include <algorithm>
#include <limits>
#include <new>
#include <utility>

#include "base/assert.h"

namespace ottla::client {
namespace {

constexpr std::size_t kFirstChunk = 1024;
constexpr std::size_t kLaterChunk = std::size_t{16} * 1024;
constexpr std::size_t kMostReserved = std::size_t{512} * 1024;

// In place of a distance between timestamps that does not fit: the timestamp itself follows.
constexpr std::int32_t kFar = std::numeric_limits<std::int32_t>::min();

std::int32_t distance(std::int64_t from, std::int64_t to) {
  std::int32_t apart = 0;
  return __builtin_sub_overflow(to, from, &apart) ? kFar : apart;
}

}  // namespace

// Followed by its timestamp, if that is far from the first one's, and by the callable.
struct DeliveryQueue::Entry {
  const DeliveryCallback::Operations* operations;
  std::uint32_t index;
  std::int32_t after_first_stamp;

  bool is_far() const { return after_first_stamp == kFar; }
  std::byte* tail() { return reinterpret_cast<std::byte*>(this + 1); }
  std::int64_t& far_stamp() { return *reinterpret_cast<std::int64_t*>(tail()); }
  void* callable() { return tail() + (is_far() ? sizeof(std::int64_t) : 0); }

  static std::size_t size(std::size_t callable, bool far) {
    constexpr auto alignment = alignof(void*);
    return sizeof(Entry) + (far ? sizeof(std::int64_t) : 0) +
           (callable + alignment - 1) / alignment * alignment;
  }
  std::size_t size() const { return size(operations->size, is_far()); }
};

DeliveryQueue& DeliveryQueue::operator=(DeliveryQueue&& other) noexcept {
  if (this != &other) {
    clear();
    take(other);
  }
  return *this;
}

void DeliveryQueue::reserve(std::size_t bytes) {
  OTTLA_ASSERT(chunks_.empty(), "room is made before it is used");
  if (bytes > 0) chunks_.emplace_back(std::min(bytes, kMostReserved));
}

std::size_t DeliveryQueue::bytes() const {
  std::size_t bytes = 0;
  for (const auto& chunk : chunks_) bytes += chunk.used;
  return bytes;
}

void DeliveryQueue::push(const detail::FutureKey& key, DeliveryCallback&& callback) {
  if (left_ == 0) first_stamp_ = key.stamp;
  const auto* operations = std::exchange(callback.operations_, nullptr);
  const auto after_first = distance(first_stamp_, key.stamp);
  const auto size = Entry::size(operations->size, after_first == kFar);
  auto* entry = ::new (room_for(size)) Entry{operations, key.index, after_first};
  if (entry->is_far()) ::new (entry->tail()) std::int64_t(key.stamp);
  operations->relocate(callback.storage(), entry->callable());
  ++left_;
}

detail::FutureKey DeliveryQueue::front_key() {
  auto& entry = front_entry();
  return {entry.index, entry.is_far() ? entry.far_stamp() : first_stamp_ + entry.after_first_stamp};
}

void DeliveryQueue::call_front(const Result<RecordMetadata>& outcome) {
  auto& entry = front_entry();
  entry.operations->call(entry.callable(), outcome);
}

DeliveryCallback DeliveryQueue::take_front() {
  auto& entry = front_entry();
  DeliveryCallback callback;
  callback.operations_ = entry.operations;
  entry.operations->relocate(entry.callable(), callback.storage());
  step_over(entry);
  return callback;
}

void DeliveryQueue::pop_front() {
  auto& entry = front_entry();
  entry.operations->destroy(entry.callable());
  step_over(entry);
}

std::byte* DeliveryQueue::room_for(std::size_t size) {
  if (chunks_.empty() || chunks_.back().capacity - chunks_.back().used < size) {
    chunks_.emplace_back(std::max(size, chunks_.empty() ? kFirstChunk : kLaterChunk));
  }
  auto& chunk = chunks_.back();
  return chunk.memory.get() + std::exchange(chunk.used, chunk.used + size);
}

DeliveryQueue::Entry& DeliveryQueue::front_entry() {
  OTTLA_ASSERT(left_ > 0, "there is a callback");
  while (front_offset_ == chunks_[front_chunk_].used) {
    ++front_chunk_;
    front_offset_ = 0;
  }
  return *std::launder(
      reinterpret_cast<Entry*>(chunks_[front_chunk_].memory.get() + front_offset_));
}

void DeliveryQueue::step_over(const Entry& entry) {
  front_offset_ += entry.size();
  --left_;
}

void DeliveryQueue::take(DeliveryQueue& other) noexcept {
  chunks_ = std::exchange(other.chunks_, {});
  left_ = std::exchange(other.left_, 0);
  front_chunk_ = std::exchange(other.front_chunk_, 0);
  front_offset_ = std::exchange(other.front_offset_, 0);
  first_stamp_ = other.first_stamp_;
}

void DeliveryQueue::clear() noexcept {
  while (!empty()) pop_front();
  chunks_.clear();
  front_chunk_ = 0;
  front_offset_ = 0;
}

}  // namespace ottla::client
