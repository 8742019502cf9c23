#include "broker/handlers/fetch_session.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <tuple>
#include <utility>

namespace ottla::broker {
namespace {

using protocol::FetchRequest;

constexpr std::int16_t kFetchTopicIdsSince = 13;
constexpr std::int32_t kFirstEpoch = 0;  // of a fetch that asks for a session
constexpr std::int32_t kNoEpoch = -1;    // of a fetch outside any session
constexpr base::Duration kEvictable = std::chrono::minutes(2);

// A partition that is named more than once counts once, as it was named last: each is read.
void drop_doubled(std::vector<WantedPartition>& wanted) {
  const auto place = [&](std::size_t at) {
    return std::tie(wanted[at].topic, wanted[at].topic_id, wanted[at].partition);
  };
  std::vector<std::size_t> sorted(wanted.size());
  std::iota(sorted.begin(), sorted.end(), std::size_t{0});
  std::sort(sorted.begin(), sorted.end(), [&](std::size_t a, std::size_t b) {
    return std::tuple_cat(place(a), std::tie(a)) < std::tuple_cat(place(b), std::tie(b));
  });
  std::vector<bool> doubled(wanted.size(), false);
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    doubled[sorted[i - 1]] = place(sorted[i - 1]) == place(sorted[i]);
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (doubled[i]) continue;
    if (kept != i) wanted[kept] = std::move(wanted[i]);
    ++kept;
  }
  wanted.resize(kept);
}

std::vector<WantedPartition> wanted_in(const FetchRequest& request, bool by_id) {
  std::vector<WantedPartition> wanted;
  for (const auto& topic : request.topics) {
    for (const auto& partition : topic.partitions) {
      auto& added = wanted.emplace_back();
      if (by_id) {
        added.topic_id = topic.topic_id;
      } else {
        added.topic = topic.topic;
      }
      added.partition = partition.partition;
      added.current_leader_epoch = partition.current_leader_epoch;
      added.last_fetched_epoch = partition.last_fetched_epoch;
      added.fetch_offset = partition.fetch_offset;
      added.max_bytes = partition.partition_max_bytes;
    }
  }
  if (wanted.size() > 1) drop_doubled(wanted);
  return wanted;
}

}  // namespace

// --- FetchSession

std::int32_t FetchSession::next_epoch(std::int32_t epoch) {
  return epoch == std::numeric_limits<std::int32_t>::max() ? 1 : epoch + 1;
}

void FetchSession::advance(base::TimePoint now) {
  last_used_ = now;
  epoch_ = next_epoch(epoch_);
}

// The entry, and what list and tree need for it.
std::size_t FetchSession::bytes_of(const WantedPartition& wanted) {
  constexpr std::size_t kNodes = 2 * sizeof(void*) + sizeof(Key) + 6 * sizeof(void*);
  return sizeof(Entry) + kNodes + wanted.topic.size();
}

void FetchSession::want(const WantedPartition& wanted) {
  const auto found = places_.find(key_of(wanted));
  if (found != places_.end()) {
    auto& known = found->second->wanted;
    known.current_leader_epoch = wanted.current_leader_epoch;
    known.last_fetched_epoch = wanted.last_fetched_epoch;
    known.fetch_offset = wanted.fetch_offset;
    known.max_bytes = wanted.max_bytes;
    return;
  }
  const auto place = order_.insert(order_.end(), Entry{wanted});
  places_.emplace(key_of(place->wanted), place);
  bytes_ += bytes_of(wanted);
}

void FetchSession::forget(std::string_view topic, const Uuid& topic_id, std::int32_t partition) {
  const auto found = places_.find({topic, topic_id, partition});
  if (found == places_.end()) return;
  const auto place = found->second;
  places_.erase(found);
  bytes_ -= bytes_of(place->wanted);
  order_.erase(place);
}

bool FetchSession::wants(std::string_view topic, const Uuid& topic_id) const {
  return std::any_of(order_.begin(), order_.end(), [&](const Entry& entry) {
    return by_id_ ? !topic_id.is_zero() && entry.wanted.topic_id == topic_id
                  : entry.wanted.topic == topic;
  });
}

std::vector<WantedPartition> FetchSession::wanted() const {
  std::vector<WantedPartition> all;
  all.reserve(order_.size());
  for (const auto& entry : order_) all.push_back(entry.wanted);
  return all;
}

bool FetchSession::tell(const WantedPartition& wanted, const FoundPartition& found) {
  const auto place = places_.find(key_of(wanted));
  if (place == places_.end()) return true;
  auto& entry = *place->second;
  const bool failed = found.error != ErrorCode::none;
  const bool moved = entry.high_watermark != found.high_watermark ||
                     entry.log_start_offset != found.log_start_offset;
  // When an error is over the client hears of the partition again.
  entry.high_watermark = failed ? protocol::kNoOffset : found.high_watermark;
  entry.log_start_offset = found.log_start_offset;
  if (found.bytes > 0) order_.splice(order_.end(), order_, place->second);
  return found.bytes > 0 || failed || moved || found.diverges;
}

// --- FetchSessionCache

Result<FetchContext> FetchSessionCache::begin(const FetchRequest& request, std::int16_t version,
                                              base::TimePoint now) {
  const bool by_id = version >= kFetchTopicIdsSince;
  const auto epoch = request.session_epoch;
  if (epoch != kFirstEpoch && epoch != kNoEpoch) return go_on(request, by_id, now);
  // A whole fetch ends the session it names.
  remove(request.session_id);
  FetchContext context;
  context.wanted = wanted_in(request, by_id);
  context.opens_session = epoch == kFirstEpoch;
  context.by_id = by_id;
  return context;
}

Result<FetchContext> FetchSessionCache::go_on(const FetchRequest& request, bool by_id,
                                              base::TimePoint now) {
  const auto found = sessions_.find(request.session_id);
  if (found == sessions_.end()) return Error(ErrorCode::fetch_session_id_not_found);
  const auto session = found->second;
  if (session->epoch() != request.session_epoch) {
    return Error(ErrorCode::invalid_fetch_session_epoch);
  }
  if (session->by_id() != by_id) return Error(ErrorCode::fetch_session_topic_id_error);
  const auto others = bytes_ - session->bytes();
  for (const auto& wanted : wanted_in(request, by_id)) {
    session->want(wanted);
    bytes_ = others + session->bytes();
    if (bytes_ <= max_bytes_) continue;
    // The client begins anew, and gets no session if there is no room for it.
    remove(found);
    return Error(ErrorCode::fetch_session_id_not_found);
  }
  for (const auto& topic : request.forgotten_topics_data) {
    const auto name = by_id ? std::string_view() : topic.topic;
    const auto id = by_id ? topic.topic_id : Uuid();
    for (const auto partition : topic.partitions) session->forget(name, id, partition);
  }
  bytes_ = others + session->bytes();
  FetchContext context;
  context.by_id = by_id;
  if (session->size() == 0) {
    remove(found);
    return context;
  }
  session->advance(now);
  context.wanted = session->wanted();
  context.session = session;
  context.epoch = session->epoch();
  return context;
}

FetchAnswer FetchSessionCache::end(const FetchContext& context,
                                   const std::vector<FoundPartition>& found, base::TimePoint now) {
  FetchAnswer answer;
  if (!context.session) {
    answer.told.assign(context.wanted.size(), true);
    if (context.opens_session) answer.session_id = open_session(context, found, now);
    return answer;
  }
  auto& session = *context.session;
  answer.session_id = session.id();
  answer.told.assign(context.wanted.size(), false);
  if (session.epoch() != context.epoch) {
    answer.error = ErrorCode::invalid_fetch_session_epoch;
    return answer;
  }
  for (std::size_t i = 0; i < found.size(); ++i) {
    answer.told[i] = session.tell(context.wanted[i], found[i]);
  }
  return answer;
}

std::int32_t FetchSessionCache::open_session(const FetchContext& context,
                                             const std::vector<FoundPartition>& found,
                                             base::TimePoint now) {
  auto session = std::make_shared<FetchSession>(new_id(), context.by_id, now);
  for (std::size_t i = 0; i < context.wanted.size(); ++i) {
    session->want(context.wanted[i]);
    if (bytes_ + session->bytes() > max_bytes_) return 0;
  }
  if (!make_room(session->size(), now)) return 0;
  for (std::size_t i = 0; i < found.size(); ++i) session->tell(context.wanted[i], found[i]);
  bytes_ += session->bytes();
  return sessions_.emplace(session->id(), session).first->first;
}

bool FetchSessionCache::make_room(std::size_t size, base::TimePoint now) {
  if (sessions_.size() < slots_) return true;
  auto oldest = sessions_.end();
  auto smallest = sessions_.end();
  for (auto each = sessions_.begin(); each != sessions_.end(); ++each) {
    const auto& session = *each->second;
    if (oldest == sessions_.end() || session.last_used() < oldest->second->last_used()) {
      oldest = each;
    }
    // As in Kafka, a session is safe for a while, however small it is.
    if (session.last_used() - session.created() <= kEvictable) continue;
    if (smallest == sessions_.end() || session.size() < smallest->second->size()) smallest = each;
  }
  if (oldest == sessions_.end()) return false;
  if (now - oldest->second->last_used() > kEvictable) {
    remove(oldest);
    return true;
  }
  if (smallest == sessions_.end() || smallest->second->size() >= size) return false;
  remove(smallest);
  return true;
}

void FetchSessionCache::remove(Sessions::iterator session) {
  bytes_ -= session->second->bytes();
  sessions_.erase(session);
}

void FetchSessionCache::remove(std::int32_t id) {
  const auto found = sessions_.find(id);
  if (found != sessions_.end()) remove(found);
}

std::int32_t FetchSessionCache::new_id() {
  for (;;) {
    const auto id = static_cast<std::int32_t>(random_.next() >> 33);
    if (id != 0 && sessions_.find(id) == sessions_.end()) return id;
  }
}

bool FetchSessionCache::wants(std::int32_t session, std::string_view topic,
                              const Uuid& topic_id) const {
  const auto found = sessions_.find(session);
  return found != sessions_.end() && found->second->wants(topic, topic_id);
}

}  // namespace ottla::broker
