#include "broker/handlers/offset_fetch.h"
#include "broker/handlers/access.h"
#include "broker/handlers/wire_code.h"

#include <optional>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace ottla::broker {
namespace {

using protocol::OffsetFetchRequest;
using protocol::OffsetFetchResponse;

constexpr std::int16_t kGroupErrorSince = 2;
constexpr std::int16_t kManyGroupsSince = 8;
constexpr std::int16_t kOffsetFetchTopicIdsSince = 10;

using TopicsOrAll = std::optional<std::vector<OffsetFetchRequest::Topic>>;

OffsetFetchResponse::Partition answer_for(std::int32_t partition,
                                          const CommittedOffset* committed) {
  OffsetFetchResponse::Partition answer;
  answer.partition_index = partition;
  answer.committed_offset = committed == nullptr ? protocol::kNoOffset : committed->offset;
  if (committed != nullptr) answer.committed_leader_epoch = committed->leader_epoch;
  answer.metadata = committed == nullptr ? std::string_view() : committed->metadata;
  return answer;
}

// Every partition with the same error, as versions have it that know no error of a group.
std::vector<OffsetFetchResponse::Topic> failed_topics(const TopicsOrAll& asked, ErrorCode error) {
  std::vector<OffsetFetchResponse::Topic> topics;
  if (!asked) return topics;
  for (const auto& topic : *asked) {
    auto& out = topics.emplace_back();
    out.name = topic.name;
    out.topic_id = topic.topic_id;
    for (const auto partition : topic.partition_indexes) {
      out.partitions.push_back(answer_for(partition, nullptr));
      out.partitions.back().error_code = error;
    }
  }
  return topics;
}

// What is asked of a group, and how.
struct Asking {
  bool by_id = false;
  bool stable = false;  // offsets that an open transaction committed too are not told (KIP-447)
};

// An offset that a transaction is about to replace, or not.
OffsetFetchResponse::Partition unstable(std::int32_t partition) {
  auto answer = answer_for(partition, nullptr);
  answer.error_code = ErrorCode::unstable_offset_commit;
  return answer;
}

void add_all(const Access& access, const GroupView& view, const Asking& asking,
             std::vector<OffsetFetchResponse::Topic>& topics) {
  for (const auto& [name, partitions] : view.offsets->topics()) {
    if (!access.topic(AclOperation::describe, name, Denial::quiet)) continue;
    const auto* topic = access.image().find_topic(name);
    // Its offsets are about to be forgotten, and it has no id any more.
    if (asking.by_id && topic == nullptr) continue;
    auto& out = topics.emplace_back();
    out.name = name;
    if (topic != nullptr) out.topic_id = topic->id;
    for (const auto& [number, committed] : partitions) {
      const bool waits = asking.stable && view.is_unstable(name, number);
      out.partitions.push_back(waits ? unstable(number) : answer_for(number, &committed));
    }
  }
}

void add_asked(const Access& access, const GroupView& view, const OffsetFetchRequest::Topic& asked,
               const Asking& asking, std::vector<OffsetFetchResponse::Topic>& topics) {
  auto& out = topics.emplace_back();
  out.name = asked.name;
  out.topic_id = asked.topic_id;
  const auto* topic = asking.by_id ? access.image().find_topic(asked.topic_id) : nullptr;
  const std::string_view name = topic == nullptr ? asked.name : std::string_view(topic->name);
  const bool denied = !name.empty() && !access.topic(AclOperation::describe, name);
  for (const auto partition : asked.partition_indexes) {
    if (denied) {
      out.partitions.push_back(answer_for(partition, nullptr));
      out.partitions.back().error_code = ErrorCode::topic_authorization_failed;
      continue;
    }
    if (asking.stable && view.is_unstable(name, partition)) {
      out.partitions.push_back(unstable(partition));
      continue;
    }
    const auto* committed = view.offsets == nullptr ? nullptr : view.offsets->find(name, partition);
    out.partitions.push_back(answer_for(partition, committed));
    if (asking.by_id && topic == nullptr) {
      out.partitions.back().error_code = ErrorCode::unknown_topic_id;
    }
  }
}

OffsetFetchResponse::Group answer_group(const Services& services, const Access& access,
                                        std::string_view group_id, const TopicsOrAll& asked,
                                        const Asking& asking) {
  OffsetFetchResponse::Group group;
  group.group_id = group_id;
  if (!access.group(AclOperation::describe, group_id)) {
    group.error_code = ErrorCode::group_authorization_failed;
    return group;
  }
  const auto found = services.groups.find(group_id);
  if (!found) {
    group.error_code = wire_code(found.error());
    return group;
  }
  if (!asked) {
    if (found->offsets != nullptr) add_all(access, *found, asking, group.topics);
    return group;
  }
  for (const auto& topic : *asked) add_asked(access, *found, topic, asking, group.topics);
  return group;
}

}  // namespace

OffsetFetchResponse refusal(const OffsetFetchRequest& request, ErrorCode error) {
  OffsetFetchResponse response;
  response.error_code = error;
  if (request.groups.empty()) response.topics = failed_topics(request.topics, error);
  for (const auto& asked : request.groups) {
    auto& group = response.groups.emplace_back();
    group.group_id = asked.group_id;
    group.error_code = error;
  }
  return response;
}

void handle_offset_fetch(Services& services, Request<OffsetFetchRequest> request) {
  const auto& message = request.message;
  const auto version = request.context.version();
  const Asking asking{.by_id = version >= kOffsetFetchTopicIdsSince,
                      .stable = message.require_stable};
  const Access access(services, request.context);
  OffsetFetchResponse response;
  if (version >= kManyGroupsSince) {
    // Each group once: a name costs few bytes, and all its offsets may be many.
    std::unordered_set<std::string_view> answered;
    for (const auto& asked : message.groups) {
      if (!answered.insert(asked.group_id).second) continue;
      response.groups.push_back(
          answer_group(services, access, asked.group_id, asked.topics, asking));
    }
    return request.answer(response);
  }
  auto group = answer_group(services, access, message.group_id, message.topics, asking);
  response.error_code = group.error_code;
  response.topics = std::move(group.topics);
  if (version < kGroupErrorSince && group.error_code != ErrorCode::none) {
    response.topics = failed_topics(message.topics, group.error_code);
  }
  request.answer(response);
}

}  // namespace ottla::broker
