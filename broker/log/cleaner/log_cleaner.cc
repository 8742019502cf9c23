#include "broker/log/cleaner/log_cleaner.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "broker/log/cleaner/cleanable.h"
#include "broker/log/cleaner/cleaning.h"

namespace ottla::broker {
namespace {

// What a worker does for the cleaner before it is free for others.
constexpr std::uint64_t kStepBytes = 8 << 20;

// What one of the threads has.
std::uint64_t share_of_keys(const LogCleanerOptions& options) {
  return options.map_limits.memory / std::max<std::size_t>(options.threads, 1);
}

std::size_t share_of_buffer(const LogCleanerOptions& options) {
  return options.buffer_bytes / std::max<std::size_t>(options.threads, 1);
}

}  // namespace

// One cleaning on its way. The worker that takes a step has the cleaning and the result.
struct LogCleaner::Job {
  TopicPartition partition;
  UnifiedLog* log = nullptr;  // null once it is forgotten
  Cleanable cleanable;
  std::uint64_t key_bytes = 0;  // of the memory for keys
  std::size_t buffer_bytes = 0;
  std::unique_ptr<Cleaning> cleaning;
  Result<Cleaning::State> result = Cleaning::State::working;
  bool busy = false;  // a worker works for it
  bool swapping = false;
  bool dropped = false;  // a worker tidies up behind it
  base::TimerId pause = base::TimerId::none;
  base::TimePoint step_began{};
  std::uint64_t bytes_at_step = 0;
};

LogCleaner::LogCleaner(base::Loop& loop, Surroundings surroundings, base::Random random,
                       base::Logger logger, const LogCleanerOptions& options)
    : loop_(loop),
      surroundings_(std::move(surroundings)),
      random_(random),
      logger_(std::move(logger)),
      options_(options) {}

void LogCleaner::start(OffsetCheckpoint cleaned) {
  cleaned_ = std::move(cleaned);
  if (options_.enabled) check_later(options_.backoff);
}

void LogCleaner::set_threads(std::size_t threads) {
  if (threads == options_.threads) return;
  options_.threads = threads;
  too_large_.clear();
  // Not where it was never started.
  if (timer_ != base::TimerId::none || !jobs_.empty()) check_later(base::Duration(0));
}

// Of one job: more of them than threads may be under way still.
double LogCleaner::bytes_per_second() const {
  return options_.max_bytes_per_second /
         static_cast<double>(std::max({options_.threads, jobs_.size(), std::size_t{1}}));
}

// Those under way may have been given larger shares.
bool LogCleaner::has_room() const {
  if (jobs_.size() >= options_.threads) return false;
  auto keys = share_of_keys(options_);
  auto buffer = share_of_buffer(options_);
  for (const auto& job : jobs_) {
    keys += job->key_bytes;
    buffer += job->buffer_bytes;
  }
  return keys <= options_.map_limits.memory && buffer <= options_.buffer_bytes;
}

void LogCleaner::check_later(base::Duration delay) {
  const auto when = loop_.now() + delay;
  if (stopping_ || when >= due_) return;
  loop_.cancel(timer_);
  due_ = when;
  timer_ = loop_.call_at(when, lifetime_.guard([this] {
    timer_ = base::TimerId::none;
    due_ = base::kNever;
    check();
  }));
}

bool LogCleaner::may_clean(const TopicPartition& partition) const {
  return !damaged_.contains(partition) && !too_large_.contains(partition) &&
         std::none_of(jobs_.begin(), jobs_.end(),
                      [&](const auto& job) { return job->partition == partition; });
}

// Fills in what of it may be cleaned.
UnifiedLog* LogCleaner::filthiest(Job& job) {
  const WallMillis now = loop_.wall_now();
  UnifiedLog* best = nullptr;
  for (auto* log : surroundings_.logs()) {
    if (!log->config().cleanup_compact || !may_clean(log->partition())) continue;
    const auto known = cleaned_.find(log->partition());
    const Offset cleaned = known == cleaned_.end() ? Offset(0) : known->second;
    const auto found = find_cleanable(*log, cleaned, surroundings_.safe_offset(*log), now);
    if (!found || !wants_cleaning(*found, log->config())) continue;
    if (best != nullptr && found->dirty_ratio() <= job.cleanable.dirty_ratio()) continue;
    best = log;
    job.cleanable = *found;
  }
  return best;
}

void LogCleaner::check() {
  while (!stopping_ && has_room()) {
    auto job = std::make_shared<Job>();
    job->log = filthiest(*job);
    if (job->log == nullptr) return check_later(options_.backoff);
    begin(std::move(job));
  }
  if (jobs_.empty()) check_later(options_.backoff);
}

void LogCleaner::begin(std::shared_ptr<Job> job) {
  const auto& log = *job->log;
  job->partition = log.partition();
  CleaningRequest request;
  request.directory = log.directory();
  request.segments = log.segments();
  request.first_dirty = job->cleanable.first_dirty;
  request.end = job->cleanable.end;
  request.log_end = log.log_end_offset();
  request.producers = log.producers();
  request.config = log.config();
  request.now = loop_.wall_now();
  request.map_limits = options_.map_limits;
  job->key_bytes = request.map_limits.memory = share_of_keys(options_);
  request.secret = {random_.next(), random_.next()};
  job->buffer_bytes = request.buffer_bytes = share_of_buffer(options_);
  job->cleaning = std::make_unique<Cleaning>(std::move(request));
  jobs_.push_back(job);
  run_step(job);
}

void LogCleaner::run_step(const std::shared_ptr<Job>& job) {
  job->busy = true;
  job->step_began = loop_.now();
  job->bytes_at_step = job->cleaning->bytes_moved();
  const auto budget =
      std::min(static_cast<double>(kStepBytes), std::max(bytes_per_second(), 4096.0));
  loop_.offload(
      [job, budget] { job->result = job->cleaning->step(static_cast<std::uint64_t>(budget)); },
      lifetime_.guard([this, job] {
        job->busy = false;
        end_step(job);
      }));
}

void LogCleaner::end_step(const std::shared_ptr<Job>& job) {
  if (job->log == nullptr || stopping_) return drop(job, base::Duration(0));
  if (!job->result) return fail(job, job->result.error());
  switch (*job->result) {
    case Cleaning::State::working:
      return go_on(job);
    case Cleaning::State::wants_swap:
      return swap(job);
    case Cleaning::State::done:
      return finish(job);
  }
}

// At once, or when the throttle allows it.
void LogCleaner::go_on(const std::shared_ptr<Job>& job) {
  const auto moved = static_cast<double>(job->cleaning->bytes_moved() - job->bytes_at_step);
  const double seconds = moved / bytes_per_second();
  if (!std::isfinite(seconds) || seconds <= 0) return run_step(job);
  const auto pause = std::chrono::duration_cast<base::Duration>(
      std::chrono::duration<double>(std::min(seconds, 3600.0)));
  const auto when = job->step_began + pause;
  if (when <= loop_.now()) return run_step(job);
  job->pause = loop_.call_at(when, lifetime_.guard([this, job] {
    job->pause = base::TimerId::none;
    run_step(job);
  }));
}

void LogCleaner::swap(const std::shared_ptr<Job>& job) {
  job->busy = job->swapping = true;
  job->log->replace_segments(job->cleaning->take_swap(),
                             lifetime_.guard([this, job](Result<void> replaced) {
                               job->busy = job->swapping = false;
                               if (job->log == nullptr || stopping_) {
                                 return drop(job, base::Duration(0));
                               }
                               if (!replaced) return fail(job, replaced.error());
                               go_on(job);
                             }));
}

void LogCleaner::finish(const std::shared_ptr<Job>& job) {
  const auto& cleaning = *job->cleaning;
  const auto& cleanable = job->cleanable;
  if (cleaning.cleaned_until() <= cleanable.first_dirty) {
    // It may have had less than a share is now.
    if (job->key_bytes >= share_of_keys(options_)) too_large_.insert(job->partition);
    logger_.warn(to_string(job->partition) + " cannot be compacted: the keys of one batch do not " +
                 "fit the " + std::to_string(job->key_bytes) +
                 " bytes that a thread has of log.cleaner.dedupe.buffer.size");
    return drop(job, options_.backoff);
  }
  ++cleanings_;
  logger_.info("compacted " + to_string(job->partition) + " up to offset " +
               std::to_string(cleaning.cleaned_until().value) + ": of " +
               std::to_string(cleaning.bytes_before()) + " bytes " +
               std::to_string(cleaning.bytes_after()) + " are left");
  cleaned_[job->partition] = cleaning.cleaned_until();
  surroundings_.on_cleaned();
  drop(job, base::Duration(0));
}

void LogCleaner::fail(const std::shared_ptr<Job>& job, const Error& error) {
  switch (error.code()) {
    case ErrorCode::not_found:  // Retention was faster.
    case ErrorCode::closed:
      break;
    case ErrorCode::no_space:
      logger_.warn("compacting " + to_string(job->partition) + " waits: " + error.to_string());
      break;
    default:
      damaged_.insert(job->partition);
      logger_.error(to_string(job->partition) +
                    " is not compacted until the next start: " + error.to_string());
  }
  drop(job, options_.backoff);
}

// Tidies up behind the job, then looks for the next.
void LogCleaner::drop(const std::shared_ptr<Job>& job, base::Duration delay) {
  job->dropped = true;
  loop_.cancel(std::exchange(job->pause, base::TimerId::none));
  loop_.offload([job] { job->cleaning->discard(); }, lifetime_.guard([this, job, delay] {
    std::erase(jobs_, job);
    if (stopping_) return end_if_stopped();
    check_later(delay);
  }));
}

void LogCleaner::forget(const TopicPartition& partition) {
  if (cleaned_.erase(partition) > 0) surroundings_.on_cleaned();
  damaged_.erase(partition);
  too_large_.erase(partition);
  const auto found = std::find_if(jobs_.begin(), jobs_.end(), [&](const auto& each) {
    return each->partition == partition && each->log != nullptr && !each->dropped;
  });
  if (found == jobs_.end()) return;
  const auto job = *found;
  job->log->give_up_replacement();
  job->log = nullptr;
  if (job->dropped || !job->swapping) return;
  // The log goes, and will not say how the renaming has ended.
  job->busy = job->swapping = false;
  drop(job, base::Duration(0));
}

void LogCleaner::stop(base::Task done) {
  stopping_ = true;
  on_stopped_ = std::move(done);
  loop_.cancel(timer_);
  timer_ = base::TimerId::none;
  const auto jobs = jobs_;
  for (const auto& job : jobs) {
    if (job->log != nullptr && !job->dropped) job->log->give_up_replacement();
    if (!job->dropped && !job->busy) drop(job, base::Duration(0));
  }
  end_if_stopped();
}

void LogCleaner::end_if_stopped() {
  if (!jobs_.empty()) return;
  if (auto done = std::exchange(on_stopped_, nullptr)) done();
}

}  // namespace ottla::broker
