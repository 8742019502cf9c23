#include "broker/handlers/sync_group.h"
#include "broker/handlers/wire_code.h"

#include <memory>
#include <utility>

namespace ottla::broker {

using protocol::SyncGroupRequest;
using protocol::SyncGroupResponse;

constexpr std::int16_t kProtocolSince = 5;

SyncGroupResponse refusal(const SyncGroupRequest&, ErrorCode error) {
  SyncGroupResponse response;
  response.error_code = error;
  return response;
}

void handle_sync_group(Services& services, Request<SyncGroupRequest> request) {
  const auto& asked = request.message;
  const bool says_protocol = asked.protocol_type && asked.protocol_name;
  if (request.context.version() >= kProtocolSince && !says_protocol) {
    return request.answer(refusal(asked, ErrorCode::inconsistent_group_protocol));
  }
  auto waiting = std::make_shared<Request<SyncGroupRequest>>(std::move(request));
  const auto& message = waiting->message;
  SyncRequest sync;
  sync.member = {message.member_id, message.group_instance_id};
  sync.generation = message.generation_id;
  sync.protocol_type = message.protocol_type;
  sync.protocol_name = message.protocol_name;
  for (const auto& assigned : message.assignments) {
    sync.assignments.push_back({assigned.member_id, assigned.assignment.view});
  }
  services.groups.sync(message.group_id, std::move(sync), [waiting](const SyncAnswer& answer) {
    SyncGroupResponse response;
    response.error_code = wire_code(answer.error);
    response.protocol_type = answer.protocol_type;
    response.protocol_name = answer.protocol_name;
    response.assignment.view = answer.assignment;
    waiting->answer(response);
  });
  // What the group needs of it, it has copied; it may wait long.
  waiting->message = {};
  waiting->context.frame = {};
}

}  // namespace ottla::broker
