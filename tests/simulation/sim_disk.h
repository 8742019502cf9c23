#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/random.h"
#include "tests/simulation/sim_inode.h"
#include "tests/simulation/sim_scheduler.h"

namespace ottla::simulation {

// `open` is the opening of a file or directory that exists; `entry` what changes the names of one.
enum class DiskCall : std::uint8_t { read, write, sync, entry, sync_directory, open };

// From the `after`-th matching call on (0: the next one), `times` calls fail.
struct DiskFault {
  DiskCall call = DiskCall::sync;
  ErrorCode code = ErrorCode::io_error;
  std::uint64_t after = 0;
  std::uint64_t times = std::numeric_limits<std::uint64_t>::max();
  std::string path_contains;
};

struct DiskOptions {
  std::uint64_t would_block_one_in = 8;  // try_read_at that does not find its bytes; 0: none
};

// A disk and the operating system's view of it. Calls take no time; what may sleep belongs on
// workers, whose time passes. Everything is decided by the seed.
class SimDisk {
  static constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

 public:
  // `scheduler` tells who calls; without one nobody is on a loop.
  explicit SimDisk(std::uint64_t seed, const DiskOptions& options = {},
                   const SimScheduler* scheduler = nullptr);
  ~SimDisk();
  SimDisk(const SimDisk&) = delete;
  SimDisk& operator=(const SimDisk&) = delete;

  // The directory at `path`, made durably with its parents if it does not exist.
  std::unique_ptr<base::Directory> open(std::string_view path = "/");

  // The processes that used the disk are gone: what they hold answers io_error, their locks are
  // released, what they wrote stays.
  void process_crash();

  // The same, and of what was not synced only a part stays, by `how` and the seed. Returns whether
  // anything that was not synced was at stake.
  bool power_cut(PowerCut how = PowerCut::any);

  // The process dies at the `change`-th change from now on (0: the next): write, truncation, sync,
  // or change of names. It dies before the change is made, or `after` it, without an answer.
  void crash_at(std::uint64_t change, bool after);
  void crash_never() { crash_at_ = kUnlimited; }
  // Called when that comes to be, in the middle of what the process does.
  void set_on_crash(std::function<void()> on_crash) { on_crash_ = std::move(on_crash); }
  bool crashed() const { return crashed_; }
  // Changes that were asked for so far, by living processes.
  std::uint64_t changes() const { return changes_; }

  void inject(DiskFault fault) { faults_.push_back(std::move(fault)); }
  void clear_faults() { faults_.clear(); }
  // Calls of that kind that were asked for so far, by living processes.
  std::uint64_t calls(DiskCall call) const { return calls_[static_cast<std::size_t>(call)]; }

  // no_space for writes beyond so many bytes in all files.
  void set_capacity(std::uint64_t bytes) { capacity_ = bytes; }
  base::DiskSpace space() const;

  // Syncs answer success and do nothing: the planted bug that a power cut brings to light.
  void lie_about_syncs(bool lie) { lies_ = lie; }

  // Flips one bit of a file; false if it has no such byte.
  bool flip_bit(std::string_view path, std::uint64_t position, unsigned bit);

  std::uint64_t syncs() const { return syncs_; }
  std::uint64_t bytes_written() const { return bytes_written_; }
  // Calls that may sleep, made on a loop.
  std::uint64_t sleeps_on_loops() const { return sleeps_on_loops_; }

  // For files and directories; `life` is the one in which they were opened.
  std::uint64_t life() const { return life_; }
  Result<void> check(DiskCall call, const std::string& path, std::uint64_t life);
  Result<void> write(SimInode& inode, std::uint64_t position, std::span<const BytesView> parts,
                     const std::string& path);
  // A write that fails: some of it is there; if it is for want of space, not all.
  void write_some(SimInode& inode, std::uint64_t position, std::span<const BytesView> parts,
                  ErrorCode why);
  Result<void> sync(SimInode& inode, const std::string& path, std::uint64_t life);
  Result<void> sync_all(const std::string& path, std::uint64_t life);
  // Around every change of an inode, so that a crash may come in between.
  Result<void> before_change(const std::shared_ptr<SimInode>& inode, const std::string& path);
  Result<void> after_change(const std::string& path);
  bool must_wait();
  void count_sleep();
  bool lock(const SimInode& inode);
  void unlock(const SimInode& inode, std::uint64_t life);

 private:
  std::shared_ptr<SimInode> find(std::string_view path) const;
  void note_dirty(const std::shared_ptr<SimInode>& inode);
  void sweep();
  Result<void> count_change(const std::string& path);
  void crash();
  static Error gone(const std::string& path);

  base::Random random_;
  DiskOptions options_;
  const SimScheduler* scheduler_;
  std::shared_ptr<SimInode> root_ = std::make_shared<SimInode>(true);
  std::vector<std::shared_ptr<SimInode>> dirty_;
  std::size_t sweep_at_ = 64;
  std::set<const SimInode*> locked_;  // looked up, never walked
  std::vector<DiskFault> faults_;
  std::uint64_t life_ = 1;  // what was opened in an earlier one is stale
  std::uint64_t capacity_ = kUnlimited;
  bool lies_ = false;
  std::array<std::uint64_t, 6> calls_{};  // by DiskCall
  std::uint64_t changes_ = 0;
  std::uint64_t crash_at_ = kUnlimited;  // the change
  bool crash_after_ = false;
  bool crash_pending_ = false;  // when the change that is under way is made
  bool crashed_ = false;
  std::function<void()> on_crash_;
  std::uint64_t syncs_ = 0;
  std::uint64_t bytes_written_ = 0;
  std::uint64_t sleeps_on_loops_ = 0;
};

}  // namespace ottla::simulation
