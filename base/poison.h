#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define OTTLA_ADDRESS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define OTTLA_ADDRESS_SANITIZER
#endif
#endif
#ifdef OTTLA_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#endif

namespace ottla::base {

// Memory that is kept for its next user must not be touched meanwhile: AddressSanitizer reports it,
// as it would for freed memory. Nothing without it.
inline void poison([[maybe_unused]] const void* memory, [[maybe_unused]] std::size_t size) {
#ifdef OTTLA_ADDRESS_SANITIZER
  __asan_poison_memory_region(memory, size);
#endif
}

inline void unpoison([[maybe_unused]] const void* memory, [[maybe_unused]] std::size_t size) {
#ifdef OTTLA_ADDRESS_SANITIZER
  __asan_unpoison_memory_region(memory, size);
#endif
}

}  // namespace ottla::base
