#include "broker/handlers/describe_groups.h"

#include <string>
#include <string_view>
#include <unordered_set>

#include "broker/handlers/access.h"
#include "broker/handlers/wire_code.h"

namespace ottla::broker {
namespace {

using protocol::DescribeGroupsRequest;
using protocol::DescribeGroupsResponse;

constexpr std::int16_t kNotFoundSince = 6;
constexpr std::string_view kNotFound = "There is no such group.";

void add_members(const Group& group, DescribeGroupsResponse::Group& out) {
  const bool stable = group.state() == GroupState::stable;
  const std::string_view protocol =
      stable && group.protocol_name() ? *group.protocol_name() : std::string_view();
  out.protocol_data = protocol;
  for (const auto& [id, member] : group.members()) {
    auto& added = out.members.emplace_back();
    added.member_id = id;
    if (member.instance_id) added.group_instance_id = *member.instance_id;
    added.client_id = member.client_id;
    added.client_host = member.client_host;
    if (!stable) continue;
    added.member_metadata.view = member.metadata(protocol);
    added.member_assignment.view = member.assignment;
  }
}

void add_group(const Services& services, std::string_view id, std::int16_t version,
               DescribeGroupsResponse::Group& out) {
  out.group_id = id;
  const auto found = services.groups.find(id);
  if (!found) {
    out.error_code = wire_code(found.error());
    return;
  }
  const auto* group = found->group;
  if (group == nullptr || group->state() == GroupState::dead) {
    out.group_state = name(GroupState::dead);
    if (version < kNotFoundSince) return;
    out.error_code = ErrorCode::group_id_not_found;
    out.error_message = kNotFound;
    return;
  }
  out.group_state = name(group->state());
  if (group->protocol_type()) out.protocol_type = *group->protocol_type();
  add_members(*group, out);
}

}  // namespace

DescribeGroupsResponse refusal(const DescribeGroupsRequest& request, ErrorCode error) {
  DescribeGroupsResponse response;
  for (const auto& id : request.groups) {
    auto& group = response.groups.emplace_back();
    group.group_id = id;
    group.error_code = error;
  }
  return response;
}

void handle_describe_groups(Services& services, Request<DescribeGroupsRequest> request) {
  const Access access(services, request.context);
  DescribeGroupsResponse response;
  // Each group once: a name costs few bytes, and its members may be many.
  std::unordered_set<std::string_view> answered;
  for (const auto& id : request.message.groups) {
    if (!answered.insert(id).second) continue;
    auto& group = response.groups.emplace_back();
    add_group(services, id, request.context.version(), group);
    const bool wanted = request.message.include_authorized_operations;
    if (wanted && group.error_code == ErrorCode::none) {
      group.authorized_operations = access.operations(AclResourceType::group, id);
    }
  }
  request.answer(response);
}

}  // namespace ottla::broker
