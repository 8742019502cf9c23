#include "broker/handlers/join_group.h"
#include "broker/handlers/wire_code.h"

#include <chrono>
#include <memory>
#include <utility>

namespace ottla::broker {
namespace {

using protocol::JoinGroupRequest;
using protocol::JoinGroupResponse;
using std::chrono::milliseconds;

constexpr std::int16_t kMemberIdRequiredSince = 4;
constexpr std::int16_t kNullProtocolSince = 7;
constexpr std::int16_t kSkipAssignmentSince = 9;
// Clients know a handful.
constexpr std::size_t kMostProtocols = 1000;

JoinRequest join_of(const Request<JoinGroupRequest>& request, const std::string& client_host) {
  const auto& message = request.message;
  const auto version = request.context.version();
  JoinRequest join;
  join.member = {message.member_id, message.group_instance_id};
  join.client_id = request.context.header.client_id.value_or("");
  join.client_host = client_host;
  join.session_timeout = milliseconds(message.session_timeout_ms);
  const bool says_rebalance = message.rebalance_timeout_ms >= 0;
  join.rebalance_timeout =
      says_rebalance ? milliseconds(message.rebalance_timeout_ms) : join.session_timeout;
  join.protocol_type = message.protocol_type;
  for (const auto& offered : message.protocols) {
    join.protocols.push_back({std::string(offered.name), std::string(offered.metadata.view)});
  }
  join.member_id_required = version >= kMemberIdRequiredSince;
  join.knows_skip_assignment = version >= kSkipAssignmentSince;
  return join;
}

JoinGroupResponse response_to(const JoinAnswer& answer, std::int16_t version) {
  JoinGroupResponse response;
  response.error_code = wire_code(answer.error);
  response.generation_id = answer.generation;
  response.protocol_type = answer.protocol_type;
  response.protocol_name = answer.protocol_name;
  if (!response.protocol_name && version < kNullProtocolSince) response.protocol_name = "";
  response.leader = answer.leader;
  response.skip_assignment = answer.skip_assignment;
  response.member_id = answer.member_id;
  for (const auto& member : answer.members) {
    auto& out = response.members.emplace_back();
    out.member_id = member.member_id;
    if (member.instance_id) out.group_instance_id = *member.instance_id;
    out.metadata.view = member.metadata;
  }
  return response;
}

}  // namespace

JoinGroupResponse refusal(const JoinGroupRequest& request, ErrorCode error) {
  JoinGroupResponse response;
  response.error_code = error;
  response.protocol_name = "";
  response.member_id = request.member_id;
  return response;
}

void handle_join_group(Services& services, Request<JoinGroupRequest> request) {
  if (request.message.protocols.size() > kMostProtocols) {
    return request.answer(refusal(request.message, ErrorCode::invalid_request));
  }
  auto waiting = std::make_shared<Request<JoinGroupRequest>>(std::move(request));
  // As Java prints an address.
  const std::string client_host = "/" + waiting->context.peer.host;
  auto join = join_of(*waiting, client_host);
  services.groups.join(waiting->message.group_id, std::move(join),
                       [waiting](const JoinAnswer& answer) {
                         waiting->answer(response_to(answer, waiting->context.version()));
                       });
  // What the group needs of it, it has copied; it may wait long, and others want the room.
  waiting->message = {};
  waiting->context.frame = {};
  waiting->context.charge.release();
}

}  // namespace ottla::broker
