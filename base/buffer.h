#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "ottla/bytes.h"

namespace ottla::base {

// A block of memory with several owners; freed (or given back to its pool) by the last one.
// The bytes of a fresh block are not initialised. Owners may be on different threads; writing is
// for whoever made it, before it is shared.
class SharedBuffer {
 public:
  SharedBuffer() = default;
  static SharedBuffer allocate(std::size_t size);
  static SharedBuffer copy_of(BytesView bytes);
  static SharedBuffer own(std::string bytes);
  // The first `size` bytes of a block, which is freed as `block` says.
  static SharedBuffer adopt(std::shared_ptr<char> block, std::size_t size);

  char* data() { return data_.get(); }
  const char* data() const { return data_.get(); }
  std::size_t size() const { return size_; }
  BytesView view() const { return {data_.get(), size_}; }
  explicit operator bool() const { return data_ != nullptr; }
  std::shared_ptr<const void> owner() const { return data_; }

 private:
  std::shared_ptr<char> data_;
  std::size_t size_ = 0;
};

// Borrowed bytes together with what keeps them alive.
struct Slice {
  std::shared_ptr<const void> owner;
  BytesView bytes;

  static Slice of(const SharedBuffer& buffer) { return {buffer.owner(), buffer.view()}; }
  static Slice of(const SharedBuffer& buffer, BytesView part) { return {buffer.owner(), part}; }
  static Slice own(std::string bytes) { return of(SharedBuffer::own(std::move(bytes))); }
};

}  // namespace ottla::base
