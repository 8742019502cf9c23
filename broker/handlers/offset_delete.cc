#include "broker/handlers/offset_delete.h"
#include "broker/handlers/access.h"
#include "broker/handlers/wire_code.h"

#include <memory>
#include <utility>
#include <vector>

namespace ottla::broker {
namespace {

using protocol::OffsetDeleteRequest;
using protocol::OffsetDeleteResponse;

// A request while its tombstones become durable.
struct OffsetDeletion {
  Request<OffsetDeleteRequest> request;
  OffsetDeleteResponse response;
  std::vector<ErrorCode*> deleted;  // the places in the response of what is deleted
};

// Fills the response, and returns what there is.
std::vector<TopicPartition> collect(const Services& services, OffsetDeletion& deletion) {
  std::vector<TopicPartition> partitions;
  const auto& message = deletion.request.message;
  for (const auto& asked : message.topics) {
    auto& topic = deletion.response.topics.emplace_back();
    topic.name = asked.name;
    for (const auto& partition : asked.partitions) {
      topic.partitions.push_back({partition.partition_index, ErrorCode::none});
    }
  }
  const Access access(services, deletion.request.context);
  for (auto& topic : deletion.response.topics) {
    const bool may = access.topic(AclOperation::read, topic.name);
    for (auto& partition : topic.partitions) {
      if (!may) {
        partition.error_code = ErrorCode::topic_authorization_failed;
        continue;
      }
      if (services.image().find_partition(topic.name, partition.partition_index) == nullptr) {
        partition.error_code = ErrorCode::unknown_topic_or_partition;
        continue;
      }
      partitions.push_back({std::string(topic.name), partition.partition_index});
      deletion.deleted.push_back(&partition.error_code);
    }
  }
  return partitions;
}

}  // namespace

OffsetDeleteResponse refusal(const OffsetDeleteRequest&, ErrorCode error) {
  OffsetDeleteResponse response;
  response.error_code = error;
  return response;
}

void handle_offset_delete(Services& services, Request<OffsetDeleteRequest> request) {
  auto deletion = std::make_shared<OffsetDeletion>(OffsetDeletion{std::move(request), {}, {}});
  auto partitions = collect(services, *deletion);
  services.groups.delete_offsets(deletion->request.message.group_id, std::move(partitions),
                                 [deletion](const Result<std::vector<ErrorCode>>& outcomes) {
                                   if (!outcomes) {
                                     return deletion->request.answer(refusal(
                                         deletion->request.message, wire_code(outcomes.error())));
                                   }
                                   for (std::size_t i = 0; i < outcomes->size(); ++i)
                                     *deletion->deleted[i] = (*outcomes)[i];
                                   deletion->request.answer(deletion->response);
                                 });
}

}  // namespace ottla::broker
