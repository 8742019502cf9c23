#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <unordered_set>
#include <vector>

#include "base/lifetime.h"
#include "base/logger.h"
#include "base/loop.h"
#include "base/random.h"
#include "base/task.h"
#include "broker/log/cleaner/key_offset_map.h"
#include "broker/log/offset_checkpoint.h"
#include "broker/log/unified_log.h"
#include "ottla/result.h"

namespace ottla::broker {

// Kafka's `log.cleaner.*`. Memory, buffers and bytes per second are those of all threads together.
// With no thread nothing is compacted.
struct LogCleanerOptions {
  bool enabled = true;                                // log.cleaner.enable
  std::size_t threads = 1;                            // log.cleaner.threads
  base::Duration backoff = std::chrono::seconds(15);  // log.cleaner.backoff.ms
  // log.cleaner.dedupe.buffer.size, log.cleaner.io.buffer.load.factor
  KeyOffsetMap::Limits map_limits;
  std::size_t buffer_bytes = 512 << 10;  // log.cleaner.io.buffer.size
  // log.cleaner.io.max.bytes.per.second, read and written together
  double max_bytes_per_second = std::numeric_limits<double>::infinity();
};

// Compacts the logs of one log directory, as many at a time as there are threads, the filthiest
// first: keeps of each key the newest record, in its place and at its offset (kafka-facts 6.8).
// Workers read and write, step by step; this class decides, swaps and waits. On the loop of the
// logs; owned by the LogManager.
class LogCleaner {
 public:
  // What it needs from the LogManager.
  struct Surroundings {
    std::function<std::vector<UnifiedLog*>()> logs;
    // Below it recovery will not read again, whatever happens; asks for it to be brought up.
    std::function<Offset(const UnifiedLog&)> safe_offset;
    // `cleaned()` has changed and is to be written.
    std::function<void()> on_cleaned;
  };

  LogCleaner(base::Loop& loop, Surroundings surroundings, base::Random random, base::Logger logger,
             const LogCleanerOptions& options);
  LogCleaner(const LogCleaner&) = delete;
  LogCleaner& operator=(const LogCleaner&) = delete;

  // Looks at the logs now, and again whenever there is nothing to do for the backoff. `cleaned` is
  // the cleaner-offset-checkpoint.
  void start(OffsetCheckpoint cleaned);

  // Below which offset each log is clean.
  const OffsetCheckpoint& cleaned() const { return cleaned_; }

  // The log is about to be deleted.
  void forget(const TopicPartition& partition);

  // From now on so many. What is under way goes on with the memory that it has, at its new share of
  // the bytes per second; nothing is begun before it leaves a thread and a share of the memory.
  void set_threads(std::size_t threads);

  // `done` is called when no worker works for it any more, maybe at once. Nothing follows.
  void stop(base::Task done);

  // Cleanings that came to their end, and those that are under way; for tests and counters.
  std::uint64_t cleanings() const { return cleanings_; }
  std::size_t running() const { return jobs_.size(); }

 private:
  struct Job;

  void check();
  void check_later(base::Duration delay);
  double bytes_per_second() const;
  bool has_room() const;
  UnifiedLog* filthiest(Job& job);
  bool may_clean(const TopicPartition& partition) const;
  void begin(std::shared_ptr<Job> job);
  void run_step(const std::shared_ptr<Job>& job);
  void end_step(const std::shared_ptr<Job>& job);
  void swap(const std::shared_ptr<Job>& job);
  void go_on(const std::shared_ptr<Job>& job);
  void finish(const std::shared_ptr<Job>& job);
  void fail(const std::shared_ptr<Job>& job, const Error& error);
  void drop(const std::shared_ptr<Job>& job, base::Duration delay);
  void end_if_stopped();

  // Set at construction.
  base::Loop& loop_;
  Surroundings surroundings_;
  base::Random random_;
  base::Logger logger_;
  LogCleanerOptions options_;

  // Loop's thread only.
  OffsetCheckpoint cleaned_;
  std::unordered_set<TopicPartition> damaged_;  // until the next start
  std::unordered_set<TopicPartition>
      too_large_;  // for a share of the memory, while that is as it is
  std::vector<std::shared_ptr<Job>> jobs_;
  bool stopping_ = false;
  base::Task on_stopped_;
  base::TimerId timer_ = base::TimerId::none;  // of the next look
  base::TimePoint due_ = base::kNever;
  std::uint64_t cleanings_ = 0;
  base::Lifetime lifetime_;
};

}  // namespace ottla::broker
