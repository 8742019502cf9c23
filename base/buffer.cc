#include "base/buffer.h"

#include <cstring>
#include <new>

namespace ottla::base {

SharedBuffer SharedBuffer::allocate(std::size_t size) {
  SharedBuffer made;
  made.data_ = std::shared_ptr<char>(static_cast<char*>(::operator new(size)),
                                     [](char* p) { ::operator delete(p); });
  made.size_ = size;
  return made;
}

SharedBuffer SharedBuffer::copy_of(BytesView bytes) {
  auto made = allocate(bytes.size());
  if (!bytes.empty()) std::memcpy(made.data(), bytes.data(), bytes.size());
  return made;
}

SharedBuffer SharedBuffer::own(std::string bytes) {
  SharedBuffer made;
  auto owner = std::make_shared<std::string>(std::move(bytes));
  made.size_ = owner->size();
  made.data_ = std::shared_ptr<char>(owner, owner->data());
  return made;
}

SharedBuffer SharedBuffer::adopt(std::shared_ptr<char> block, std::size_t size) {
  SharedBuffer made;
  made.data_ = std::move(block);
  made.size_ = size;
  return made;
}

}  // namespace ottla::base
