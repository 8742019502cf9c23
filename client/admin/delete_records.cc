#include "client/admin/delete_records.h"

#include <string>
#include <utility>
#include <vector>

#include "protocol/messages/delete_records.h"

namespace ottla::client {
namespace {

using protocol::DeleteRecordsRequest;
using protocol::DeleteRecordsResponse;

struct DeletionAnswer {
  TopicPartition partition;
  ErrorCode error = ErrorCode::none;
  std::int64_t low_watermark = -1;
};

std::vector<DeletionAnswer> flatten(const DeleteRecordsResponse& response) {
  std::vector<DeletionAnswer> answers;
  for (const auto& topic : response.topics) {
    for (const auto& partition : topic.partitions) {
      answers.push_back({{std::string(topic.name), partition.partition_index},
                         partition.error_code,
                         partition.low_watermark.value});
    }
  }
  return answers;
}

}  // namespace

DeleteRecordsCall::DeleteRecordsCall(Promise<DeletedRecords> promise,
                                     std::map<TopicPartition, std::int64_t> before)
    : LeadersCall(std::move(promise)), before_(std::move(before)) {
  for (const auto& [partition, unused] : before_) add(partition);
  answer_if_settled();
}

Request DeleteRecordsCall::ask(BrokerId broker, std::int32_t timeout_ms) {
  auto asked = routed_to(broker);
  auto make = [this, asked, timeout_ms](std::int16_t) {
    DeleteRecordsRequest request;
    request.timeout_ms = timeout_ms;
    for (const auto& partition : asked) {
      if (request.topics.empty() || request.topics.back().name != partition.topic) {
        request.topics.push_back({partition.topic, {}});
      }
      request.topics.back().partitions.push_back(
          {partition.partition, protocol::Offset(before_.at(partition))});
    }
    return request;
  };
  auto done = [this, asked](Result<Response<DeleteRecordsResponse>> response) {
    if (!response) return on_broker_failure(response.error());
    const auto key_of = [](const DeletionAnswer& answer) {
      return std::optional(answer.partition);
    };
    const auto take = [this](const TopicPartition& partition,
                             const DeletionAnswer& answer) -> std::optional<Error> {
      if (answer.error != ErrorCode::none) {
        return take_error(partition, Error(answer.error), leads_no_more(answer.error));
      }
      settle(partition, answer.low_watermark);
      return std::nullopt;
    };
    take_answers(asked, flatten(response->message), key_of, take);
  };
  return make_request<DeleteRecordsRequest>(broker, std::move(make), std::move(done));
}

}  // namespace ottla::client
