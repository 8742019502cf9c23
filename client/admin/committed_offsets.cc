#include "client/admin/committed_offsets.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "protocol/messages/offset_commit.h"
#include "protocol/messages/offset_delete.h"

namespace ottla::client {
namespace {

using protocol::CoordinatorType;
using protocol::OffsetCommitRequest;
using protocol::OffsetCommitResponse;
using protocol::OffsetDeleteRequest;
using protocol::OffsetDeleteResponse;
using protocol::OffsetFetchRequest;
using protocol::OffsetFetchResponse;

// The newest versions that name topics; later ones have their ids.
constexpr std::int16_t kLastWithNames = 9;
// The first version of OffsetFetch that is about several groups (KIP-709).
constexpr std::int16_t kManyGroups = 8;

Error place(const TopicPartition& partition, Error error) {
  auto context = error.context();
  context.topic = partition.topic;
  context.partition = partition.partition;
  return {error.code(), error.message(), std::move(context)};
}

// What one group has committed of `wanted`, none: of everything; the first error there is.
template <class Topics>
Result<CommittedOffsets> offsets_in(const Topics& topics,
                                    const std::vector<TopicPartition>& wanted) {
  CommittedOffsets offsets;
  std::set<TopicPartition> missing(wanted.begin(), wanted.end());
  for (const auto& topic : topics) {
    for (const auto& told : topic.partitions) {
      TopicPartition id{std::string(topic.name), told.partition_index};
      if (missing.erase(id) == 0 && !wanted.empty()) continue;
      if (told.error_code != ErrorCode::none) return place(id, Error(told.error_code));
      if (told.committed_offset.value < 0) continue;
      offsets.insert_or_assign(
          std::move(id), OffsetAndMetadata{.offset = told.committed_offset.value,
                                           .leader_epoch = told.committed_leader_epoch.value,
                                           .metadata = std::string(told.metadata.value_or(""))});
    }
  }
  if (missing.empty()) return offsets;
  return place(*missing.begin(), Error(ErrorCode::unknown_server_error,
                                       "the broker's answer leaves the partition out"));
}

// What became of each partition. Error: one that is about the whole group, and passes.
template <class Topics, class Asked>
Result<PartitionOutcomes> outcomes_in(const Topics& topics, const Asked& asked) {
  PartitionOutcomes outcomes;
  for (const auto& partition : asked) {
    outcomes.insert_or_assign(
        partition, place(partition, Error(ErrorCode::unknown_server_error,
                                          "the broker's answer leaves the partition out")));
  }
  for (const auto& topic : topics) {
    for (const auto& told : topic.partitions) {
      const auto found = outcomes.find({std::string(topic.name), told.partition_index});
      if (found == outcomes.end()) continue;
      found->second.reset();
      if (told.error_code == ErrorCode::none) continue;
      if (may_change(told.error_code)) return Error(told.error_code);
      found->second = place(found->first, Error(told.error_code));
    }
  }
  return outcomes;
}

std::set<TopicPartition> partitions_of(const CommittedOffsets& offsets) {
  std::set<TopicPartition> partitions;
  for (const auto& [partition, unused] : offsets) partitions.insert(partition);
  return partitions;
}

}  // namespace

ListGroupOffsetsCall::ListGroupOffsetsCall(Promise<ListedGroupOffsets> promise, GroupsToList groups,
                                           bool require_stable)
    : CoordinatorsCall(std::move(promise), CoordinatorType::group),
      groups_(std::move(groups)),
      require_stable_(require_stable) {
  for (const auto& [group, unused] : groups_) add(group);
  answer_if_settled();
}

OffsetFetchRequest ListGroupOffsetsCall::make(std::int16_t version) {
  // Older brokers are asked for one group after the other, also when one must be asked again.
  if (version < kManyGroups) {
    const auto next = asked_.upper_bound(last_);
    last_ = next == asked_.end() ? *asked_.begin() : *next;
    asked_ = {last_};
  }
  OffsetFetchRequest request;
  request.require_stable = require_stable_;
  for (const auto& group : asked_) {
    auto& asked = request.groups.emplace_back();
    const auto& [name, partitions] = *groups_.find(group);
    asked.group_id = name;
    if (partitions.empty()) continue;
    auto& topics = asked.topics.emplace();
    for (const auto& partition : std::set<TopicPartition>(partitions.begin(), partitions.end())) {
      // What the name lies in lives in the call.
      const auto known = std::find(partitions.begin(), partitions.end(), partition);
      if (topics.empty() || topics.back().name != known->topic) {
        topics.push_back({.name = known->topic, .topic_id = {}, .partition_indexes = {}});
      }
      topics.back().partition_indexes.push_back(known->partition);
    }
  }
  if (version >= kManyGroups) return request;
  request.group_id = request.groups.front().group_id;
  request.topics = std::move(request.groups.front().topics);
  request.groups.clear();
  return request;
}

Request ListGroupOffsetsCall::ask(BrokerId broker, std::int32_t) {
  asked_ = routed_to(broker);
  auto done = [this](Result<Response<OffsetFetchResponse>> response) {
    if (!response) return on_broker_failure(response.error());
    take(response->message, response->raw.version);
  };
  auto request = make_request<OffsetFetchRequest>(
      broker, [this](std::int16_t version) { return make(version); }, std::move(done));
  request.max_version = kLastWithNames;
  return request;
}

void ListGroupOffsetsCall::take(const OffsetFetchResponse& response, std::int16_t version) {
  auto groups = response.groups;
  if (version < kManyGroups) {
    groups = {{*asked_.begin(), response.topics, response.error_code}};
  }
  const auto take = [&](const std::string& id,
                        const OffsetFetchResponse::Group& told) -> std::optional<Error> {
    if (const auto code = told.error_code; code != ErrorCode::none) {
      return take_error(id, Error(code), coordinates_no_more(code));
    }
    auto offsets = offsets_in(told.topics, groups_.at(id));
    if (!offsets) {
      return take_error(id, offsets.error(), coordinates_no_more(offsets.error().code()));
    }
    settle(id, std::move(*offsets));
    return std::nullopt;
  };
  const auto key = [](const auto& told) { return std::optional(std::string(told.group_id)); };
  take_answers(asked_, groups, key, take);
}

AlterGroupOffsetsCall::AlterGroupOffsetsCall(const Promise<PartitionOutcomes>& promise,
                                             std::string group, CommittedOffsets offsets)
    : CoordinatorsCall(telling_the_only_one<Outcomes>(promise), CoordinatorType::group),
      group_(std::move(group)),
      offsets_(std::move(offsets)) {
  if (offsets_.empty()) {
    settle(group_, PartitionOutcomes());
  } else {
    add(group_);
  }
  for (const auto& [partition, offset] : offsets_) {
    if (offset.offset >= 0) continue;
    settle(group_, place(partition, Error(ErrorCode::invalid_argument, "an offset is below zero")));
    break;
  }
  answer_if_settled();
}

Request AlterGroupOffsetsCall::ask(BrokerId broker, std::int32_t) {
  auto make = [this](std::int16_t) {
    OffsetCommitRequest request;
    request.group_id = group_;
    for (const auto& [partition, offset] : offsets_) {
      if (request.topics.empty() || request.topics.back().name != partition.topic) {
        request.topics.push_back({.name = partition.topic, .topic_id = {}, .partitions = {}});
      }
      request.topics.back().partitions.push_back(
          {.partition_index = partition.partition,
           .committed_offset = protocol::Offset(offset.offset),
           .committed_leader_epoch = protocol::LeaderEpoch(offset.leader_epoch),
           .committed_metadata = offset.metadata});
    }
    return request;
  };
  auto done = [this](Result<Response<OffsetCommitResponse>> response) {
    if (!response) return on_broker_failure(response.error());
    const auto take = [&](const std::string& id,
                          const OffsetCommitResponse& told) -> std::optional<Error> {
      auto outcomes = outcomes_in(told.topics, partitions_of(offsets_));
      if (!outcomes) {
        return take_error(id, outcomes.error(), coordinates_no_more(outcomes.error().code()));
      }
      settle(id, std::move(*outcomes));
      return std::nullopt;
    };
    const auto key = [this](const auto&) { return std::optional(group_); };
    take_answers({group_}, std::vector{std::move(response->message)}, key, take);
  };
  auto request = make_request<OffsetCommitRequest>(broker, std::move(make), std::move(done));
  request.max_version = kLastWithNames;
  return request;
}

DeleteGroupOffsetsCall::DeleteGroupOffsetsCall(const Promise<PartitionOutcomes>& promise,
                                               std::string group,
                                               const std::vector<TopicPartition>& partitions)
    : CoordinatorsCall(telling_the_only_one<Outcomes>(promise), CoordinatorType::group),
      group_(std::move(group)),
      partitions_(partitions.begin(), partitions.end()) {
  if (partitions_.empty()) {
    settle(group_, PartitionOutcomes());
  } else {
    add(group_);
  }
  answer_if_settled();
}

Request DeleteGroupOffsetsCall::ask(BrokerId broker, std::int32_t) {
  auto make = [this](std::int16_t) {
    OffsetDeleteRequest request;
    request.group_id = group_;
    for (const auto& partition : partitions_) {
      if (request.topics.empty() || request.topics.back().name != partition.topic) {
        request.topics.push_back({partition.topic, {}});
      }
      request.topics.back().partitions.push_back({partition.partition});
    }
    return request;
  };
  auto done = [this](Result<Response<OffsetDeleteResponse>> response) {
    if (!response) return on_broker_failure(response.error());
    const auto take = [&](const std::string& id,
                          const OffsetDeleteResponse& told) -> std::optional<Error> {
      if (const auto code = told.error_code; code != ErrorCode::none) {
        return take_error(id, Error(code), coordinates_no_more(code));
      }
      auto outcomes = outcomes_in(told.topics, partitions_);
      if (!outcomes) {
        return take_error(id, outcomes.error(), coordinates_no_more(outcomes.error().code()));
      }
      settle(id, std::move(*outcomes));
      return std::nullopt;
    };
    const auto key = [this](const auto&) { return std::optional(group_); };
    take_answers({group_}, std::vector{std::move(response->message)}, key, take);
  };
  return make_request<OffsetDeleteRequest>(broker, std::move(make), std::move(done));
}

}  // namespace ottla::client
