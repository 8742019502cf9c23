#pragma once

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/lsan_interface.h>
#define OTTLA_LEAKS_ARE_LOOKED_FOR
#endif
#endif

namespace ottla::simulation {

// What is allocated while one of these lives may be left behind. A process that is killed frees
// nothing: a future that nobody completes any more holds its waiter, and that the future.
class NeverFreed {
 public:
  NeverFreed() {}
  NeverFreed(const NeverFreed&) = delete;
  NeverFreed& operator=(const NeverFreed&) = delete;

 private:
#ifdef OTTLA_LEAKS_ARE_LOOKED_FOR
  __lsan::ScopedDisabler disabler_;
#endif
};

}  // namespace ottla::simulation
