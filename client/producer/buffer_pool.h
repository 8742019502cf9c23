#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>

#include "base/task.h"
#include "ottla/result.h"

namespace ottla::client {

class BufferPoolState;

// The memory of one batch. It is shared by the batch and by what the network still has to write of
// it, and goes back to its pool with the last of them.
class BatchMemory {
 public:
  BatchMemory(std::shared_ptr<BufferPoolState> pool, std::unique_ptr<char[]> bytes,
              std::size_t size);
  ~BatchMemory();
  BatchMemory(const BatchMemory&) = delete;
  BatchMemory& operator=(const BatchMemory&) = delete;

  char* data() { return bytes_.get(); }
  std::size_t size() const { return size_; }

 private:
  std::shared_ptr<BufferPoolState> pool_;
  std::unique_ptr<char[]> bytes_;
  std::size_t size_;
};

// Hands out `buffer_memory` bytes to batches, and makes senders wait their turn when they are used
// up: first come, first served, whatever the sizes. Blocks of the usual size are used again; others
// come from the allocator. Any thread.
class BufferPool {
 public:
  using Clock = std::chrono::steady_clock;

  // `on_exhausted` is called when a sender begins to wait, on its thread.
  BufferPool(std::size_t total, std::size_t usual_size, base::Task on_exhausted);

  // `size` bytes, not initialised. Waits until `deadline`; without one it does not wait. Errors:
  // record_too_large (more than there is at all), buffer_exhausted, would_block, closed.
  Result<std::shared_ptr<BatchMemory>> allocate(std::size_t size,
                                                std::optional<Clock::time_point> deadline);

  // Somebody waits for memory.
  bool exhausted() const;
  std::size_t available() const;
  std::size_t waiting() const;

  // Those who wait, and all who come, get `closed`.
  void close();

 private:
  const std::shared_ptr<BufferPoolState> state_;
  base::Task on_exhausted_;
};

}  // namespace ottla::client
