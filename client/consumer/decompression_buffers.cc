#include "client/consumer/decompression_buffers.h"

#include <utility>

#include "base/poison.h"

namespace ottla::client {

std::string DecompressionBuffers::take() {
  const std::lock_guard lock(mutex_);
  if (kept_.empty()) return {};
  auto taken = std::move(kept_.back());
  kept_.pop_back();
  bytes_ -= taken.capacity();
  base::unpoison(taken.data(), taken.capacity());
  return taken;
}

DecompressionBuffers::~DecompressionBuffers() {
  for (auto& buffer : kept_) base::unpoison(buffer.data(), buffer.capacity());
}

void DecompressionBuffers::give_back(std::string buffer) {
  const std::lock_guard lock(mutex_);
  if (bytes_ + buffer.capacity() > kMostKept) return;
  bytes_ += buffer.capacity();
  base::poison(buffer.data(), buffer.capacity());
  kept_.push_back(std::move(buffer));
}

}  // namespace ottla::client
