#include "broker/handlers/delete_records.h"
#include "broker/handlers/wire_code.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ottla::broker {
namespace {

using protocol::DeleteRecordsRequest;
using protocol::DeleteRecordsResponse;

// A request while its log start offsets are written down.
struct RecordDeletion {
  Request<DeleteRecordsRequest> request;
  DeleteRecordsResponse response;
  std::vector<DeleteRecordsResponse::Partition*> asked;  // in `response`, one for each entry
};

// Fills in what can be answered at once, and returns the rest.
std::vector<DeleteRecordsEntry> collect(RecordDeletion& deletion) {
  std::vector<DeleteRecordsEntry> entries;
  const auto& topics = deletion.request.message.topics;
  for (std::size_t t = 0; t < topics.size(); ++t) {
    const std::string name(topics[t].name);
    const bool internal = is_internal_topic(name);
    for (std::size_t p = 0; p < topics[t].partitions.size(); ++p) {
      const auto& asked = topics[t].partitions[p];
      auto& answer = deletion.response.topics[t].partitions[p];
      if (internal) {
        answer.error_code = ErrorCode::invalid_topic_exception;
        continue;
      }
      deletion.asked.push_back(&answer);
      entries.push_back({{name, asked.partition_index}, asked.offset});
    }
  }
  return entries;
}

void put(const Result<Offset>& result, DeleteRecordsResponse::Partition& answer) {
  if (result) {
    answer.low_watermark = *result;
  } else {
    answer.error_code = wire_code(result.error());
  }
}

}  // namespace

DeleteRecordsResponse refusal(const DeleteRecordsRequest& request, ErrorCode error) {
  DeleteRecordsResponse response;
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

void handle_delete_records(Services& services, Request<DeleteRecordsRequest> request) {
  const std::chrono::milliseconds timeout(std::max(request.message.timeout_ms, 1));
  auto response = refusal(request.message, ErrorCode::none);
  auto deletion =
      std::make_shared<RecordDeletion>(RecordDeletion{std::move(request), std::move(response), {}});
  const auto entries = collect(*deletion);
  services.replicas.delete_records(entries, timeout,
                                   [deletion](const std::vector<DeleteRecordsResult>& results) {
                                     for (std::size_t i = 0; i < results.size(); ++i) {
                                       put(results[i].result, *deletion->asked[i]);
                                     }
                                     deletion->request.answer(deletion->response);
                                   });
}

}  // namespace ottla::broker
