#include "broker/log/flush_scheduler.h"

#include <algorithm>
#include <string>
#include <utility>

namespace ottla::broker {

Result<void> FlushTarget::sync() const {
  for (const auto& file : before_entries) {
    if (auto synced = file->sync(); !synced) return synced;
  }
  for (const auto& entries : {parent, directory}) {
    if (!entries) continue;
    if (auto synced = entries->sync(); !synced) return synced;
  }
  for (const auto& file : after_entries) {
    if (auto synced = file->sync(); !synced) return synced;
  }
  return {};
}

void FlushTarget::drop_what_cannot_be_synced() const {
  for (const auto* files : {&before_entries, &after_entries}) {
    for (const auto& file : *files) static_cast<void>(file->sync());
  }
  for (const auto& [where, name] : closed) {
    auto file = where->open(name, base::OpenMode::read_write);
    if (file) static_cast<void>((*file)->sync());
  }
}

// What one round syncs. Its workers write only their own result.
struct FlushScheduler::Round {
  struct Item {
    Flushable* log;  // null: it has gone meanwhile
    FlushTarget target;
  };
  std::vector<Item> items;
  std::vector<Result<void>> results;  // by worker
  std::size_t running = 0;
};

FlushScheduler::FlushScheduler(base::Loop& loop, std::shared_ptr<base::Directory> root,
                               base::Logger logger, FlushOptions options)
    : loop_(loop), root_(std::move(root)), logger_(std::move(logger)), options_(options) {}

FlushScheduler::~FlushScheduler() {
  loop_.cancel(timer_);
}

void FlushScheduler::attach(Flushable& log) {
  attached_.insert(&log);
}

void FlushScheduler::detach(Flushable& log) {
  attached_.erase(&log);
  std::erase(dirty_, &log);
  if (!in_flight_) return;
  for (auto& item : in_flight_->items) {
    if (item.log == &log) item.log = nullptr;
  }
}

void FlushScheduler::set_on_offline(base::UniqueFunction<void(const Error&)> on_offline) {
  on_offline_ = std::move(on_offline);
}

void FlushScheduler::add(Flushable& log) {
  add(log, options_.delay);
}

void FlushScheduler::add(Flushable& log, base::Duration within) {
  if (failure_) return;
  dirty_.push_back(&log);
  arm(loop_.now() + within);
}

void FlushScheduler::arm(base::TimePoint when) {
  if (when >= due_) return;
  loop_.cancel(timer_);
  due_ = when;
  timer_ = loop_.call_at(when, lifetime_.guard([this] {
    timer_ = base::TimerId::none;
    due_ = base::kNever;
    hurried_ = true;
    if (!in_flight_) start_round();
  }));
}

void FlushScheduler::hurry() {
  if (dirty_.empty() || failure_) return;
  hurried_ = true;
  if (in_flight_ || posted_) return;
  posted_ = true;
  loop_.post(lifetime_.guard([this] {
    posted_ = false;
    if (!in_flight_) start_round();
  }));
}

void FlushScheduler::start_round() {
  hurried_ = false;
  loop_.cancel(timer_);
  timer_ = base::TimerId::none;
  due_ = base::kNever;
  auto round = std::make_shared<Round>();
  const auto dirty = std::exchange(dirty_, {});
  const bool whole = dirty.size() > options_.sync_file_system_above;
  for (auto* log : dirty) {
    auto target = log->begin_flush(whole);
    if (failure_) return;
    if (target) round->items.push_back({log, std::move(*target)});
  }
  if (round->items.empty()) return;
  ++rounds_;
  in_flight_ = round;
  if (whole) {
    start_with_file_system(round);
  } else {
    start_with_workers(round);
  }
}

void FlushScheduler::start_with_workers(const std::shared_ptr<Round>& round) {
  const std::size_t workers =
      std::clamp<std::size_t>(round->items.size(), 1, std::max<std::size_t>(options_.workers, 1));
  round->results.resize(workers);
  round->running = workers;
  for (std::size_t worker = 0; worker < workers; ++worker) {
    loop_.offload(
        [round, worker, workers] {
          auto& result = round->results[worker];
          for (std::size_t i = worker; i < round->items.size() && result; i += workers) {
            result = round->items[i].target.sync();
          }
        },
        lifetime_.guard([this, round] {
          if (--round->running == 0) end_round(*round);
        }));
  }
}

void FlushScheduler::start_with_file_system(const std::shared_ptr<Round>& round) {
  round->results.resize(1);
  loop_.offload(
      [round, root = root_] {
        round->results[0] = root->sync_file_system();
        if (round->results[0]) return;
        // Each file for itself drops what it could not write.
        for (const auto& item : round->items) item.target.drop_what_cannot_be_synced();
      },
      lifetime_.guard([this, round] { end_round(*round); }));
}

void FlushScheduler::end_round(Round& round) {
  for (const auto& result : round.results) {
    if (!result) fail(result.error());
  }
  if (failure_) {
    in_flight_.reset();
    return;
  }
  for (std::size_t i = 0; i < round.items.size(); ++i) {
    if (auto* log = round.items[i].log) log->end_flush(round.items[i].target);
  }
  in_flight_.reset();
  if (hurried_ && !failure_) start_round();
}

void FlushScheduler::fail(const Error& error) {
  if (failure_) return;
  failure_ = error;
  dirty_.clear();
  loop_.cancel(timer_);
  timer_ = base::TimerId::none;
  logger_.error("the log directory " + root_->path() + " goes offline: " + error.to_string());
  // Being told, a log may go, or bring others to go.
  const std::vector<Flushable*> told(attached_.begin(), attached_.end());
  for (auto* log : told) {
    if (attached_.count(log) != 0) log->go_offline(error);
  }
  if (auto tell = std::exchange(on_offline_, nullptr)) tell(error);
}

}  // namespace ottla::broker
