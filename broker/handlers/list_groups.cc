#include "broker/handlers/list_groups.h"

#include <algorithm>
#include <map>
#include <vector>

#include "base/ascii.h"
#include "broker/handlers/access.h"
#include "broker/handlers/wire_code.h"

namespace ottla::broker {
namespace {

using protocol::ListGroupsRequest;
using protocol::ListGroupsResponse;

constexpr std::string_view kClassic = "classic";

// Letters of any case, as Kafka has it.
bool passes(const std::vector<std::string_view>& filter, std::string_view word) {
  return filter.empty() || std::any_of(filter.begin(), filter.end(), [&](std::string_view wanted) {
           return base::same_but_for_case(wanted, word);
         });
}

// The answer for each state, found once however many groups and words there are.
class StateFilter {
 public:
  explicit StateFilter(const std::vector<std::string_view>& wanted) : wanted_(wanted) {}

  bool passes(GroupState state) {
    const auto [known, is_new] = known_.try_emplace(state);
    if (is_new) known->second = broker::passes(wanted_, name(state));
    return known->second;
  }

 private:
  const std::vector<std::string_view>& wanted_;
  std::map<GroupState, bool> known_;
};

}  // namespace

ListGroupsResponse refusal(const ListGroupsRequest&, ErrorCode error) {
  ListGroupsResponse response;
  response.error_code = error;
  return response;
}

void handle_list_groups(Services& services, Request<ListGroupsRequest> request) {
  const auto& message = request.message;
  const auto groups = services.groups.groups();
  if (!groups) return request.answer(refusal(message, wire_code(groups.error())));
  ListGroupsResponse response;
  if (!passes(message.types_filter, kClassic)) return request.answer(response);
  const Access access(services, request.context);
  const bool may_see_all = access.cluster(AclOperation::describe, Denial::quiet);
  StateFilter states(message.states_filter);
  for (const auto* group : *groups) {
    if (!states.passes(group->state())) continue;
    if (!may_see_all && !access.group(AclOperation::describe, group->id(), Denial::quiet)) continue;
    auto& out = response.groups.emplace_back();
    out.group_id = group->id();
    if (group->protocol_type()) out.protocol_type = *group->protocol_type();
    out.group_state = name(group->state());
    out.group_type = kClassic;
  }
  request.answer(response);
}

}  // namespace ottla::broker
