#pragma once

#include <chrono>

#include "ottla/record.h"

namespace ottla::interceptors {

// As records have it.
inline Timestamp wall_now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace ottla::interceptors
