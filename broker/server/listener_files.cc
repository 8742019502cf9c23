#include "broker/server/listener_files.h"

#include <sys/stat.h>

namespace ottla::broker {

FileStamp stamp_of(const std::string& path) {
  struct stat status {};
  if (path.empty() || ::stat(path.c_str(), &status) != 0) return {};
  return {
      .file = status.st_ino,
      .changed_ns = std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec,
      .size = status.st_size};
}

}  // namespace ottla::broker
