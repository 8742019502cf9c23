#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace ottla::base {

void assertion_failed(const char* condition, std::string_view why,
                      const std::source_location& where) {
  std::fprintf(stderr, "ottla: assertion failed at %s:%u: %s: %.*s\n", where.file_name(),
               static_cast<unsigned>(where.line()), condition, static_cast<int>(why.size()),
               why.data());
  std::abort();
}

}  // namespace ottla::base
