#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <system_error>

#include "base/file.h"
#include "base/posix.h"

namespace ottla::base {
namespace {

constexpr std::size_t kChunkSize = 16 << 10;
constexpr std::size_t kSmallest = 256;
constexpr std::uint64_t kMaxFileSize = std::uint64_t{1} << 36;

// The bytes of one file: chunks made when first written; what was never written reads as zeros. The
// first one grows with the file, since most files are small. Any thread.
class Contents {
 public:
  Result<void> write(std::uint64_t position, std::span<const BytesView> parts,
                     const std::string& path) {
    std::lock_guard guard(mutex_);
    for (const auto part : parts) {
      if (position > kMaxFileSize || part.size() > kMaxFileSize - position) {
        return posix_error(ENOSPC, "write beyond what a file in memory can hold", path);
      }
      if (!part.empty()) put(position, part);
      position += part.size();
    }
    return {};
  }

  std::size_t read(std::uint64_t position, std::span<char> into) const {
    std::lock_guard guard(mutex_);
    if (position >= size_) return 0;
    const auto total =
        static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), size_ - position));
    for (std::size_t done = 0; done < total;) {
      const auto index = static_cast<std::size_t>((position + done) / kChunkSize);
      const auto within = static_cast<std::size_t>((position + done) % kChunkSize);
      const auto length = std::min(total - done, kChunkSize - within);
      const auto written = index < chunks_.size() ? chunks_[index].from(within) : std::span<char>();
      const auto there = std::min(length, written.size());
      if (there > 0) std::memcpy(into.data() + done, written.data(), there);
      std::memset(into.data() + done + there, 0, length - there);
      done += length;
    }
    return total;
  }

  Result<void> truncate(std::uint64_t size, const std::string& path) {
    if (size > kMaxFileSize) {
      return posix_error(ENOSPC, "truncate beyond what a file in memory can hold", path);
    }
    std::lock_guard guard(mutex_);
    if (size < size_) {
      const auto kept = static_cast<std::size_t>((size + kChunkSize - 1) / kChunkSize);
      if (kept < chunks_.size()) chunks_.resize(kept);
      const auto within = static_cast<std::size_t>(size % kChunkSize);
      // What lies behind the end must read as zeros if the file grows again.
      if (within != 0 && kept == chunks_.size()) {
        std::ranges::fill(chunks_.back().from(within), '\0');
      }
    }
    size_ = size;
    return {};
  }

  std::uint64_t size() const {
    std::lock_guard guard(mutex_);
    return size_;
  }

 private:
  struct Chunk {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;

    std::span<char> from(std::size_t within) const {
      return within < size ? std::span<char>(bytes.get() + within, size - within)
                           : std::span<char>();
    }
    void grow(std::size_t to) {
      if (to <= size) return;
      auto grown = std::make_unique<char[]>(to);
      if (size > 0) std::memcpy(grown.get(), bytes.get(), size);
      bytes = std::move(grown);
      size = to;
    }
  };

  void put(std::uint64_t position, BytesView bytes) {
    const auto end = position + bytes.size();
    const auto needed = static_cast<std::size_t>((end + kChunkSize - 1) / kChunkSize);
    if (chunks_.size() < needed) chunks_.resize(needed);
    for (std::size_t done = 0; done < bytes.size();) {
      const auto index = static_cast<std::size_t>((position + done) / kChunkSize);
      const auto within = static_cast<std::size_t>((position + done) % kChunkSize);
      const auto length = std::min(bytes.size() - done, kChunkSize - within);
      auto& chunk = chunks_[index];
      chunk.grow(index > 0 ? kChunkSize : std::max(kSmallest, std::bit_ceil(within + length)));
      std::memcpy(chunk.bytes.get() + within, bytes.data() + done, length);
      done += length;
    }
    size_ = std::max(size_, end);
  }

  mutable std::mutex mutex_;
  std::uint64_t size_ = 0;
  std::vector<Chunk> chunks_;
};

// A file or a directory. All but `contents` is guarded by the mutex of the file system.
struct Node {
  explicit Node(bool directory) : is_directory(directory) {}

  const bool is_directory;
  bool removed = false;
  bool locked = false;
  std::map<std::string, std::shared_ptr<Node>, std::less<>> entries;
  Contents contents;
};

struct FileSystem {
  std::mutex mutex;
  const std::shared_ptr<Node> root = std::make_shared<Node>(true);
};

class MemoryFile final : public File {
 public:
  MemoryFile(std::shared_ptr<Node> node, std::string path, bool writable)
      : node_(std::move(node)), path_(std::move(path)), writable_(writable) {}

  Result<void> write_at(std::uint64_t position, std::span<const BytesView> parts) override {
    if (!writable_) return posix_error(EBADF, "write", path_);
    return node_->contents.write(position, parts, path_);
  }
  Result<std::size_t> read_at(std::uint64_t position, std::span<char> into) const override {
    return node_->contents.read(position, into);
  }
  Result<std::size_t> try_read_at(std::uint64_t position, std::span<char> into) const override {
    return node_->contents.read(position, into);
  }
  Result<void> sync() override { return {}; }
  Result<void> truncate(std::uint64_t size) override {
    if (!writable_) return posix_error(EBADF, "truncate", path_);
    return node_->contents.truncate(size, path_);
  }
  Result<std::uint64_t> size() const override { return node_->contents.size(); }
  int descriptor() const override { return -1; }
  const std::string& path() const override { return path_; }

 private:
  const std::shared_ptr<Node> node_;
  const std::string path_;
  const bool writable_;
};

class MemoryLock final : public DirectoryLock {
 public:
  MemoryLock(std::shared_ptr<FileSystem> files, std::shared_ptr<Node> node)
      : files_(std::move(files)), node_(std::move(node)) {}
  ~MemoryLock() override {
    std::lock_guard guard(files_->mutex);
    node_->locked = false;
  }

 private:
  const std::shared_ptr<FileSystem> files_;
  const std::shared_ptr<Node> node_;
};

class MemoryDirectory final : public Directory {
 public:
  MemoryDirectory(std::shared_ptr<FileSystem> files, std::shared_ptr<Node> node, std::string path)
      : files_(std::move(files)), node_(std::move(node)), path_(std::move(path)) {}

  Result<std::shared_ptr<File>> open(std::string_view name, OpenMode mode) override {
    if (auto checked = check_entry_name(name, path_); !checked) return checked.error();
    std::lock_guard guard(files_->mutex);
    auto node = find_or_make(name, mode);
    if (!node) return node.error();
    if (mode == OpenMode::create_truncate) {
      if (auto cut = (*node)->contents.truncate(0, path_); !cut) return cut.error();
    }
    return std::shared_ptr<File>(
        std::make_shared<MemoryFile>(std::move(*node), path_of(name), mode != OpenMode::read));
  }

  Result<std::unique_ptr<Directory>> open_directory(std::string_view name) override {
    if (auto checked = check_entry_name(name, path_); !checked) return checked.error();
    std::lock_guard guard(files_->mutex);
    const auto node = find(name);
    if (!node) return failed(ENOENT, "open directory", name);
    if (!node->is_directory) return failed(ENOTDIR, "open directory", name);
    return handle_of(node, name);
  }

  Result<std::unique_ptr<Directory>> create_directory(std::string_view name) override {
    if (auto checked = check_entry_name(name, path_); !checked) return checked.error();
    std::lock_guard guard(files_->mutex);
    if (node_->removed) return failed(ENOENT, "make directory", name);
    auto& node = node_->entries[std::string(name)];
    if (!node) node = std::make_shared<Node>(true);
    if (!node->is_directory) return failed(ENOTDIR, "open directory", name);
    return handle_of(node, name);
  }

  Result<std::vector<DirectoryEntry>> list() const override {
    std::lock_guard guard(files_->mutex);
    std::vector<DirectoryEntry> entries;
    for (const auto& [name, node] : node_->entries) entries.push_back({name, node->is_directory});
    return entries;
  }

  bool exists(std::string_view name) const override {
    std::lock_guard guard(files_->mutex);
    return find(name) != nullptr;
  }

  Result<void> rename(std::string_view from, std::string_view to) override;
  Result<void> remove(std::string_view name) override;
  Result<void> sync() override { return {}; }
  Result<void> sync_file_system() override { return {}; }
  Result<DiskSpace> space() const override {
    return Error(ErrorCode::io_error, "memory has no end");
  }

  Result<std::unique_ptr<DirectoryLock>> lock(std::string_view name) override {
    if (auto checked = check_entry_name(name, path_); !checked) return checked.error();
    std::lock_guard guard(files_->mutex);
    auto node = find_or_make(name, OpenMode::create);
    if (!node) return node.error();
    if ((*node)->locked) {
      return Error(ErrorCode::already_in_use,
                   "the lock is held by another instance; a directory serves one at a time",
                   {.file = path_of(name)});
    }
    (*node)->locked = true;
    return std::unique_ptr<DirectoryLock>(std::make_unique<MemoryLock>(files_, std::move(*node)));
  }

  const std::string& path() const override { return path_; }

 private:
  std::string path_of(std::string_view name) const { return path_ + "/" + std::string(name); }

  Error failed(int number, std::string_view action, std::string_view name) const {
    return posix_error(number, action, path_of(name));
  }

  // These are called with the mutex held.
  std::shared_ptr<Node> find(std::string_view name) const {
    const auto found = node_->entries.find(name);
    return found == node_->entries.end() ? nullptr : found->second;
  }

  Result<std::shared_ptr<Node>> find_or_make(std::string_view name, OpenMode mode) {
    auto node = find(name);
    if (node && mode == OpenMode::create_new) return failed(EEXIST, "open", name);
    if (node && node->is_directory) return failed(EISDIR, "open", name);
    if (node) return node;
    const bool makes = mode != OpenMode::read && mode != OpenMode::read_write;
    if (!makes || node_->removed) return failed(ENOENT, "open", name);
    node = std::make_shared<Node>(false);
    node_->entries.emplace(name, node);
    return node;
  }

  std::unique_ptr<Directory> handle_of(std::shared_ptr<Node> node, std::string_view name) const {
    return std::make_unique<MemoryDirectory>(files_, std::move(node), path_of(name));
  }

  const std::shared_ptr<FileSystem> files_;
  const std::shared_ptr<Node> node_;
  const std::string path_;
};

Result<void> MemoryDirectory::rename(std::string_view from, std::string_view to) {
  if (auto checked = check_entry_name(from, path_); !checked) return checked;
  if (auto checked = check_entry_name(to, path_); !checked) return checked;
  std::lock_guard guard(files_->mutex);
  auto node = find(from);
  if (!node) return failed(ENOENT, "rename to '" + std::string(to) + "'", from);
  if (from == to) return {};
  const auto target = find(to);
  if (target && target->is_directory) {
    return failed(EEXIST, "rename '" + std::string(from) + "' to a directory that is there", to);
  }
  if (target && node->is_directory) return failed(ENOTDIR, "rename", from);
  node_->entries.insert_or_assign(std::string(to), std::move(node));
  node_->entries.erase(node_->entries.find(from));
  return {};
}

Result<void> MemoryDirectory::remove(std::string_view name) {
  if (auto checked = check_entry_name(name, path_); !checked) return checked;
  std::lock_guard guard(files_->mutex);
  const auto found = node_->entries.find(name);
  if (found == node_->entries.end()) return failed(ENOENT, "remove", name);
  if (!found->second->entries.empty()) return failed(ENOTEMPTY, "remove directory", name);
  found->second->removed = true;
  node_->entries.erase(found);
  return {};
}

}  // namespace

std::unique_ptr<Directory> make_memory_directory(std::string path) {
  auto files = std::make_shared<FileSystem>();
  auto root = files->root;
  return std::make_unique<MemoryDirectory>(std::move(files), std::move(root), std::move(path));
}

}  // namespace ottla::base
