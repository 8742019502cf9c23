#include "broker/handlers/list_offsets.h"
#include "broker/handlers/wire_code.h"

#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

namespace ottla::broker {
namespace {

using protocol::IsolationLevel;
using protocol::ListOffsetsRequest;
using protocol::ListOffsetsResponse;

// A request while workers look timestamps up.
struct Lookup {
  Request<ListOffsetsRequest> request;
  ListOffsetsResponse response;
  std::size_t open = 1;  // look-ups under way, and the pass over the request itself

  void one_done() {
    if (--open == 0) request.answer(response);
  }
};

constexpr std::int16_t kLeaderEpochsSince = 4;

void put(const TimestampedOffset& found, std::int16_t version,
         ListOffsetsResponse::Partition& answer) {
  answer.offset = found.offset;
  answer.timestamp = found.timestamp;
  if (version >= kLeaderEpochsSince) answer.leader_epoch = found.leader_epoch;
}

void put_end(const TimestampedOffset& found, std::int16_t version,
             ListOffsetsResponse::Partition& answer) {
  put(found, version, answer);
  answer.timestamp = -1;
}

UnifiedLog::OnTimestamp when_found(const std::shared_ptr<Lookup>& lookup, std::size_t topic,
                                   std::size_t partition) {
  ++lookup->open;
  return [lookup, topic, partition](const Result<TimestampedOffset>& found) {
    auto& answer = lookup->response.topics[topic].partitions[partition];
    if (found) {
      put(*found, lookup->request.context.version(), answer);
    } else {
      answer.error_code = wire_code(found.error());
    }
    lookup->one_done();
  };
}

// The first version that knows a special timestamp; none if there is no such one.
std::optional<std::int16_t> first_version_of(std::int64_t timestamp) {
  switch (timestamp) {
    case ListOffsetsRequest::kLatest:
    case ListOffsetsRequest::kEarliest:
      return 1;
    case ListOffsetsRequest::kMaxTimestamp:
      return 7;
    case ListOffsetsRequest::kEarliestLocal:
      return 8;
    case ListOffsetsRequest::kLatestTiered:
      return 9;
    case ListOffsetsRequest::kEarliestPendingUpload:
      return 11;
    default:
      return std::nullopt;
  }
}

bool is_served(std::int64_t timestamp, std::int16_t version) {
  if (timestamp >= 0) return true;
  const auto first = first_version_of(timestamp);
  return first && version >= *first;
}

// Partitions that a request names more than once: Kafka answers none of them.
std::set<std::pair<std::string_view, std::int32_t>> doubled(const ListOffsetsRequest& request) {
  std::set<std::pair<std::string_view, std::int32_t>> seen;
  std::set<std::pair<std::string_view, std::int32_t>> twice;
  for (const auto& topic : request.topics) {
    for (const auto& partition : topic.partitions) {
      const auto [place, first] = seen.emplace(topic.name, partition.partition_index);
      if (!first) twice.insert(*place);
    }
  }
  return twice;
}

// Answers one partition, at once where that is possible.
void look_up(Services& services, const std::shared_ptr<Lookup>& lookup, std::size_t topic,
             std::size_t partition) {
  const auto& message = lookup->request.message;
  const auto& asked = message.topics[topic].partitions[partition];
  auto& answer = lookup->response.topics[topic].partitions[partition];
  const TopicPartition id{std::string(message.topics[topic].name), asked.partition_index};
  auto* found = services.replicas.find(id);
  if (found == nullptr) {
    answer.error_code = wire_code(services.replicas.why_missing(id));
    return;
  }
  if (auto leader = found->check_leader(asked.current_leader_epoch); !leader) {
    answer.error_code = wire_code(leader.error());
    return;
  }
  const auto version = lookup->request.context.version();
  if (!is_served(asked.timestamp, version)) {
    answer.error_code = ErrorCode::unsupported_version;
    return;
  }
  auto& log = found->log();
  switch (asked.timestamp) {
    case ListOffsetsRequest::kLatest:
      return put_end(log.latest(message.isolation_level == IsolationLevel::read_committed
                                    ? ReadBound::last_stable
                                    : ReadBound::high_watermark),
                     version, answer);
    case ListOffsetsRequest::kEarliest:
    case ListOffsetsRequest::kEarliestLocal:
      return put_end(log.earliest(), version, answer);
    case ListOffsetsRequest::kMaxTimestamp:
      return log.find_max_timestamp(when_found(lookup, topic, partition));
    case ListOffsetsRequest::kLatestTiered:
    case ListOffsetsRequest::kEarliestPendingUpload:
      return;  // nothing is tiered: no offset
    default:
      return log.find_offset_for_timestamp(asked.timestamp, when_found(lookup, topic, partition));
  }
}

}  // namespace

ListOffsetsResponse refusal(const ListOffsetsRequest& request, ErrorCode error) {
  ListOffsetsResponse response;
  for (const auto& asked : request.topics) {
    auto& topic = response.topics.emplace_back();
    topic.name = asked.name;
    for (const auto& partition : asked.partitions) {
      auto& answer = topic.partitions.emplace_back();
      answer.partition_index = partition.partition_index;
      answer.error_code = error;
    }
  }
  return response;
}

void handle_list_offsets(Services& services, Request<ListOffsetsRequest> request) {
  auto response = refusal(request.message, ErrorCode::none);
  auto lookup = std::make_shared<Lookup>(Lookup{std::move(request), std::move(response)});
  const auto& topics = lookup->request.message.topics;
  const auto twice = doubled(lookup->request.message);
  for (std::size_t t = 0; t < topics.size(); ++t) {
    for (std::size_t p = 0; p < topics[t].partitions.size(); ++p) {
      if (twice.contains({topics[t].name, topics[t].partitions[p].partition_index})) {
        lookup->response.topics[t].partitions[p].error_code = ErrorCode::invalid_request;
      } else {
        look_up(services, lookup, t, p);
      }
    }
  }
  lookup->one_done();
}

}  // namespace ottla::broker
