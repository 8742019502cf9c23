#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "ottla/delivery_callback.h"
#include "ottla/detail/future_source.h"

namespace ottla::client {

// The callbacks of a batch's records, in the records' order: side by side in chunks of memory, each
// taking 16 bytes and what it captured. Belongs to whom the batch belongs to.
class DeliveryQueue {
 public:
  DeliveryQueue() = default;
  DeliveryQueue(DeliveryQueue&& other) noexcept { take(other); }
  DeliveryQueue& operator=(DeliveryQueue&& other) noexcept;
  ~DeliveryQueue() { clear(); }

  // Makes room for what is expected. Before the first `push`.
  void reserve(std::size_t bytes);
  // That were taken so far.
  std::size_t bytes() const;

  // `callback` is not empty; `key` is that of its record.
  void push(const detail::FutureKey& key, DeliveryCallback&& callback);

  bool empty() const { return left_ == 0; }

  // The first of those that are left; there must be one.
  detail::FutureKey front_key();
  void call_front(const Result<RecordMetadata>& outcome);
  DeliveryCallback take_front();
  void pop_front();

 private:
  struct Entry;
  struct Chunk {
    explicit Chunk(std::size_t size)
        : memory(std::make_unique_for_overwrite<std::byte[]>(size)), capacity(size) {}
    std::unique_ptr<std::byte[]> memory;
    std::size_t capacity;
    std::size_t used = 0;
  };

  std::byte* room_for(std::size_t size);
  Entry& front_entry();
  void step_over(const Entry& entry);
  void take(DeliveryQueue& other) noexcept;
  void clear() noexcept;

  std::vector<Chunk> chunks_;
  std::size_t left_ = 0;
  // Where the first that is left lies, or the end before it.
  std::size_t front_chunk_ = 0;
  std::size_t front_offset_ = 0;
  std::int64_t first_stamp_ = 0;
};

}  // namespace ottla::client
