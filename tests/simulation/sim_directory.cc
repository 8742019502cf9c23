#include "tests/simulation/sim_directory.h"

#include <utility>

namespace ottla::simulation {
namespace {

class SimFile final : public base::File {
 public:
  SimFile(SimDisk& disk, std::shared_ptr<SimInode> inode, std::string path, bool writable)
      : disk_(disk),
        inode_(std::move(inode)),
        path_(std::move(path)),
        writable_(writable),
        life_(disk.life()) {}

  Result<void> write_at(std::uint64_t position, std::span<const BytesView> parts) override {
    if (!writable_) return read_only();
    auto checked = disk_.check(DiskCall::write, path_, life_);
    if (disk_.life() != life_) return checked;
    if (auto begun = disk_.before_change(inode_, path_); !begun) return begun;
    if (checked) {
      checked = disk_.write(*inode_, position, parts, path_);
    } else {
      disk_.write_some(*inode_, position, parts, checked.error().code());
    }
    auto ended = disk_.after_change(path_);
    return ended ? checked : ended;
  }

  Result<std::size_t> read_at(std::uint64_t position, std::span<char> into) const override {
    disk_.count_sleep();
    return read(position, into);
  }

  Result<std::size_t> try_read_at(std::uint64_t position, std::span<char> into) const override {
    if (disk_.must_wait()) return Error(ErrorCode::would_block);
    return read(position, into);
  }

  Result<void> sync() override {
    if (sync_failed_) {
      return Error(ErrorCode::io_error, "an earlier sync failed", {.file = path_});
    }
    auto synced = disk_.sync(*inode_, path_, life_);
    sync_failed_ = !synced;
    return synced;
  }

  Result<void> truncate(std::uint64_t size) override {
    if (!writable_) return read_only();
    if (auto checked = disk_.check(DiskCall::write, path_, life_); !checked) return checked;
    if (auto begun = disk_.before_change(inode_, path_); !begun) return begun;
    inode_->contents().truncate(size);
    return disk_.after_change(path_);
  }

  Result<std::uint64_t> size() const override {
    if (disk_.life() != life_) return disk_.check(DiskCall::read, path_, life_).error();
    return std::uint64_t{inode_->contents().bytes().size()};
  }

  int descriptor() const override { return -1; }
  const std::string& path() const override { return path_; }

 private:
  Result<std::size_t> read(std::uint64_t position, std::span<char> into) const {
    if (auto checked = disk_.check(DiskCall::read, path_, life_); !checked) return checked.error();
    const std::string& bytes = inode_->contents().bytes();
    if (position >= bytes.size()) return std::size_t{0};
    return bytes.copy(into.data(), into.size(), static_cast<std::size_t>(position));
  }

  Error read_only() const {
    return Error(ErrorCode::io_error, "the file was opened for reading only", {.file = path_});
  }

  SimDisk& disk_;
  std::shared_ptr<SimInode> inode_;
  std::string path_;
  bool writable_;
  std::uint64_t life_;
  bool sync_failed_ = false;
};

class SimLock final : public base::DirectoryLock {
 public:
  SimLock(SimDisk& disk, std::shared_ptr<SimInode> inode)
      : disk_(disk), inode_(std::move(inode)), life_(disk.life()) {}
  ~SimLock() override { disk_.unlock(*inode_, life_); }

 private:
  SimDisk& disk_;
  std::shared_ptr<SimInode> inode_;
  std::uint64_t life_;
};

}  // namespace

SimDirectory::SimDirectory(SimDisk& disk, std::shared_ptr<SimInode> inode, std::string path)
    : disk_(disk), inode_(std::move(inode)), path_(std::move(path)), life_(disk.life()) {}

std::string SimDirectory::path_of(std::string_view name) const {
  return (path_ == "/" ? "" : path_) + "/" + std::string(name);
}

std::shared_ptr<SimInode> SimDirectory::find(std::string_view name) const {
  const auto found = inode_->entries().find(name);
  return found == inode_->entries().end() ? nullptr : found->second;
}

Result<void> SimDirectory::check(std::string_view name, DiskCall call) const {
  if (name.empty() || name == "." || name == ".." || name.find('/') != std::string_view::npos) {
    return Error(ErrorCode::invalid_argument, "not a name of an entry", {.file = path_of(name)});
  }
  return disk_.check(call, path_of(name), life_);
}

Error SimDirectory::missing(std::string_view name) const {
  return Error(ErrorCode::not_found, "no such file or directory", {.file = path_of(name)});
}

std::unique_ptr<base::Directory> SimDirectory::handle(std::shared_ptr<SimInode> inode,
                                                      std::string_view name) const {
  return std::make_unique<SimDirectory>(disk_, std::move(inode), path_of(name));
}

Result<std::shared_ptr<SimInode>> SimDirectory::find_or_make(std::string_view name,
                                                             base::OpenMode mode) {
  auto inode = find(name);
  const auto call = inode ? DiskCall::open : DiskCall::entry;
  if (auto checked = check(name, call); !checked) return checked.error();
  if (inode && mode == base::OpenMode::create_new) {
    return Error(ErrorCode::already_in_use, "it exists", {.file = path_of(name)});
  }
  if (inode && inode->is_directory()) {
    return Error(ErrorCode::io_error, "is a directory", {.file = path_of(name)});
  }
  if (inode) return inode;
  if (mode == base::OpenMode::read || mode == base::OpenMode::read_write) return missing(name);
  inode = std::make_shared<SimInode>(false);
  if (auto begun = disk_.before_change(inode_, path_of(name)); !begun) return begun.error();
  inode_->link(std::string(name), inode);
  if (auto ended = disk_.after_change(path_of(name)); !ended) return ended.error();
  return inode;
}

Result<std::shared_ptr<base::File>> SimDirectory::open(std::string_view name, base::OpenMode mode) {
  auto inode = find_or_make(name, mode);
  if (!inode) return inode.error();
  if (mode == base::OpenMode::create_truncate && !(*inode)->contents().bytes().empty()) {
    if (auto begun = disk_.before_change(*inode, path_of(name)); !begun) return begun.error();
    (*inode)->contents().truncate(0);
    if (auto ended = disk_.after_change(path_of(name)); !ended) return ended.error();
  }
  return std::shared_ptr<base::File>(std::make_shared<SimFile>(
      disk_, std::move(*inode), path_of(name), mode != base::OpenMode::read));
}

Result<std::unique_ptr<base::Directory>> SimDirectory::open_directory(std::string_view name) {
  if (auto checked = check(name, DiskCall::open); !checked) return checked.error();
  auto inode = find(name);
  if (!inode) return missing(name);
  if (!inode->is_directory()) {
    return Error(ErrorCode::io_error, "not a directory", {.file = path_of(name)});
  }
  return handle(std::move(inode), name);
}

Result<std::unique_ptr<base::Directory>> SimDirectory::create_directory(std::string_view name) {
  if (auto checked = check(name); !checked) return checked.error();
  if (find(name)) return open_directory(name);
  auto inode = std::make_shared<SimInode>(true);
  if (auto begun = disk_.before_change(inode_, path_of(name)); !begun) return begun.error();
  inode_->link(std::string(name), inode);
  if (auto ended = disk_.after_change(path_of(name)); !ended) return ended.error();
  return handle(std::move(inode), name);
}

Result<std::vector<base::DirectoryEntry>> SimDirectory::list() const {
  if (auto checked = disk_.check(DiskCall::read, path_, life_); !checked) return checked.error();
  std::vector<base::DirectoryEntry> entries;
  entries.reserve(inode_->entries().size());
  for (const auto& [name, inode] : inode_->entries()) {
    entries.push_back({name, inode->is_directory()});
  }
  return entries;
}

bool SimDirectory::exists(std::string_view name) const {
  return disk_.life() == life_ && find(name) != nullptr;
}

Result<void> SimDirectory::rename(std::string_view from, std::string_view to) {
  if (auto checked = check(from); !checked) return checked;
  if (auto checked = check(to); !checked) return checked;
  const auto source = find(from);
  const auto target = find(to);
  if (!source) return missing(from);
  if (from == to) return {};
  if (target && target->is_directory()) {
    return Error(ErrorCode::already_in_use, "a directory is there", {.file = path_of(to)});
  }
  if (target && source->is_directory()) {
    return Error(ErrorCode::io_error, "a file is there", {.file = path_of(to)});
  }
  if (auto begun = disk_.before_change(inode_, path_of(to)); !begun) return begun;
  inode_->rename(std::string(from), std::string(to));
  return disk_.after_change(path_of(to));
}

Result<void> SimDirectory::remove(std::string_view name) {
  if (auto checked = check(name); !checked) return checked;
  const auto inode = find(name);
  if (!inode) return missing(name);
  if (!inode->entries().empty()) {
    return Error(ErrorCode::io_error, "the directory is not empty", {.file = path_of(name)});
  }
  if (auto begun = disk_.before_change(inode_, path_of(name)); !begun) return begun;
  inode_->unlink(std::string(name));
  return disk_.after_change(path_of(name));
}

Result<void> SimDirectory::sync() {
  return disk_.sync(*inode_, path_, life_);
}

Result<void> SimDirectory::sync_file_system() {
  return disk_.sync_all(path_, life_);
}

Result<std::unique_ptr<base::DirectoryLock>> SimDirectory::lock(std::string_view name) {
  auto inode = find_or_make(name, base::OpenMode::create);
  if (!inode) return inode.error();
  if (!disk_.lock(**inode)) {
    return Error(ErrorCode::already_in_use, "the lock is held by another", {.file = path_of(name)});
  }
  return std::unique_ptr<base::DirectoryLock>(std::make_unique<SimLock>(disk_, std::move(*inode)));
}

}  // namespace ottla::simulation
