#pragma once

#include <cstddef>
#include <memory>

#include "base/buffer.h"

namespace ottla::base {

// Keeps freed blocks for the next taker, in classes of powers of two, so that large buffers that
// come and go do not go through the allocator. Any thread. It may be destroyed before the buffers
// it handed out, which are then freed as they end.
class BufferPool {
 public:
  // At most `limit` bytes are kept idle; what is handed out is not limited here.
  explicit BufferPool(std::size_t limit);
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;
  ~BufferPool();

  // A buffer of `size` bytes that are not initialised; its block is up to twice as large. Its last
  // owner, on whatever thread, gives it back. Sizes beyond 64 MiB are not pooled.
  SharedBuffer take(std::size_t size);

  // Bytes kept for the next takers.
  std::size_t idle_bytes() const;

 private:
  class Shelves;
  const std::shared_ptr<Shelves> shelves_;
};

}  // namespace ottla::base
