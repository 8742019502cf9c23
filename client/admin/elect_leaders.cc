#include "client/admin/elect_leaders.h"

#include <string>
#include <utility>

#include "client/admin/answer_error.h"
#include "client/admin/topics_call.h"

namespace ottla::client {
namespace {

using protocol::ElectLeadersRequest;
using protocol::ElectLeadersResponse;

// The first version that knows unclean elections.
constexpr std::int16_t kKnowsUnclean = 1;

struct Elected {
  TopicPartition partition;
  std::optional<Error> error;
};

std::vector<Elected> elected_in(const ElectLeadersResponse& response) {
  std::vector<Elected> elected;
  for (const auto& topic : response.replica_election_results) {
    for (const auto& result : topic.partition_result) {
      auto& each = elected.emplace_back();
      each.partition = {std::string(topic.topic), result.partition_id};
      if (result.error_code != ErrorCode::none) each.error = error_of(result);
    }
  }
  return elected;
}

}  // namespace

ElectLeadersCall::ElectLeadersCall(Promise<PartitionOutcomes> promise, ElectionType type,
                                   std::optional<std::vector<TopicPartition>> partitions)
    : EachCall(std::move(promise)), type_(type), all_(!partitions) {
  if (all_) return;
  for (const auto& partition : *partitions) {
    if (partition.topic.empty() || partition.topic.size() > kLongestTopicName) {
      settle(partition, about(partition, Error(ErrorCode::invalid_topic_exception,
                                               "a topic's name has 1 to 249 characters")));
    } else {
      add_pending(partition);
    }
  }
  answer_if_settled();
}

Request ElectLeadersCall::next_request(BrokerId broker, std::int32_t timeout_ms) {
  auto make = [this, timeout_ms](std::int16_t) { return request_for(timeout_ms); };
  auto done = [this](Result<Response<ElectLeadersResponse>> response) {
    if (!response) return on_failure(response.error());
    if (const auto code = response->message.error_code; code != ErrorCode::none) {
      return on_failure(Error(code, "the controller refused ElectLeaders"));
    }
    take(response->message);
  };
  auto request = make_request<ElectLeadersRequest>(broker, std::move(make), std::move(done));
  if (type_ == ElectionType::unclean) request.min_version = kKnowsUnclean;
  return request;
}

ElectLeadersRequest ElectLeadersCall::request_for(std::int32_t timeout_ms) const {
  ElectLeadersRequest request;
  request.timeout_ms = timeout_ms;
  request.election_type = type_ == ElectionType::unclean ? protocol::ElectionType::unclean
                                                         : protocol::ElectionType::preferred;
  if (all_) return request;
  auto& topics = request.topic_partitions.emplace();
  for (const auto& partition : pending()) {
    // Sorted: those of a topic stand together.
    if (topics.empty() || topics.back().topic != partition.topic) {
      topics.emplace_back().topic = partition.topic;
    }
    topics.back().partitions.push_back(partition.partition);
  }
  return request;
}

void ElectLeadersCall::take(const ElectLeadersResponse& response) {
  const auto elected = elected_in(response);
  if (all_) {
    for (const auto& each : elected) {
      settle(each.partition,
             each.error ? std::optional(about(each.partition, *each.error)) : std::nullopt);
    }
    return answer_if_settled();
  }
  const auto key_of = [](const Elected& each) { return std::optional(each.partition); };
  const auto take_one = [this](const TopicPartition& partition,
                               const Elected& each) -> std::optional<Error> {
    if (!each.error) {
      settle(partition, std::nullopt);
    } else if (each.error->code() == ErrorCode::not_controller) {
      return about(partition, *each.error);
    } else {
      settle(partition, about(partition, *each.error));
    }
    return std::nullopt;
  };
  take_each(Keys(pending()), elected, key_of, take_one);
}

Error ElectLeadersCall::about(const TopicPartition& partition, const Error& error) const {
  auto context = error.context();
  context.topic = partition.topic;
  context.partition = partition.partition;
  return {error.code(), error.message(), std::move(context)};
}

}  // namespace ottla::client
