#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/file.h"
#include "base/lifetime.h"
#include "base/logger.h"
#include "base/loop.h"
#include "base/task.h"
#include "broker/log/log_types.h"
#include "ottla/result.h"

namespace ottla::broker {

// A file that need not be opened to be synced.
struct ClosedFile {
  std::shared_ptr<base::Directory> directory;
  std::string name;
};

// What must be synced, in this order, so that everything below `end_offset` survives a power cut.
struct FlushTarget {
  std::shared_ptr<base::Directory> parent;  // the log's own entry in the log directory; or null
  std::vector<std::shared_ptr<base::File>> before_entries;  // full segments, partition.metadata
  std::shared_ptr<base::Directory> directory;               // the entries of new files; or null
  std::vector<std::shared_ptr<base::File>> after_entries;   // the active segment
  std::vector<ClosedFile> closed;  // of any kind, where the whole file system is synced
  bool metadata = false;           // partition.metadata is among the files
  Offset end_offset{0};
  std::uint64_t cuts = 0;  // so many refused appends had been cut off by then

  // (sleeps) Any thread. The first failure ends it.
  Result<void> sync() const;

  // (sleeps) After a sync of the whole file system that failed: files that it did not write show
  // what the disk has, see base::File::sync.
  void drop_what_cannot_be_synced() const;
};

// A log as its FlushScheduler sees it. All calls on the scheduler's loop.
class Flushable {
 public:
  virtual ~Flushable() = default;

  // What is to be synced as of now, files that are not open only `as_closed_files`. From here on
  // the log calls `add` again at its next append. None: it cannot be now, and the log has called
  // `add` again.
  virtual std::optional<FlushTarget> begin_flush(bool as_closed_files) = 0;
  // The target is on stable storage.
  virtual void end_flush(const FlushTarget& target) = 0;
  // The log directory is lost: nothing that waits may ever be acknowledged.
  virtual void go_offline(const Error& error) = 0;
};

struct FlushOptions {
  base::Duration delay = std::chrono::milliseconds(10);  // ottla.flush.delay.ms
  std::size_t workers = 4;                               // syncs side by side within a round
  std::size_t sync_file_system_above = 16;               // dirty logs; more: one syncfs
};

// Group commit for one log directory. Appends gather while a round of syncs is in flight; the next
// round starts when it ends, so one sync serves everybody who came meanwhile. A failed sync is
// final: the directory goes offline, every attached log is told, and nothing unsynced is ever
// acknowledged. One loop's thread; syncs run on its workers.
class FlushScheduler {
 public:
  // `root` is the log directory: its file system is synced when many logs are dirty.
  FlushScheduler(base::Loop& loop, std::shared_ptr<base::Directory> root, base::Logger logger,
                 FlushOptions options = {});
  ~FlushScheduler();
  FlushScheduler(const FlushScheduler&) = delete;
  FlushScheduler& operator=(const FlushScheduler&) = delete;

  // Logs that are told when the directory goes offline. A log detaches before it dies; what is in
  // flight for it is then forgotten.
  void attach(Flushable& log);
  void detach(Flushable& log);

  // `log` has appends that are not synced. Call once until its begin_flush. A round starts within
  // the delay, or `within` if given.
  void add(Flushable& log);
  void add(Flushable& log, base::Duration within);

  // Somebody waits for what was added: the round starts after this turn of the loop, or when the
  // one in flight ends.
  void hurry();

  // An I/O error that is not for want of space, found anywhere in this directory. Only the first
  // call does something.
  void fail(const Error& error);
  bool offline() const { return failure_.has_value(); }
  const std::optional<Error>& failure() const { return failure_; }

  // Called once, after the attached logs were told.
  void set_on_offline(base::UniqueFunction<void(const Error&)> on_offline);

  // Rounds that have been started; for tests and counters.
  std::uint64_t rounds() const { return rounds_; }

 private:
  struct Round;

  void arm(base::TimePoint when);
  void start_round();
  void start_with_workers(const std::shared_ptr<Round>& round);
  void start_with_file_system(const std::shared_ptr<Round>& round);
  void end_round(Round& round);

  // Set at construction.
  base::Loop& loop_;
  std::shared_ptr<base::Directory> root_;
  base::Logger logger_;
  FlushOptions options_;

  // Loop's thread only.
  base::UniqueFunction<void(const Error&)> on_offline_;
  std::unordered_set<Flushable*> attached_;
  std::vector<Flushable*> dirty_;
  std::shared_ptr<Round> in_flight_;
  std::optional<Error> failure_;
  base::TimerId timer_ = base::TimerId::none;
  base::TimePoint due_ = base::kNever;
  bool hurried_ = false;
  bool posted_ = false;
  std::uint64_t rounds_ = 0;
  base::Lifetime lifetime_;
};

}  // namespace ottla::broker
