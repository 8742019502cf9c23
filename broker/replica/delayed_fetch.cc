#include "broker/replica/delayed_fetch.h"

#include <algorithm>

namespace ottla::broker {
namespace {

// Clients know Kafka's codes alone: of the disk they hear that it failed.
void fail(FetchedPartition& result, ErrorCode error) {
  result = FetchedPartition{};
  result.error = error >= ErrorCode::invalid_argument ? ErrorCode::kafka_storage_error : error;
}

// The offsets that go with what is read now.
void describe(const UnifiedLog& log, FetchedPartition& result) {
  result.high_watermark = log.high_watermark();
  result.last_stable_offset = log.last_stable_offset();
  result.log_start_offset = log.log_start_offset();
}

}  // namespace

std::size_t ReplicaManager::DelayedFetch::Work::limit_of(const FetchEntry& entry) const {
  return std::min(entry.max_bytes, room());
}

ReadRequest ReplicaManager::DelayedFetch::Work::request_for(const FetchEntry& entry, Offset bound,
                                                            bool first) const {
  return {.from = entry.fetch_offset,
          .bound = bound,
          .max_bytes = limit_of(entry),
          .at_least_one_batch = first,
          .with_aborted = options.bound == ReadBound::last_stable};
}

bool ReplicaManager::DelayedFetch::try_complete() {
  const bool has_error = read_all();
  const auto wanted = std::min(work_.options.min_bytes, work_.options.max_bytes);
  if (!has_error && work_.cold.empty() && available_ < wanted) return false;
  finish();
  return true;
}

void ReplicaManager::DelayedFetch::expire() {
  read_all();
  finish();
}

bool ReplicaManager::DelayedFetch::read_all() {
  work_.size = 0;
  available_ = 0;
  work_.cold.clear();
  work_.results.assign(work_.entries.size(), {});
  bool has_error = false;
  for (std::size_t i = 0; i < work_.entries.size(); ++i) has_error |= !read(i);
  return has_error;
}

// A log that was cut, and has grown again, may have the offset without having what came before it
// (KIP-595).
bool ReplicaManager::DelayedFetch::diverges(const FetchEntry& wanted, const Partition& partition,
                                            FetchedPartition& result) {
  const auto epoch = wanted.last_fetched_epoch;
  if (epoch.value < 0 || wanted.fetch_offset < partition.log().log_start_offset()) return false;
  const auto end = partition.end_offset_for_epoch(epoch);
  if (end == EpochEndOffset{}) {
    fail(result, ErrorCode::offset_out_of_range);
    return true;
  }
  if (end.leader_epoch >= epoch && end.end_offset >= wanted.fetch_offset) return false;
  result.diverging = end;
  return true;
}

bool ReplicaManager::DelayedFetch::read(std::size_t entry) {
  const auto& wanted = work_.entries[entry];
  auto& result = work_.results[entry];
  auto* partition = replicas_.find(wanted.partition);
  if (partition == nullptr) {
    fail(result, replicas_.why_missing(wanted.partition).code());
    return false;
  }
  if (auto leader = partition->check_leader(wanted.current_leader_epoch); !leader) {
    fail(result, leader.error().code());
    return false;
  }
  auto& log = partition->log();
  describe(log, result);
  if (diverges(wanted, *partition, result)) return false;
  const auto bound = log.offset_of(work_.options.bound);
  const bool in_log =
      wanted.fetch_offset >= log.log_start_offset() && wanted.fetch_offset <= log.log_end_offset();
  // Between the bound and the log end there is nothing to read yet; that is no error.
  if (in_log && wanted.fetch_offset >= bound) return true;
  const bool first = work_.size == 0 && work_.cold.empty();
  if (in_log && !first && work_.limit_of(wanted) == 0) return true;
  const auto limit = work_.limit_of(wanted);
  auto data = log.read(work_.request_for(wanted, bound, first));
  if (data) {
    work_.size += data->size;
    available_ += data->end_offset < bound ? std::max(data->size, limit) : data->size;
    result.data = std::move(*data);
    return true;
  }
  if (data.error().code() == ErrorCode::would_block) {
    work_.cold.push_back(entry);
    return true;
  }
  replicas_.logger_.debug("fetch: " + data.error().to_string());
  fail(result, data.error().code());
  return false;
}

void ReplicaManager::DelayedFetch::finish() {
  if (work_.cold.empty()) return answer(replicas_, work_);
  std::reverse(work_.cold.begin(), work_.cold.end());
  read_cold(replicas_, std::make_shared<Work>(std::move(work_)));
}

// Reads the entries that need the disk, one after the other, and answers after the last.
void ReplicaManager::DelayedFetch::read_cold(ReplicaManager& replicas, std::shared_ptr<Work> work) {
  while (!work->cold.empty()) {
    const auto entry = work->cold.back();
    work->cold.pop_back();
    const auto& wanted = work->entries[entry];
    auto* partition = replicas.find(wanted.partition);
    if (partition == nullptr) {
      fail(work->results[entry], replicas.why_missing(wanted.partition).code());
      continue;
    }
    auto& log = partition->log();
    const bool first = work->size == 0;
    if (!first && work->limit_of(wanted) == 0) continue;
    // Time has passed since the try: an answer never has records beyond the offsets it tells.
    describe(log, work->results[entry]);
    log.read_on_worker(work->request_for(wanted, log.offset_of(work->options.bound), first),
                       [&replicas, work, entry, first](auto data) {
                         if (data) {
                           work->size += data->size;
                           work->results[entry].data = std::move(*data);
                         } else if (data.error().code() != ErrorCode::no_space || first) {
                           fail(work->results[entry], data.error().code());
                         }  // Else it is for the next fetch: this one may have too many files open.
                         read_cold(replicas, work);
                       });
    return;
  }
  answer(replicas, *work);
}

void ReplicaManager::DelayedFetch::answer(ReplicaManager& replicas, Work& work) {
  for (std::size_t i = 0; i < work.entries.size(); ++i) {
    replicas.count_fetch(work.entries[i], work.results[i]);
  }
  work.done(std::move(work.results));
}

}  // namespace ottla::broker
