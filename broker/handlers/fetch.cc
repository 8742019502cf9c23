#include "broker/handlers/fetch.h"

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

constexpr std::int16_t kTopicIdsSince = 13;

// A fetch request while it waits. Partitions are counted through in the order of the request.
struct Fetch {
  Request<FetchRequest> request;
  std::vector<FetchedPartition> results;  // one a partition
  std::vector<std::size_t> entries;       // which of `results` are being fetched
};

std::size_t count_of(std::int32_t bytes) {
  return static_cast<std::size_t>(std::max<std::int32_t>(bytes, 0));
}

// Fills `fetch` and returns what is to be read.
std::vector<FetchEntry> collect(const Services& services, Fetch& fetch) {
  std::vector<FetchEntry> entries;
  const bool by_id = fetch.request.context.version() >= kTopicIdsSince;
  for (const auto& topic : fetch.request.message.topics) {
    const auto* known = by_id ? services.image().find_topic(topic.topic_id)
                              : services.image().find_topic(topic.topic);
    for (const auto& partition : topic.partitions) {
      auto& result = fetch.results.emplace_back();
      if (known == nullptr) {
        result.error = by_id ? ErrorCode::unknown_topic_id : ErrorCode::unknown_topic_or_partition;
        continue;
      }
      fetch.entries.push_back(fetch.results.size() - 1);
      entries.push_back({{known->name, partition.partition},
                         partition.fetch_offset,
                         count_of(partition.partition_max_bytes),
                         partition.current_leader_epoch});
    }
  }
  return entries;
}

FetchOptions options_of(const Services& services, const FetchRequest& request) {
  FetchOptions options;
  options.max_wait = std::chrono::milliseconds(request.max_wait_ms);
  options.min_bytes = count_of(request.min_bytes);
  options.max_bytes =
      std::min(count_of(request.max_bytes), count_of(services.config.fetch_max_bytes));
  options.bound = request.isolation_level == IsolationLevel::read_committed
                      ? ReadBound::last_stable
                      : ReadBound::high_watermark;
  return options;
}

FetchResponse response_to(const Fetch& fetch) {
  FetchResponse response;
  const auto& request = fetch.request.message;
  std::size_t at = 0;
  for (const auto& asked : request.topics) {
    auto& topic = response.responses.emplace_back();
    topic.topic = asked.topic;
    topic.topic_id = asked.topic_id;
    for (const auto& partition : asked.partitions) {
      const auto& result = fetch.results[at++];
      auto& answer = topic.partitions.emplace_back();
      answer.partition_index = partition.partition;
      answer.error_code = result.error;
      answer.high_watermark = result.high_watermark;
      answer.last_stable_offset = result.last_stable_offset;
      answer.log_start_offset = result.log_start_offset;
      answer.records = protocol::Records{.bytes = {}, .external_size = result.data.size};
      if (request.isolation_level == IsolationLevel::read_committed) {
        answer.aborted_transactions.emplace();
      }
    }
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

void finish(Fetch& fetch) {
  auto& request = fetch.request;
  const auto encoded = protocol::encode_response(response_to(fetch), request.context.version(),
                                                 request.context.header.correlation_id);
  if (!encoded) return request.reply.refuse(encoded.error());
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
    return request.answer(refusal(message, ErrorCode::not_leader_or_follower));
  }
  if (message.session_id != 0 && message.session_epoch > 0) {
    FetchResponse no_session;
    no_session.error_code = ErrorCode::fetch_session_id_not_found;
    return request.answer(no_session);
  }
  auto fetch = std::make_shared<Fetch>(Fetch{std::move(request), {}, {}});
  auto entries = collect(services, *fetch);
  auto options = options_of(services, fetch->request.message);
  // An error is told at once.
  if (entries.size() < fetch->results.size()) options.max_wait = {};
  services.replicas.fetch(std::move(entries), options,
                          [fetch](std::vector<FetchedPartition> results) {
                            for (std::size_t i = 0; i < results.size(); ++i) {
                              fetch->results[fetch->entries[i]] = std::move(results[i]);
                            }
                            finish(*fetch);
                          });
}

}  // namespace ottla::broker
