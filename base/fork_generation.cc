#include "base/fork_generation.h"

#include <pthread.h>

#include <atomic>

namespace ottla::base {
namespace {

// A fork concerns the whole process, so this is one of the few things that belong to nobody.
std::atomic<std::uint32_t> generation{0};

}  // namespace

std::uint32_t fork_generation() {
  static const int registered = ::pthread_atfork(
      nullptr, nullptr, [] { generation.fetch_add(1, std::memory_order_relaxed); });
  (void)registered;
  return generation.load(std::memory_order_relaxed);
}

}  // namespace ottla::base
