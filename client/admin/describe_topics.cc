#include "client/admin/describe_topics.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "client/admin/describe.h"
#include "client/metadata/cluster.h"

namespace ottla::client {
namespace {

using protocol::DescribeTopicPartitionsRequest;
using protocol::DescribeTopicPartitionsResponse;
using protocol::MetadataRequest;
using protocol::MetadataResponse;

std::vector<std::int32_t> numbers_of(const std::vector<BrokerId>& brokers) {
  std::vector<std::int32_t> numbers;
  numbers.reserve(brokers.size());
  for (const auto broker : brokers) numbers.push_back(broker.value);
  return numbers;
}

std::vector<std::int32_t> numbers_of(const std::optional<std::vector<BrokerId>>& brokers) {
  return brokers ? numbers_of(*brokers) : std::vector<std::int32_t>();
}

// Of Metadata and of DescribeTopicPartitions.
template <class Partition>
PartitionInfo info_of(std::string_view topic, const Partition& partition) {
  PartitionInfo info{.topic = std::string(topic),
                     .partition = partition.partition_index,
                     .leader_epoch = partition.leader_epoch.value,
                     .replicas = numbers_of(partition.replica_nodes),
                     .in_sync_replicas = numbers_of(partition.isr_nodes),
                     .offline_replicas = numbers_of(partition.offline_replicas)};
  if (partition.leader_id.value >= 0) info.leader = partition.leader_id.value;
  if constexpr (requires { partition.last_known_elr; }) {
    info.eligible_leader_replicas = numbers_of(partition.eligible_leader_replicas);
    info.last_known_eligible_leader_replicas = numbers_of(partition.last_known_elr);
  }
  return info;
}

// Puts the partitions in their order. False unless they are those from 0 on, each once.
bool put_in_order(std::vector<PartitionInfo>& partitions) {
  std::sort(partitions.begin(), partitions.end(),
            [](const auto& a, const auto& b) { return a.partition < b.partition; });
  std::int32_t next = 0;
  return !partitions.empty() &&
         std::all_of(partitions.begin(), partitions.end(),
                     [&](const auto& each) { return each.partition == next++; });
}

}  // namespace

DescribeTopicsCall::DescribeTopicsCall(Promise<TopicDescriptions> promise,
                                       const std::vector<std::string>& topics,
                                       std::int32_t partitions_per_answer)
    : TopicsCall(std::move(promise)), partitions_per_answer_(std::max(partitions_per_answer, 1)) {
  for (const auto& topic : topics) TopicsCall::add(topic);
  answer_if_settled();
}

Request DescribeTopicsCall::next_request(BrokerId broker, std::int32_t) {
  return by_metadata_ ? metadata_request(broker) : pages_request(broker);
}

Request DescribeTopicsCall::pages_request(BrokerId broker) {
  auto make = [this](std::int16_t) {
    DescribeTopicPartitionsRequest request;
    request.response_partition_limit = partitions_per_answer_;
    for (const auto& name : pending()) {
      if (!cursor_ || name >= cursor_->topic) request.topics.push_back({name});
    }
    if (cursor_) request.cursor.emplace() = {cursor_->topic, cursor_->partition};
    return request;
  };
  auto done = [this](Result<Response<DescribeTopicPartitionsResponse>> response) {
    if (response) return on_page(response->message);
    const auto& error = response.error();
    if (error.code() != ErrorCode::unsupported_version) return on_failure(error);
    by_metadata_ = true;
    begin_anew();
    try_again(error);
    set_progress();
  };
  return make_request<DescribeTopicPartitionsRequest>(broker, std::move(make), std::move(done));
}

void DescribeTopicsCall::on_page(const DescribeTopicPartitionsResponse& page) {
  for (const auto& topic : page.topics) {
    if (topic.name && pending().contains(std::string(*topic.name))) add(topic);
  }
  if (const auto& next = page.next_cursor) {
    const bool goes_on =
        pending().contains(std::string(next->topic_name)) &&
        (!cursor_ || std::tie(next->topic_name, next->partition_index) >
                         std::tuple(std::string_view(cursor_->topic), cursor_->partition));
    if (!goes_on) {
      return fail(Error(ErrorCode::unknown_server_error,
                        "the broker's answer would have the next one begin where this one did, or "
                        "in a topic that was not asked for"));
    }
    cursor_ = {std::string(next->topic_name), next->partition_index};
    set_progress();
    return;
  }
  auto told = std::exchange(told_, {});
  begin_anew();
  take(std::move(told));
}

void DescribeTopicsCall::add(const DescribeTopicPartitionsResponse::Topic& topic) {
  const bool continued = cursor_ && cursor_->topic == *topic.name && !told_.empty() &&
                         told_.back().name == *topic.name;
  if (!continued) {
    auto& told = told_.emplace_back();
    told.name = *topic.name;
    told.description = {
        .name = told.name, .topic_id = id_text(topic.topic_id), .internal = topic.is_internal};
  }
  auto& told = told_.back();
  // Deleted since the answer before, and perhaps made anew.
  if (told.description.topic_id != id_text(topic.topic_id)) {
    told.error_code = ErrorCode::unknown_topic_or_partition;
  }
  if (topic.error_code != ErrorCode::none) told.error_code = topic.error_code;
  for (const auto& partition : topic.partitions) {
    told.description.partitions.push_back(info_of(*topic.name, partition));
  }
}

void DescribeTopicsCall::begin_anew() {
  cursor_.reset();
  told_.clear();
}

Request DescribeTopicsCall::metadata_request(BrokerId broker) {
  auto make = [this](std::int16_t version) {
    auto request = metadata_request_for(version);
    auto& topics = request.topics.emplace();
    for (const auto& name : pending()) topics.push_back({.topic_id = {}, .name = name});
    return request;
  };
  auto done = [this](Result<Response<MetadataResponse>> response) {
    if (!response) return on_failure(response.error());
    if (const auto code = response->message.error_code; code != ErrorCode::none) {
      return on_failure(Error(code, "the broker refused Metadata"));
    }
    std::vector<Told> told;
    for (const auto& topic : response->message.topics) {
      if (!topic.name) continue;
      auto& each = told.emplace_back();
      each.name = *topic.name;
      each.error_code = topic.error_code;
      each.description = {
          .name = each.name, .topic_id = id_text(topic.topic_id), .internal = topic.is_internal};
      for (const auto& partition : topic.partitions) {
        each.description.partitions.push_back(info_of(each.name, partition));
      }
    }
    take(std::move(told));
  };
  return make_request<MetadataRequest>(broker, std::move(make), std::move(done));
}

void DescribeTopicsCall::take(std::vector<Told> topics) {
  for (auto& topic : topics) topic.complete = put_in_order(topic.description.partitions);
  const auto name_of = [](const Told& told) { return std::optional<std::string_view>(told.name); };
  take_answers(topics, name_of,
               [this](const auto& name, const Told& told) { return take_one(name, told); });
}

std::optional<Error> DescribeTopicsCall::take_one(const std::string& name, const Told& told) {
  if (told.error_code != ErrorCode::none) {
    auto error = topic_error(told.error_code, {}, name);
    if (may_change(told.error_code)) return error;
    settle(name, std::move(error));
  } else if (!told.complete) {
    settle(name, topic_error(ErrorCode::unknown_server_error,
                             "the numbers of the partitions in the broker's answer are not those "
                             "from 0 on, each once",
                             name));
  } else {
    settle(name, told.description);
  }
  return std::nullopt;
}

}  // namespace ottla::client
