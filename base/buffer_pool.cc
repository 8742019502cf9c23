#include "base/buffer_pool.h"

#include <array>
#include <bit>
#include <mutex>
#include <new>
#include <vector>

namespace ottla::base {
namespace {

constexpr std::size_t kSmallestBits = 10;
constexpr std::size_t kLargestBits = 26;

// The class of `size`: blocks of 1 KiB shifted by it.
std::size_t class_of(std::size_t size) {
  const auto bits = static_cast<std::size_t>(std::bit_width(size == 0 ? 0 : size - 1));
  return bits <= kSmallestBits ? 0 : bits - kSmallestBits;
}

constexpr std::size_t block_size(std::size_t size_class) {
  return std::size_t{1} << (kSmallestBits + size_class);
}

}  // namespace

class BufferPool::Shelves {
 public:
  explicit Shelves(std::size_t limit) : limit_(limit) {}
  ~Shelves() { close(); }

  char* take(std::size_t size_class) {
    {
      std::lock_guard guard(mutex_);
      auto& shelf = shelves_[size_class];
      if (!shelf.empty()) {
        char* block = shelf.back();
        shelf.pop_back();
        idle_bytes_ -= block_size(size_class);
        return block;
      }
    }
    return static_cast<char*>(::operator new(block_size(size_class)));
  }

  void give_back(char* block, std::size_t size_class) {
    {
      std::lock_guard guard(mutex_);
      if (limit_ - idle_bytes_ >= block_size(size_class)) {
        shelves_[size_class].push_back(block);
        idle_bytes_ += block_size(size_class);
        return;
      }
    }
    ::operator delete(block);
  }

  // From here on nothing is kept.
  void close() {
    std::lock_guard guard(mutex_);
    for (auto& shelf : shelves_) {
      for (char* block : shelf) ::operator delete(block);
      shelf.clear();
    }
    idle_bytes_ = 0;
    limit_ = 0;
  }

  std::size_t idle_bytes() const {
    std::lock_guard guard(mutex_);
    return idle_bytes_;
  }

 private:
  mutable std::mutex mutex_;
  std::size_t limit_;
  std::size_t idle_bytes_ = 0;
  std::array<std::vector<char*>, kLargestBits - kSmallestBits + 1> shelves_;
};

BufferPool::BufferPool(std::size_t limit) : shelves_(std::make_shared<Shelves>(limit)) {}

BufferPool::~BufferPool() {
  shelves_->close();
}

SharedBuffer BufferPool::take(std::size_t size) {
  const auto size_class = class_of(size);
  if (size_class > kLargestBits - kSmallestBits) return SharedBuffer::allocate(size);
  std::shared_ptr<char> block(
      shelves_->take(size_class),
      [shelves = shelves_, size_class](char* p) { shelves->give_back(p, size_class); });
  return SharedBuffer::adopt(std::move(block), size);
}

std::size_t BufferPool::idle_bytes() const {
  return shelves_->idle_bytes();
}

}  // namespace ottla::base
