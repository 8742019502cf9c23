#include "broker/handlers/leave_group.h"
#include "broker/handlers/wire_code.h"

#include <utility>
#include <vector>

namespace ottla::broker {

using protocol::LeaveGroupRequest;
using protocol::LeaveGroupResponse;

constexpr std::int16_t kManyMembersSince = 3;

LeaveGroupResponse refusal(const LeaveGroupRequest&, ErrorCode error) {
  LeaveGroupResponse response;
  response.error_code = error;
  return response;
}

void handle_leave_group(Services& services, Request<LeaveGroupRequest> request) {
  const auto& message = request.message;
  const bool many = request.context.version() >= kManyMembersSince;
  std::vector<MemberIdentity> leaving;
  if (!many) leaving.push_back({message.member_id, std::nullopt});
  for (const auto& member : message.members) {
    leaving.push_back({member.member_id, member.group_instance_id});
  }
  const auto outcomes = services.groups.leave(message.group_id, leaving);
  if (!outcomes) return request.answer(refusal(message, wire_code(outcomes.error())));
  LeaveGroupResponse response;
  if (!many) response.error_code = wire_code(outcomes->front());
  for (std::size_t i = 0; many && i < leaving.size(); ++i) {
    response.members.push_back({leaving[i].member_id, leaving[i].instance_id, (*outcomes)[i]});
  }
  request.answer(response);
}

}  // namespace ottla::broker
