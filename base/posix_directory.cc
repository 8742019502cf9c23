#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>

#include "base/posix.h"

namespace ottla::base {
namespace {

constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

FileDescriptor open_directory_at(int parent, const std::string& name) {
  return FileDescriptor(
      uninterrupted([&] { return ::openat(parent, name.c_str(), kDirectoryFlags); }));
}

class PosixLock final : public DirectoryLock {
 public:
  explicit PosixLock(FileDescriptor fd) : fd_(std::move(fd)) {}

 private:
  // Closing it gives the lock back.
  const FileDescriptor fd_;
};

// Reads the entries of one directory; closes what it read from.
class EntryReader {
 public:
  // Takes the descriptor over.
  explicit EntryReader(int fd) : stream_(::fdopendir(fd)) {
    if (stream_ == nullptr) ::close(fd);
  }
  EntryReader(const EntryReader&) = delete;
  EntryReader& operator=(const EntryReader&) = delete;
  ~EntryReader() {
    if (stream_ != nullptr) ::closedir(stream_);
  }

  // The next entry, or nullptr at the end or on an error (then errno is not 0).
  const dirent* next() {
    if (stream_ == nullptr) return nullptr;
    errno = 0;
    return ::readdir(stream_);
  }

  bool is_directory(const dirent& entry) const {
    if (entry.d_type != DT_UNKNOWN && entry.d_type != DT_LNK) return entry.d_type == DT_DIR;
    struct stat status {};
    return ::fstatat(::dirfd(stream_), entry.d_name, &status, 0) == 0 && S_ISDIR(status.st_mode);
  }

 private:
  DIR* stream_;
};

// All names are looked up relative to the open descriptor, so the handle stays good when the
// directory itself is renamed.
class PosixDirectory final : public Directory {
 public:
  PosixDirectory(FileDescriptor fd, std::string path)
      : fd_(std::move(fd)), path_(std::move(path)) {}

  Result<std::shared_ptr<File>> open(std::string_view name, OpenMode mode) override {
    return open_posix_file(fd_.get(), path_, name, mode);
  }

  Result<std::unique_ptr<Directory>> open_directory(std::string_view name) override {
    if (auto checked = check_entry_name(name, path_); !checked) return checked.error();
    auto fd = open_directory_at(fd_.get(), std::string(name));
    if (!fd) return failed(errno, "open directory", name);
    return std::unique_ptr<Directory>(
        std::make_unique<PosixDirectory>(std::move(fd), path_ + "/" + std::string(name)));
  }

  Result<std::unique_ptr<Directory>> create_directory(std::string_view name) override {
    if (auto checked = check_entry_name(name, path_); !checked) return checked.error();
    if (::mkdirat(fd_.get(), std::string(name).c_str(), 0755) != 0 && errno != EEXIST) {
      return failed(errno, "make directory", name);
    }
    return open_directory(name);
  }

  Result<std::vector<DirectoryEntry>> list() const override;

  bool exists(std::string_view name) const override {
    if (!check_entry_name(name, path_)) return false;
    struct stat status {};
    return ::fstatat(fd_.get(), std::string(name).c_str(), &status, 0) == 0;
  }

  Result<void> rename(std::string_view from, std::string_view to) override {
    if (auto checked = check_entry_name(from, path_); !checked) return checked;
    if (auto checked = check_entry_name(to, path_); !checked) return checked;
    const std::string old_name(from);
    const std::string new_name(to);
    struct stat status {};
    // The system would replace an empty directory.
    if (from != to && ::fstatat(fd_.get(), new_name.c_str(), &status, 0) == 0 &&
        S_ISDIR(status.st_mode)) {
      return failed(EEXIST, "rename '" + old_name + "' to a directory that is there", to);
    }
    if (::renameat(fd_.get(), old_name.c_str(), fd_.get(), new_name.c_str()) == 0) return {};
    return failed(errno, "rename to '" + new_name + "'", from);
  }

  Result<void> remove(std::string_view name) override {
    if (auto checked = check_entry_name(name, path_); !checked) return checked;
    const std::string entry(name);
    if (::unlinkat(fd_.get(), entry.c_str(), 0) == 0) return {};
    if (errno != EISDIR) return failed(errno, "remove", name);
    if (::unlinkat(fd_.get(), entry.c_str(), AT_REMOVEDIR) == 0) return {};
    // Some systems say EEXIST for a directory that is not empty.
    return failed(errno == EEXIST ? ENOTEMPTY : errno, "remove directory", name);
  }

  Result<void> sync() override {
    if (uninterrupted([&] { return ::fsync(fd_.get()); }) == 0) return {};
    return sync_failed(errno, "fsync directory");
  }

  Result<void> sync_file_system() override {
    if (uninterrupted([&] { return ::syncfs(fd_.get()); }) == 0) return {};
    return sync_failed(errno, "syncfs");
  }

  Result<DiskSpace> space() const override {
    struct statvfs status {};
    if (uninterrupted([&] { return ::fstatvfs(fd_.get(), &status); }) != 0) {
      return failed(errno, "statvfs", "");
    }
    const std::uint64_t block = status.f_frsize;
    return DiskSpace{status.f_blocks * block, status.f_bavail * block};
  }

  Result<std::unique_ptr<DirectoryLock>> lock(std::string_view name) override;

  const std::string& path() const override { return path_; }

 private:
  Error failed(int number, std::string_view action, std::string_view name) const {
    auto where = current_path(fd_.get(), path_) + "/" + std::string(name);
    return posix_error(number, action, std::move(where));
  }

  // Never no_space, which would invite another try.
  Error sync_failed(int number, std::string_view action) const {
    const auto why = posix_error(number, action, current_path(fd_.get(), path_));
    return Error(ErrorCode::io_error, why.message(), why.context());
  }

  const FileDescriptor fd_;
  const std::string path_;
};

Result<std::vector<DirectoryEntry>> PosixDirectory::list() const {
  // A descriptor of its own: a duplicate would share the reading position with other callers.
  const int fd = uninterrupted([&] { return ::openat(fd_.get(), ".", kDirectoryFlags); });
  if (fd < 0) return posix_error(errno, "list", current_path(fd_.get(), path_));
  EntryReader reader(fd);
  std::vector<DirectoryEntry> entries;
  while (const auto* entry = reader.next()) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    entries.push_back({std::string(name), reader.is_directory(*entry)});
  }
  if (errno != 0) return posix_error(errno, "list", current_path(fd_.get(), path_));
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return entries;
}

// A lock of the open file description: it conflicts with the record locks of other processes (Java
// takes those), and, unlike them, with other holders in this process.
Result<std::unique_ptr<DirectoryLock>> PosixDirectory::lock(std::string_view name) {
  if (auto checked = check_entry_name(name, path_); !checked) return checked.error();
  const std::string entry(name);
  FileDescriptor fd(uninterrupted(
      [&] { return ::openat(fd_.get(), entry.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644); }));
  if (!fd) return failed(errno, "open lock file", name);
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (uninterrupted([&] { return ::fcntl(fd.get(), F_OFD_SETLK, &whole); }) == 0) {
    return std::unique_ptr<DirectoryLock>(std::make_unique<PosixLock>(std::move(fd)));
  }
  if (errno != EAGAIN && errno != EACCES) return failed(errno, "lock", name);
  return Error(ErrorCode::already_in_use,
               "the lock is held by another process or by another instance in this one; a "
               "directory serves one of them at a time",
               {.file = current_path(fd_.get(), path_) + "/" + entry});
}

// Makes one directory and its entry in `parent` durable; fine if it is there.
Result<void> make_directory(const std::string& path, const std::string& parent) {
  if (::mkdir(path.c_str(), 0755) != 0) {
    if (errno == EEXIST) return {};
    return posix_error(errno, "make directory", path);
  }
  auto fd = open_directory_at(AT_FDCWD, parent);
  if (!fd || uninterrupted([&] { return ::fsync(fd.get()); }) != 0) {
    return posix_error(errno, "fsync directory", parent);
  }
  return {};
}

// Makes what is missing of "/a", "/a/b", "/a/b/c" for the path "/a/b/c".
Result<void> make_directories(const std::string& path) {
  std::string parent = path.front() == '/' ? "/" : ".";
  for (std::size_t end = 0; end < path.size();) {
    const auto begin = path.find_first_not_of('/', end);
    if (begin == std::string::npos) break;
    end = std::min(path.find('/', begin), path.size());
    std::string part = path.substr(0, end);
    struct stat status {};
    if (::stat(part.c_str(), &status) != 0) {
      if (auto made = make_directory(part, parent); !made) return made;
    }
    parent = std::move(part);
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Directory>> open_posix_directory(const std::string& path) {
  if (path.empty() || path.find('\0') != std::string::npos) {
    return Error(ErrorCode::invalid_argument, "the path of the directory is empty or has a NUL");
  }
  if (auto made = make_directories(path); !made) return made.error();
  auto fd = open_directory_at(AT_FDCWD, path);
  if (!fd) return posix_error(errno, "open directory", path);
  std::string clean = path;
  while (clean.size() > 1 && clean.back() == '/') clean.pop_back();
  return std::unique_ptr<Directory>(
      std::make_unique<PosixDirectory>(std::move(fd), std::move(clean)));
}

}  // namespace ottla::base
