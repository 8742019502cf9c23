#pragma once

#include <mutex>

namespace ottla::base {

// A mutex for sections of a few dozen nanoseconds that two threads enter all the time: who finds it
// locked looks again for about a microsecond before going to sleep, since sleeping and being woken
// cost far more than what is waited for.
class SpinningMutex {
 public:
  void lock() {
    for (int i = 0; i < kLooks; ++i) {
      if (mutex_.try_lock()) return;
      relax();
    }
    mutex_.lock();
  }
  bool try_lock() { return mutex_.try_lock(); }
  void unlock() { mutex_.unlock(); }

 private:
  static constexpr int kLooks = 64;

  static void relax() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }

  std::mutex mutex_;
};

}  // namespace ottla::base
