#include "tests/simulation/sim_disk.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "tests/simulation/sim_directory.h"

namespace ottla::simulation {
namespace {

std::uint64_t bytes_below(const SimInode& inode) {
  std::uint64_t sum = inode.contents().bytes().size();
  for (const auto& [name, child] : inode.entries()) sum += bytes_below(*child);
  return sum;
}

// The parts of a path between slashes.
std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (!part.empty()) parts.emplace_back(part);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  return parts;
}

}  // namespace

SimDisk::SimDisk(std::uint64_t seed, const DiskOptions& options, const SimScheduler* scheduler)
    : random_(seed), options_(options), scheduler_(scheduler) {}

SimDisk::~SimDisk() = default;

std::unique_ptr<base::Directory> SimDisk::open(std::string_view path) {
  std::shared_ptr<SimInode> at = root_;
  std::string name;
  for (const std::string& part : parts_of(path)) {
    name += "/" + part;
    const auto found = at->entries().find(part);
    if (found == at->entries().end()) {
      at->link(part, std::make_shared<SimInode>(true));
      at->sync();
    }
    at = at->entries().find(part)->second;
    OTTLA_ASSERT(at->is_directory(), "a directory was to be opened");
  }
  return std::make_unique<SimDirectory>(*this, at, name.empty() ? "/" : name);
}

void SimDisk::process_crash() {
  ++life_;
  locked_.clear();
  crashed_ = false;
  crash_pending_ = false;
}

void SimDisk::crash_at(std::uint64_t change, bool after) {
  crash_at_ = changes_ + change;
  crash_after_ = after;
}

void SimDisk::crash() {
  process_crash();
  crashed_ = true;
  if (on_crash_) on_crash_();
}

Error SimDisk::gone(const std::string& path) {
  return Error(ErrorCode::io_error, "the process that opened this is gone", {.file = path});
}

Result<void> SimDisk::count_change(const std::string& path) {
  if (changes_++ != crash_at_) return {};
  crash_pending_ = crash_after_;
  if (crash_after_) return {};
  crash();
  return gone(path);
}

Result<void> SimDisk::before_change(const std::shared_ptr<SimInode>& inode,
                                    const std::string& path) {
  if (auto counted = count_change(path); !counted) return counted;
  note_dirty(inode);
  return {};
}

Result<void> SimDisk::after_change(const std::string& path) {
  if (!crash_pending_) return {};
  crash();
  return gone(path);
}

bool SimDisk::power_cut(PowerCut how) {
  process_crash();
  bool at_stake = false;
  const auto dirty = std::exchange(dirty_, {});
  for (const auto& inode : dirty) {
    inode->queued_as_dirty = false;
    if (!inode->dirty()) continue;
    at_stake = true;
    inode->power_cut(how, random_);
  }
  return at_stake;
}

bool SimDisk::flip_bit(std::string_view path, std::uint64_t position, unsigned bit) {
  const auto inode = find(path);
  if (!inode || inode->is_directory()) return false;
  return inode->contents().flip_bit(position, bit);
}

std::shared_ptr<SimInode> SimDisk::find(std::string_view path) const {
  std::shared_ptr<SimInode> at = root_;
  for (const std::string& part : parts_of(path)) {
    const auto found = at->entries().find(part);
    if (found == at->entries().end()) return nullptr;
    at = found->second;
  }
  return at;
}

Result<void> SimDisk::check(DiskCall call, const std::string& path, std::uint64_t life) {
  if (life != life_) return gone(path);
  ++calls_[static_cast<std::size_t>(call)];
  for (DiskFault& fault : faults_) {
    if (fault.call != call || fault.times == 0) continue;
    if (path.find(fault.path_contains) == std::string::npos) continue;
    if (fault.after > 0) {
      --fault.after;
      continue;
    }
    --fault.times;
    return Error(fault.code, "an injected fault", {.file = path});
  }
  return {};
}

Result<void> SimDisk::sync(SimInode& inode, const std::string& path, std::uint64_t life) {
  count_sleep();
  const auto call = inode.is_directory() ? DiskCall::sync_directory : DiskCall::sync;
  if (auto checked = check(call, path, life); !checked) {
    if (life == life_) inode.fail_sync(random_, true);
    return checked;
  }
  if (auto counted = count_change(path); !counted) return counted;
  if (inode.contents().missing()) {
    inode.fail_sync(random_, true);
    return Error(ErrorCode::io_error, "an earlier write failed", {.file = path});
  }
  ++syncs_;
  if (!lies_) inode.sync();
  return after_change(path);
}

Result<void> SimDisk::sync_all(const std::string& path, std::uint64_t life) {
  count_sleep();
  if (auto checked = check(DiskCall::sync, path, life); !checked) {
    if (life == life_) {
      for (const auto& inode : dirty_) inode->fail_sync(random_, false);
    }
    return checked;
  }
  if (auto counted = count_change(path); !counted) return counted;
  ++syncs_;
  if (lies_) return after_change(path);
  for (const auto& inode : dirty_) inode->sync();
  sweep();
  return after_change(path);
}

void SimDisk::note_dirty(const std::shared_ptr<SimInode>& inode) {
  if (inode->queued_as_dirty) return;
  // Once in a while those that were synced since are let go.
  if (dirty_.size() >= sweep_at_) {
    sweep();
    sweep_at_ = std::max<std::size_t>(64, dirty_.size() * 2);
  }
  inode->queued_as_dirty = true;
  dirty_.push_back(inode);
}

void SimDisk::sweep() {
  std::erase_if(dirty_, [](const auto& inode) {
    inode->queued_as_dirty = inode->dirty();
    return !inode->queued_as_dirty;
  });
}

void SimDisk::count_sleep() {
  if (scheduler_ != nullptr && scheduler_->context() == SimContext::loop) ++sleeps_on_loops_;
}

base::DiskSpace SimDisk::space() const {
  const auto used = bytes_below(*root_);
  return {capacity_, capacity_ - std::min(used, capacity_)};
}

Result<void> SimDisk::write(SimInode& inode, std::uint64_t position,
                            std::span<const BytesView> parts, const std::string& path) {
  for (const BytesView part : parts) {
    const std::uint64_t end = position + part.size();
    if (capacity_ != kUnlimited && end > inode.contents().bytes().size() &&
        bytes_below(*root_) + end - inode.contents().bytes().size() > capacity_) {
      inode.contents().write(position, part.substr(0, random_.below(part.size())));
      return Error(ErrorCode::no_space, "the disk is full", {.file = path});
    }
    inode.contents().write(position, part);
    bytes_written_ += part.size();
    position = end;
  }
  return {};
}

void SimDisk::write_some(SimInode& inode, std::uint64_t position, std::span<const BytesView> parts,
                         ErrorCode why) {
  if (parts.empty() || parts.front().empty()) return;
  const BytesView part = parts.front();
  const auto most = why == ErrorCode::no_space && parts.size() == 1 ? part.size() - 1 : part.size();
  inode.contents().write(position, part.substr(0, random_.below(most + 1)));
}

bool SimDisk::must_wait() {
  return options_.would_block_one_in != 0 && random_.one_in(options_.would_block_one_in);
}

bool SimDisk::lock(const SimInode& inode) {
  return locked_.insert(&inode).second;
}

void SimDisk::unlock(const SimInode& inode, std::uint64_t life) {
  if (life == life_) locked_.erase(&inode);
}

}  // namespace ottla::simulation
