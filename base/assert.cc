#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace ottla::base {

void assertion_failed(const char* condition, std::string_view why, const char* file, int line) {
  std::fprintf(stderr, "ottla: assertion failed at %s:%d: %s: %.*s\n", file, line, condition,
               static_cast<int>(why.size()), why.data());
  std::abort();
}

}  // namespace ottla::base
