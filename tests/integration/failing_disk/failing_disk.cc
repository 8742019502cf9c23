// Preloaded into a process: once the file that FAILING_DISK_WHEN names is there, whatever is
// written or synced below the directory that FAILING_DISK names fails as on a disk that is broken.
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

bool fails(int descriptor) {
  const char* below = std::getenv("FAILING_DISK");
  const char* when = std::getenv("FAILING_DISK_WHEN");
  if (below == nullptr || when == nullptr || ::access(when, F_OK) != 0) return false;
  char path[PATH_MAX];
  const auto link = "/proc/self/fd/" + std::to_string(descriptor);
  const auto size = ::readlink(link.c_str(), path, sizeof path);
  return size > 0 && std::string_view(path, static_cast<std::size_t>(size)).starts_with(below);
}

long failed() {
  errno = EIO;
  return -1;
}

}  // namespace

extern "C" {

int fsync(int descriptor) {
  return static_cast<int>(fails(descriptor) ? failed() : ::syscall(SYS_fsync, descriptor));
}

int fdatasync(int descriptor) {
  return static_cast<int>(fails(descriptor) ? failed() : ::syscall(SYS_fdatasync, descriptor));
}

int syncfs(int descriptor) noexcept {
  return static_cast<int>(fails(descriptor) ? failed() : ::syscall(SYS_syncfs, descriptor));
}

ssize_t pwritev(int descriptor, const iovec* parts, int count, off_t position) {
  if (fails(descriptor)) return failed();
  return ::syscall(SYS_pwritev, descriptor, parts, count, position, 0);
}

ssize_t pwritev64(int descriptor, const iovec* parts, int count, off64_t position) {
  return pwritev(descriptor, parts, count, position);
}
}
