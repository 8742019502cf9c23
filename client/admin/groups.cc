#include "client/admin/groups.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "client/admin/names.h"
#include "protocol/messages/delete_groups.h"
#include "protocol/messages/leave_group.h"
#include "protocol/messages/list_groups.h"

namespace ottla {
namespace {

struct GroupStateName {
  GroupState value;
  std::string_view name;
};
constexpr std::array kGroupStateNames = {
    GroupStateName{GroupState::unknown, "Unknown"},
    GroupStateName{GroupState::preparing_rebalance, "PreparingRebalance"},
    GroupStateName{GroupState::completing_rebalance, "CompletingRebalance"},
    GroupStateName{GroupState::stable, "Stable"},
    GroupStateName{GroupState::dead, "Dead"},
    GroupStateName{GroupState::empty, "Empty"},
    GroupStateName{GroupState::assigning, "Assigning"},
    GroupStateName{GroupState::reconciling, "Reconciling"},
    GroupStateName{GroupState::not_ready, "NotReady"},
};

struct TypeName {
  GroupType value;
  std::string_view name;       // for people
  std::string_view wire_name;  // in requests; answers have either
};
constexpr std::array kTypeNames = {
    TypeName{GroupType::unknown, "Unknown", "unknown"},
    TypeName{GroupType::classic, "Classic", "classic"},
    TypeName{GroupType::consumer, "Consumer", "consumer"},
    TypeName{GroupType::share, "Share", "share"},
    TypeName{GroupType::streams, "Streams", "streams"},
};

}  // namespace

std::string_view to_string(GroupState state) {
  return client::name_in(kGroupStateNames, state);
}

std::string_view to_string(GroupType type) {
  return client::name_in(kTypeNames, type);
}

}  // namespace ottla

namespace ottla::client {

GroupState parse_group_state(std::string_view name) {
  return value_in(kGroupStateNames, name);
}

namespace {

using protocol::CoordinatorType;
using protocol::DeleteGroupsRequest;
using protocol::DeleteGroupsResponse;
using protocol::LeaveGroupRequest;
using protocol::LeaveGroupResponse;
using protocol::ListGroupsRequest;
using protocol::ListGroupsResponse;

// The first version of LeaveGroup that removes others than oneself (KIP-345).
constexpr std::int16_t kLeavesForOthers = 3;

GroupType group_type_of(std::string_view name) {
  for (const auto& each : kTypeNames) {
    if (each.name == name || each.wire_name == name) return each.value;
  }
  return GroupType::unknown;
}

std::string_view wire_name(GroupType type) {
  for (const auto& each : kTypeNames) {
    if (each.value == type) return each.wire_name;
  }
  return kTypeNames[0].wire_name;
}

// Those of the protocol types (none: all), sorted by id, each once.
std::vector<GroupListing> listings_in(const ListGroupsResponse& response,
                                      const std::vector<std::string>& protocol_types) {
  std::map<std::string_view, GroupListing> listings;
  for (const auto& each : response.groups) {
    if (!protocol_types.empty() && std::find(protocol_types.begin(), protocol_types.end(),
                                             each.protocol_type) == protocol_types.end()) {
      continue;
    }
    listings[each.group_id] = {.group_id = std::string(each.group_id),
                               .protocol_type = std::string(each.protocol_type),
                               .state = parse_group_state(each.group_state),
                               .type = group_type_of(each.group_type)};
  }
  std::vector<GroupListing> sorted;
  sorted.reserve(listings.size());
  for (auto& [id, listing] : listings) sorted.push_back(std::move(listing));
  return sorted;
}

// By what a member that is to be removed is told apart.
const std::string& key_of(const MemberToRemove& member) {
  return member.group_instance_id ? *member.group_instance_id : member.member_id;
}

Result<MemberOutcomes> outcomes_in(const LeaveGroupResponse& response,
                                   const std::vector<MemberToRemove>& members) {
  MemberOutcomes outcomes;
  for (const auto& member : members) {
    outcomes.insert_or_assign(
        key_of(member), Error(ErrorCode::unknown_server_error,
                              "the broker's answer leaves member " + key_of(member) + " out"));
  }
  for (const auto& told : response.members) {
    const auto found = outcomes.find(std::string(told.group_instance_id.value_or(told.member_id)));
    if (found == outcomes.end()) continue;
    found->second.reset();
    if (told.error_code != ErrorCode::none) {
      found->second = Error(told.error_code, "member " + found->first);
    }
  }
  return outcomes;
}

}  // namespace

Request ListGroupsCall::ask(BrokerId broker) {
  auto make = [this](std::int16_t) {
    ListGroupsRequest request;
    for (const auto state : options_.states) request.states_filter.push_back(to_string(state));
    for (const auto type : options_.types) request.types_filter.push_back(wire_name(type));
    return request;
  };
  auto done = [this](Result<Response<ListGroupsResponse>> response) {
    if (!response) return on_broker_failure(response.error());
    if (const auto code = response->message.error_code; code != ErrorCode::none) {
      return on_broker_failure(Error(code));
    }
    take_answer(listings_in(response->message, options_.protocol_types));
  };
  return make_request<ListGroupsRequest>(broker, std::move(make), std::move(done));
}

DeleteGroupsCall::DeleteGroupsCall(Promise<GroupOutcomes> promise,
                                   const std::vector<std::string>& groups)
    : CoordinatorsCall(std::move(promise), CoordinatorType::group) {
  for (const auto& group : groups) add(group);
  answer_if_settled();
}

Request DeleteGroupsCall::ask(BrokerId broker, std::int32_t) {
  auto asked = routed_to(broker);
  auto make = [asked](std::int16_t) {
    DeleteGroupsRequest request;
    request.groups_names.assign(asked.begin(), asked.end());
    return request;
  };
  auto done = [this, asked](Result<Response<DeleteGroupsResponse>> response) {
    if (!response) return on_broker_failure(response.error());
    const auto take = [&](const std::string& id, const auto& told) -> std::optional<Error> {
      if (const auto code = told.error_code; code != ErrorCode::none) {
        return take_error(id, Error(code), coordinates_no_more(code));
      }
      settle(id, std::nullopt);
      return std::nullopt;
    };
    const auto key = [](const auto& told) { return std::optional(std::string(told.group_id)); };
    take_answers(asked, response->message.results, key, take);
  };
  return make_request<DeleteGroupsRequest>(broker, std::move(make), std::move(done));
}

RemoveMembersCall::RemoveMembersCall(const Promise<MemberOutcomes>& promise, std::string group,
                                     std::vector<MemberToRemove> members, std::string reason)
    : CoordinatorsCall(telling_the_only_one<Outcomes>(promise), CoordinatorType::group),
      group_(std::move(group)),
      members_(std::move(members)),
      reason_(std::move(reason)) {
  if (members_.empty()) {
    settle(group_, MemberOutcomes());
  } else {
    add(group_);
  }
  answer_if_settled();
}

Request RemoveMembersCall::ask(BrokerId broker, std::int32_t) {
  auto make = [this](std::int16_t) {
    LeaveGroupRequest request;
    request.group_id = group_;
    for (const auto& member : members_) {
      auto& leaving = request.members.emplace_back();
      leaving.member_id = member.member_id;
      if (member.group_instance_id) leaving.group_instance_id = *member.group_instance_id;
      if (!reason_.empty()) leaving.reason = reason_;
    }
    return request;
  };
  auto done = [this](Result<Response<LeaveGroupResponse>> response) {
    if (!response) return on_broker_failure(response.error());
    const auto take = [&](const std::string& id,
                          const LeaveGroupResponse& told) -> std::optional<Error> {
      if (const auto code = told.error_code; code != ErrorCode::none) {
        return take_error(id, Error(code), coordinates_no_more(code));
      }
      settle(id, outcomes_in(told, members_));
      return std::nullopt;
    };
    const auto key = [this](const auto&) { return std::optional(group_); };
    take_answers({group_}, std::vector{std::move(response->message)}, key, take);
  };
  auto request = make_request<LeaveGroupRequest>(broker, std::move(make), std::move(done));
  request.min_version = kLeavesForOthers;
  return request;
}

}  // namespace ottla::client
