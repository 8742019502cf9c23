#include "broker/handlers/heartbeat.h"
#include "broker/handlers/wire_code.h"

namespace ottla::broker {

using protocol::HeartbeatRequest;
using protocol::HeartbeatResponse;

HeartbeatResponse refusal(const HeartbeatRequest&, ErrorCode error) {
  HeartbeatResponse response;
  response.error_code = error;
  return response;
}

void handle_heartbeat(Services& services, Request<HeartbeatRequest> request) {
  const auto& message = request.message;
  const MemberIdentity member{message.member_id, message.group_instance_id};
  const auto error = services.groups.heartbeat(message.group_id, member, message.generation_id);
  request.answer(refusal(message, wire_code(error)));
}

}  // namespace ottla::broker
