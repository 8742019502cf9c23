#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <climits>
#include <mutex>

#include "base/posix.h"
#include "base/system_message.h"

namespace ottla::base {

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) ::close(fd_);
}

Error posix_error(int number, std::string_view action, std::string file) {
  auto code = ErrorCode::io_error;
  if (number == ENOSPC || number == EDQUOT) code = ErrorCode::no_space;
  // A want that passes, too: whoever can wait for space on a disk can wait for a descriptor.
  if (number == EMFILE || number == ENFILE) code = ErrorCode::no_space;
  if (number == ENOENT) code = ErrorCode::not_found;
  if (number == EEXIST) code = ErrorCode::already_in_use;
  return Error(code, std::string(action) + ": " + system_message(number),
               {.file = std::move(file)});
}

std::string current_path(int fd, const std::string& opened_as) {
  struct stat open_one {};
  struct stat named_one {};
  if (::fstat(fd, &open_one) == 0 && ::stat(opened_as.c_str(), &named_one) == 0 &&
      open_one.st_dev == named_one.st_dev && open_one.st_ino == named_one.st_ino) {
    return opened_as;
  }
  std::string target(PATH_MAX, '\0');
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const auto length = ::readlink(link.c_str(), target.data(), target.size());
  if (length <= 0) return opened_as;
  target.resize(static_cast<std::size_t>(length));
  return target;
}

Result<void> check_entry_name(std::string_view name, const std::string& directory_path) {
  const bool good = !name.empty() && name != "." && name != ".." &&
                    name.find('/') == std::string_view::npos &&
                    name.find('\0') == std::string_view::npos;
  if (good) return {};
  return Error(ErrorCode::invalid_argument,
               "'" + std::string(name) + "' cannot name a file: it is empty, '.', '..', or has '/'",
               {.file = directory_path});
}

namespace {

constexpr std::size_t kMaxParts = 256;
static_assert(kMaxParts <= IOV_MAX);

// The parts that are still to be written, in pieces that fit one system call.
class PartsLeft {
 public:
  explicit PartsLeft(std::span<const BytesView> parts) : parts_(parts) { skip_empty(); }

  bool done() const { return next_ == parts_.size(); }

  std::span<const iovec> fill(std::array<iovec, kMaxParts>& into) const {
    std::size_t count = 0;
    for (std::size_t i = next_; i < parts_.size() && count < into.size(); ++i) {
      const auto part = i == next_ ? parts_[i].substr(taken_) : parts_[i];
      if (part.empty()) continue;
      into[count++] = {const_cast<char*>(part.data()), part.size()};
    }
    return {into.data(), count};
  }

  void advance(std::size_t written) {
    taken_ += written;
    while (next_ < parts_.size() && taken_ >= parts_[next_].size()) {
      taken_ -= parts_[next_].size();
      ++next_;
    }
    skip_empty();
  }

 private:
  void skip_empty() {
    while (next_ < parts_.size() && taken_ == 0 && parts_[next_].empty()) ++next_;
  }

  std::span<const BytesView> parts_;
  std::size_t next_ = 0;
  std::size_t taken_ = 0;
};

class PosixFile final : public File {
 public:
  PosixFile(FileDescriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  Result<void> write_at(std::uint64_t position, std::span<const BytesView> parts) override {
    std::array<iovec, kMaxParts> space;
    PartsLeft left(parts);
    while (!left.done()) {
      const auto vectors = left.fill(space);
      const auto written = uninterrupted([&] {
        return ::pwritev(fd_.get(), vectors.data(), static_cast<int>(vectors.size()),
                         static_cast<off_t>(position));
      });
      if (written < 0) return failed(errno, "write");
      if (written == 0) return failed(EIO, "write");
      position += static_cast<std::uint64_t>(written);
      left.advance(static_cast<std::size_t>(written));
    }
    return {};
  }

  Result<std::size_t> read_at(std::uint64_t position, std::span<char> into) const override {
    std::size_t count = 0;
    while (count < into.size()) {
      const auto rest = into.subspan(count);
      const auto read = uninterrupted([&] {
        return ::pread(fd_.get(), rest.data(), rest.size(), static_cast<off_t>(position + count));
      });
      if (read < 0) return failed(errno, "read");
      if (read == 0) break;
      count += static_cast<std::size_t>(read);
    }
    return count;
  }

  Result<std::size_t> try_read_at(std::uint64_t position, std::span<char> into) const override {
    const auto refusal = refusal_.load(std::memory_order_relaxed);
    if (refusal == Refusal::needless) return read_at(position, into);
    if (refusal == Refusal::unknown) return ErrorCode::would_block;
    std::size_t count = 0;
    while (count < into.size()) {
      const auto rest = into.subspan(count);
      const iovec vector{rest.data(), rest.size()};
      const auto read = uninterrupted([&] {
        return ::preadv2(fd_.get(), &vector, 1, static_cast<off_t>(position + count), RWF_NOWAIT);
      });
      if (read == 0) break;
      if (read < 0 && errno == EAGAIN) return ErrorCode::would_block;
      if (read < 0 && (errno == EOPNOTSUPP || errno == ENOSYS)) {
        refusal_.store(refusal_of_file_system(), std::memory_order_relaxed);
        return try_read_at(position, into);
      }
      if (read < 0) return failed(errno, "read");
      count += static_cast<std::size_t>(read);
    }
    return count;
  }

  // One at a time: the system tells of an error only once.
  Result<void> sync() override {
    const std::lock_guard<std::mutex> lock(sync_mutex_);
    if (sync_failed_) {
      return Error(ErrorCode::io_error, "an earlier fdatasync failed", {.file = path()});
    }
    if (uninterrupted([&] { return ::fdatasync(fd_.get()); }) == 0) return {};
    // Never no_space, which would invite another try: what a failed sync leaves is unknown.
    sync_failed_ = true;
    const auto why = failed(errno, "fdatasync");
    static_cast<void>(::posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_DONTNEED));
    return Error(ErrorCode::io_error, why.message(), why.context());
  }

  Result<void> truncate(std::uint64_t size) override {
    const auto length = static_cast<off_t>(size);
    if (uninterrupted([&] { return ::ftruncate(fd_.get(), length); }) == 0) return {};
    return failed(errno, "truncate");
  }

  Result<std::uint64_t> size() const override {
    struct stat status {};
    if (::fstat(fd_.get(), &status) != 0) return failed(errno, "fstat");
    return static_cast<std::uint64_t>(status.st_size);
  }

  int descriptor() const override { return fd_.get(); }
  const std::string& path() const override { return path_; }

 private:
  Error failed(int number, std::string_view action) const {
    return posix_error(number, action, current_path(fd_.get(), path_));
  }

  // How the file system refuses a read that would wait: by RWF_NOWAIT; it need not, since it is all
  // memory; or there is no knowing.
  enum class Refusal : std::uint8_t { known, needless, unknown };

  // Of one that does not know RWF_NOWAIT.
  Refusal refusal_of_file_system() const {
    struct statfs status {};
    if (::fstatfs(fd_.get(), &status) != 0) return Refusal::unknown;
    const bool in_memory = status.f_type == TMPFS_MAGIC || status.f_type == RAMFS_MAGIC;
    return in_memory ? Refusal::needless : Refusal::unknown;
  }

  const FileDescriptor fd_;
  const std::string path_;
  mutable std::atomic<Refusal> refusal_{Refusal::known};
  std::mutex sync_mutex_;
  bool sync_failed_ = false;  // guarded by sync_mutex_
};

int flags_of(OpenMode mode) {
  switch (mode) {
    case OpenMode::read:
      return O_RDONLY;
    case OpenMode::read_write:
      return O_RDWR;
    case OpenMode::create:
    case OpenMode::create_private:
      return O_RDWR | O_CREAT;
    case OpenMode::create_new:
      return O_RDWR | O_CREAT | O_EXCL;
    case OpenMode::create_truncate:
      return O_RDWR | O_CREAT | O_TRUNC;
  }
  return O_RDONLY;
}

}  // namespace

Result<std::shared_ptr<File>> open_posix_file(int directory, const std::string& directory_path,
                                              std::string_view name, OpenMode mode) {
  if (auto checked = check_entry_name(name, directory_path); !checked) return checked.error();
  const std::string entry(name);
  const mode_t rights = mode == OpenMode::create_private ? 0600 : 0644;
  FileDescriptor fd(uninterrupted(
      [&] { return ::openat(directory, entry.c_str(), flags_of(mode) | O_CLOEXEC, rights); }));
  const int number = errno;
  std::string path = directory_path + "/" + entry;
  if (!fd) {
    return posix_error(number, "open", current_path(directory, directory_path) + "/" + entry);
  }
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return posix_error(errno, "fstat", std::move(path));
  if (S_ISDIR(status.st_mode)) return posix_error(EISDIR, "open", std::move(path));
  return std::shared_ptr<File>(std::make_shared<PosixFile>(std::move(fd), std::move(path)));
}

}  // namespace ottla::base
