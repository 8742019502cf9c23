#include "base/process_limits.h"

#include <sys/resource.h>

#include <limits>

namespace ottla::base {

std::size_t limit_of_open_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
    return std::numeric_limits<std::size_t>::max();
  }
  return limit.rlim_cur;
}

}  // namespace ottla::base
