#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

namespace ottla::client {

// Keeps the memory of batches that were decompressed for those to come: from the allocator blocks
// of their size come as fresh pages, which cost as much as decompressing. Any thread.
class DecompressionBuffers {
 public:
  DecompressionBuffers() = default;
  DecompressionBuffers(const DecompressionBuffers&) = delete;
  DecompressionBuffers& operator=(const DecompressionBuffers&) = delete;
  ~DecompressionBuffers();

  // Contents and size are whatever the last user left; without memory if none is kept.
  std::string take();
  // Kept if that stays within kMostKept.
  void give_back(std::string buffer);

  static constexpr std::size_t kMostKept = std::size_t{8} << 20;

 private:
  std::mutex mutex_;
  // Guarded by mutex_.
  std::vector<std::string> kept_;
  std::size_t bytes_ = 0;
};

}  // namespace ottla::client
