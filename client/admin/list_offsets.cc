#include "client/admin/list_offsets.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/messages/list_offsets.h"

namespace ottla::client {
namespace {

using protocol::ListOffsetsRequest;
using protocol::ListOffsetsResponse;

// The first version that answers with one offset.
constexpr std::int16_t kOneOffset = 1;

// The first that knows what is wanted.
std::int16_t oldest_version(const OffsetSpec& wanted) {
  if (wanted == OffsetSpec::max_timestamp()) return 7;
  if (wanted == OffsetSpec::earliest_local()) return 8;
  if (wanted == OffsetSpec::latest_tiered()) return 9;
  if (wanted == OffsetSpec::earliest_pending_upload()) return 11;
  return kOneOffset;
}

struct OffsetAnswer {
  TopicPartition partition;
  ListOffsetsResponse::Partition told;
};

std::vector<OffsetAnswer> flatten(const ListOffsetsResponse& response) {
  std::vector<OffsetAnswer> answers;
  for (const auto& topic : response.topics) {
    for (const auto& told : topic.partitions) {
      answers.push_back({{std::string(topic.name), told.partition_index}, told});
    }
  }
  return answers;
}

ListedOffset offset_of(const ListOffsetsResponse::Partition& told) {
  ListedOffset listed{.leader_epoch = told.leader_epoch.value};
  if (told.offset.value >= 0) listed.offset = told.offset.value;
  if (told.timestamp >= 0) listed.timestamp = Timestamp(std::chrono::milliseconds(told.timestamp));
  return listed;
}

}  // namespace

ListOffsetsCall::ListOffsetsCall(Promise<ListedOffsets> promise,
                                 std::map<TopicPartition, OffsetSpec> wanted,
                                 IsolationLevel isolation_level)
    : LeadersCall(std::move(promise)),
      wanted_(std::move(wanted)),
      isolation_level_(isolation_level) {
  for (const auto& [partition, unused] : wanted_) add(partition);
  answer_if_settled();
}

Request ListOffsetsCall::ask(BrokerId broker, std::int32_t timeout_ms) {
  auto asked = routed_to(broker);
  auto make = [this, asked, timeout_ms](std::int16_t) {
    ListOffsetsRequest request;
    request.isolation_level = static_cast<protocol::IsolationLevel>(isolation_level_);
    request.timeout_ms = timeout_ms;
    for (const auto& partition : asked) {
      if (request.topics.empty() || request.topics.back().name != partition.topic) {
        request.topics.push_back({partition.topic, {}});
      }
      request.topics.back().partitions.push_back(
          {partition.partition, protocol::kNoLeaderEpoch, wanted_.at(partition).wire_value()});
    }
    return request;
  };
  auto done = [this, asked](Result<Response<ListOffsetsResponse>> response) {
    if (!response) return on_failure(asked, response.error());
    const auto key = [](const OffsetAnswer& answer) { return std::optional(answer.partition); };
    const auto take = [this](const TopicPartition& partition,
                             const OffsetAnswer& answer) -> std::optional<Error> {
      if (const auto code = answer.told.error_code; code != ErrorCode::none) {
        return take_error(partition, Error(code), leads_no_more(code));
      }
      settle(partition, offset_of(answer.told));
      return std::nullopt;
    };
    take_answers(asked, flatten(response->message), key, take);
  };
  auto request = make_request<ListOffsetsRequest>(broker, std::move(make), std::move(done));
  request.min_version = kOneOffset;
  for (const auto& partition : routed_to(broker)) {
    request.min_version = std::max(request.min_version, oldest_version(wanted_.at(partition)));
  }
  return request;
}

// A broker that is too old for some of what is wanted can answer the rest.
void ListOffsetsCall::on_failure(const Keys& asked, const Error& error) {
  std::int16_t newest = kOneOffset;
  for (const auto& partition : asked) {
    newest = std::max(newest, oldest_version(wanted_.at(partition)));
  }
  if (error.code() != ErrorCode::unsupported_version || newest == kOneOffset) {
    return on_broker_failure(error);
  }
  for (const auto& partition : asked) {
    if (oldest_version(wanted_.at(partition)) != newest) continue;
    settle(partition, about(partition, error));
  }
  set_told();
  answer_if_settled();
  set_progress();
}

}  // namespace ottla::client
