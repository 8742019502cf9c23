#include "broker/handlers/fetch.h"
#include "broker/handlers/access.h"
#include "broker/handlers/wire_code.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>
#include <vector>

namespace ottla::broker {
namespace {

using protocol::FetchRequest;
using protocol::FetchResponse;
using protocol::IsolationLevel;

// Who wants to wait longer is answered with nothing and asks again.
constexpr auto kLongestWait = std::chrono::minutes(10);

// A fetch request while it waits.
struct Fetch {
  Request<FetchRequest> request;
  FetchContext context;
  std::vector<FetchedPartition> results;  // one for each wanted partition
  std::vector<std::size_t> entries;       // which of `results` are being fetched
};

std::size_t count_of(std::int32_t bytes) {
  return static_cast<std::size_t>(std::max<std::int32_t>(bytes, 0));
}

// Fills `fetch` and returns what is to be read.
std::vector<FetchEntry> collect(const Services& services, Fetch& fetch) {
  std::vector<FetchEntry> entries;
  const bool by_id = fetch.context.by_id;
  const Access access(services, fetch.request.context);
  for (const auto& wanted : fetch.context.wanted) {
    auto& result = fetch.results.emplace_back();
    const auto* topic = by_id ? services.image().find_topic(wanted.topic_id)
                              : services.image().find_topic(wanted.topic);
    const bool named = topic != nullptr || !by_id;
    if (named && !access.topic(AclOperation::read, topic ? topic->name : wanted.topic)) {
      result.error = ErrorCode::topic_authorization_failed;
      continue;
    }
    if (topic == nullptr) {
      result.error = by_id ? ErrorCode::unknown_topic_id : ErrorCode::unknown_topic_or_partition;
      continue;
    }
    fetch.entries.push_back(fetch.results.size() - 1);
    entries.push_back({{topic->name, wanted.partition},
                       wanted.fetch_offset,
                       count_of(wanted.max_bytes),
                       wanted.current_leader_epoch,
                       wanted.last_fetched_epoch});
  }
  return entries;
}

FetchOptions options_of(const Services& services, const Request<FetchRequest>& asked) {
  const auto& request = asked.message;
  FetchOptions options;
  options.max_wait =
      std::min<base::Duration>(std::chrono::milliseconds(request.max_wait_ms), kLongestWait);
  options.min_bytes = count_of(request.min_bytes);
  options.max_bytes =
      std::min(count_of(request.max_bytes), count_of(services.config.fetch_max_bytes));
  if (const auto& context = asked.context; context.quotas != nullptr) {
    const auto most = context.quotas->most_at_once(QuotaKind::fetch, context.quota_client());
    if (most < static_cast<double>(options.max_bytes)) {
      options.max_bytes = std::max<std::size_t>(1, static_cast<std::size_t>(most));
    }
  }
  options.bound = request.isolation_level == IsolationLevel::read_committed
                      ? ReadBound::last_stable
                      : ReadBound::high_watermark;
  return options;
}

FetchAnswer answer_of(Services& services, const Fetch& fetch) {
  std::vector<FoundPartition> found;
  found.reserve(fetch.results.size());
  for (const auto& result : fetch.results) {
    found.push_back({wire_code(result.error), result.high_watermark, result.log_start_offset,
                     result.data.size, result.diverging != EpochEndOffset{}});
  }
  return services.fetch_sessions.end(fetch.context, found, services.loop.now());
}

void put(const FetchedPartition& result, IsolationLevel isolation,
         FetchResponse::Partition& answer) {
  answer.error_code = wire_code(result.error);
  answer.high_watermark = result.high_watermark;
  answer.last_stable_offset = result.last_stable_offset;
  answer.log_start_offset = result.log_start_offset;
  answer.diverging_epoch = {result.diverging.leader_epoch, result.diverging.end_offset};
  answer.records = protocol::Records{.bytes = {}, .external_size = result.data.size};
  if (isolation != IsolationLevel::read_committed) return;
  auto& aborted = answer.aborted_transactions.emplace();
  for (const auto& transaction : result.data.aborted) {
    aborted.push_back({transaction.producer_id, transaction.first_offset});
  }
}

FetchResponse response_to(const Fetch& fetch, const FetchAnswer& told) {
  FetchResponse response;
  response.error_code = told.error;
  response.session_id = told.session_id;
  const WantedPartition* last = nullptr;
  for (std::size_t i = 0; i < fetch.results.size(); ++i) {
    if (!told.told[i]) continue;
    const auto& wanted = fetch.context.wanted[i];
    if (last == nullptr || last->topic != wanted.topic || last->topic_id != wanted.topic_id) {
      auto& topic = response.responses.emplace_back();
      topic.topic = wanted.topic;
      topic.topic_id = wanted.topic_id;
    }
    last = &wanted;
    auto& answer = response.responses.back().partitions.emplace_back();
    answer.partition_index = wanted.partition;
    put(fetch.results[i], fetch.request.message.isolation_level, answer);
  }
  return response;
}

// The encoded answer with the pieces of the logs in their places.
std::vector<base::Segment> weave(const protocol::EncodedFrame& frame, Fetch& fetch) {
  std::vector<base::Segment> segments;
  const auto bytes = frame.bytes.view();
  std::size_t position = 0;
  std::size_t next = 0;
  for (auto& result : fetch.results) {
    if (result.data.size == 0) continue;
    const auto split = frame.external[next++].position;
    segments.emplace_back(base::Slice::of(frame.bytes, bytes.substr(position, split - position)));
    position = split;
    for (auto& range : result.data.ranges) segments.emplace_back(std::move(range));
  }
  if (position < bytes.size()) {
    segments.emplace_back(base::Slice::of(frame.bytes, bytes.substr(position)));
  }
  return segments;
}

// How long the client has to wait. What it does not get for that is not counted; what is more than
// the quota ever allows at once it gets in its turn, or it would never get on.
struct Throttle {
  base::Duration wait{};
  bool gives_nothing = false;
};

Throttle throttle(const Fetch& fetch) {
  const auto& context = fetch.request.context;
  if (context.quotas == nullptr) return {};
  std::size_t bytes = 0;
  for (const auto& result : fetch.results) bytes += result.data.size;
  const auto who = context.quota_client();
  const auto count = static_cast<double>(bytes);
  const auto before = std::max(context.quotas->delay(QuotaKind::fetch, who),
                               context.quotas->delay(QuotaKind::request, who));
  const auto after = context.quotas->charge(QuotaKind::fetch, who, count);
  const bool fits = count <= context.quotas->most_at_once(QuotaKind::fetch, who);
  const Throttle found{
      .wait = std::max(before, after),
      .gives_nothing = before > base::Duration::zero() || (fits && after > base::Duration::zero())};
  if (found.gives_nothing) context.quotas->charge(QuotaKind::fetch, who, -count);
  return found;
}

void finish(Services& services, Fetch& fetch) {
  auto& request = fetch.request;
  const auto [wait, gives_nothing] = throttle(fetch);
  request.context.throttle = wait;
  if (gives_nothing) {
    // Nothing is told of the partitions: to the session it is as if they had not been read.
    FetchResponse nothing;
    if (fetch.context.session) nothing.session_id = fetch.context.session->id();
    return request.answer(nothing);
  }
  const auto told = answer_of(services, fetch);
  if (told.error != ErrorCode::none) fetch.results.clear();
  auto response = response_to(fetch, told);
  response.throttle_time_ms = static_cast<std::int32_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(wait).count());
  request.reply.mute(wait);
  const auto encoded = protocol::encode_response(response, request.context.version(),
                                                 request.context.header.correlation_id);
  if (!encoded) return request.reply.refuse(encoded.error());
  if (request.context.quotas != nullptr) {
    request.context.quotas->charge(QuotaKind::fetch, request.context.quota_client(),
                                   static_cast<double>(encoded->bytes.size()));
  }
  request.reply.send(weave(*encoded, fetch));
}

}  // namespace

FetchResponse refusal(const FetchRequest& request, ErrorCode error) {
  FetchResponse response;
  for (const auto& asked : request.topics) {
    auto& topic = response.responses.emplace_back();
    topic.topic = asked.topic;
    topic.topic_id = asked.topic_id;
    for (const auto& partition : asked.partitions) {
      auto& answer = topic.partitions.emplace_back();
      answer.partition_index = partition.partition;
      answer.error_code = error;
      answer.high_watermark = protocol::kNoOffset;
      answer.records = protocol::Records{};
    }
  }
  return response;
}

void handle_fetch(Services& services, Request<FetchRequest> request) {
  const auto& message = request.message;
  const auto replica = std::max(message.replica_id, message.replica_state.replica_id);
  if (replica >= BrokerId(0)) {
    // This broker is the only replica of its partitions: nobody follows it.
    const bool may = Access(services, request.context).cluster(AclOperation::cluster_action);
    return request.answer(refusal(
        message, may ? ErrorCode::not_leader_or_follower : ErrorCode::topic_authorization_failed));
  }
  auto context =
      services.fetch_sessions.begin(message, request.context.version(), services.loop.now());
  if (!context) {
    FetchResponse no_session;
    no_session.error_code = wire_code(context.error());
    return request.answer(no_session);
  }
  auto fetch = std::make_shared<Fetch>(Fetch{std::move(request), *std::move(context), {}, {}});
  auto entries = collect(services, *fetch);
  auto options = options_of(services, fetch->request);
  // An error is told at once, and so is that there is nothing to wait for. While one request is
  // beyond the budget no other large one comes in: it does not wait for records.
  if (fetch->request.context.charge.overdraws()) options.max_wait = {};
  if (entries.empty() || entries.size() < fetch->results.size()) options.max_wait = {};
  const auto waiting = services.replicas.fetch(
      std::move(entries), options, [&services, fetch](std::vector<FetchedPartition> results) {
        for (std::size_t i = 0; i < results.size(); ++i) {
          fetch->results[fetch->entries[i]] = std::move(results[i]);
        }
        finish(services, *fetch);
      });
  if (waiting == 0) return;
  fetch->request.reply.abandon_with(
      [&replicas = services.replicas, waiting] { replicas.cancel_fetch(waiting); });
}

}  // namespace ottla::broker
