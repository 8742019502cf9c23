#include "broker/handlers/describe_topic_partitions.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "broker/handlers/access.h"
#include "broker/metadata/own_directories.h"
#include "broker/metadata/topic_name.h"

namespace ottla::broker {
namespace {

using protocol::DescribeTopicPartitionsRequest;
using protocol::DescribeTopicPartitionsResponse;

// Fills one answer, topic by topic, up to a number of partitions.
class Page {
 public:
  Page(const Access& access, std::int32_t limit)
      : access_(access), image_(access.image()), left_(limit) {}

  // False: the page is full, and the next one begins somewhere in this topic.
  bool add(std::string_view name, std::int32_t from, bool must_be_there) {
    const auto denial = must_be_there ? Denial::logged : Denial::quiet;
    if (!access_.topic(AclOperation::describe, name, denial)) {
      if (must_be_there) add_denied(name);
      return true;
    }
    if (left_ == 0) return go_on_at(name, 0);
    const auto* topic = image_.find_topic(name);
    if (topic == nullptr) {
      if (must_be_there) add_missing(name);
      return true;
    }
    auto& answer = add_topic(name, ErrorCode::none);
    answer.topic_id = topic->id;
    for (auto at = topic->partitions.lower_bound(from); at != topic->partitions.end(); ++at) {
      if (left_ == 0) return go_on_at(name, at->first);
      add_partition(at->first, at->second, answer);
      --left_;
    }
    return true;
  }

  const DescribeTopicPartitionsResponse& response() const { return response_; }

 private:
  bool go_on_at(std::string_view name, std::int32_t partition) {
    response_.next_cursor.emplace() = {name, partition};
    return false;
  }

  DescribeTopicPartitionsResponse::Topic& add_topic(std::string_view name, ErrorCode error) {
    auto& answer = response_.topics.emplace_back();
    answer.error_code = error;
    answer.name = name;
    answer.is_internal = is_internal_topic(name);
    answer.topic_authorized_operations = access_.operations(AclResourceType::topic, name);
    return answer;
  }

  // Not even whether it is there is told.
  void add_denied(std::string_view name) {
    auto& answer = response_.topics.emplace_back();
    answer.error_code = ErrorCode::topic_authorization_failed;
    answer.name = name;
  }

  void add_missing(std::string_view name) {
    add_topic(name, check_topic_name(name) ? ErrorCode::unknown_topic_or_partition
                                           : ErrorCode::invalid_topic_exception);
  }

  void add_partition(std::int32_t number, const PartitionImage& partition,
                     DescribeTopicPartitionsResponse::Topic& to) const {
    auto& answer = to.partitions.emplace_back();
    answer.partition_index = number;
    answer.leader_id = partition.leader;
    answer.leader_epoch = partition.leader_epoch;
    answer.replica_nodes = partition.replicas;
    answer.isr_nodes = partition.in_sync_replicas;
    answer.eligible_leader_replicas = partition.eligible_leader_replicas;
    answer.last_known_elr = partition.last_known_eligible_leader_replicas;
    answer.offline_replicas = offline_replicas(image_, partition);
  }

  const Access& access_;
  const MetadataImage& image_;
  std::int32_t left_;
  DescribeTopicPartitionsResponse response_;
};

// By name, from the cursor's on.
std::set<std::string_view> wanted_topics(const DescribeTopicPartitionsRequest& request,
                                         const MetadataImage& image) {
  std::set<std::string_view> names;
  for (const auto& topic : request.topics) names.insert(topic.name);
  if (request.topics.empty()) {
    for (const auto* topic : image.topics()) names.insert(topic->name);
  }
  if (request.cursor) {
    names.erase(names.begin(), names.lower_bound(request.cursor->topic_name));
  }
  return names;
}

}  // namespace

DescribeTopicPartitionsResponse refusal(const DescribeTopicPartitionsRequest& request,
                                        ErrorCode error) {
  DescribeTopicPartitionsResponse response;
  for (const auto& asked : request.topics) {
    auto& topic = response.topics.emplace_back();
    topic.error_code = error;
    topic.name = asked.name;
  }
  return response;
}

void handle_describe_topic_partitions(Services& services,
                                      Request<DescribeTopicPartitionsRequest> request) {
  const auto& message = request.message;
  const auto names = wanted_topics(message, services.image());
  const auto& cursor = message.cursor;
  const bool all = message.topics.empty();
  const bool lost_place = cursor && !all && !names.contains(cursor->topic_name);
  if (lost_place || (cursor && cursor->partition_index < 0)) {
    return request.answer(refusal(message, ErrorCode::invalid_request));
  }
  const auto limit =
      std::min(message.response_partition_limit, services.config.max_request_partition_size_limit);
  const Access access(services, request.context);
  Page page(access, std::max(limit, 1));
  for (const auto name : names) {
    const bool goes_on_here = cursor && cursor->topic_name == name;
    if (!page.add(name, goes_on_here ? cursor->partition_index : 0, !all)) break;
  }
  request.answer(page.response());
}

}  // namespace ottla::broker
