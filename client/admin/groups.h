#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/admin/brokers_call.h"
#include "client/admin/coordinators.h"
#include "ottla/admin.h"

namespace ottla::client {

// The reverse of to_string; `unknown` if there is no such state.
GroupState parse_group_state(std::string_view name);

class ListGroupsCall final : public BrokersCall<Result<std::vector<GroupListing>>> {
 public:
  ListGroupsCall(Promise<ListedGroups> promise, ListGroupsOptions options)
      : BrokersCall(std::move(promise)), options_(std::move(options)) {}

 private:
  Request ask(BrokerId broker) override;

  const ListGroupsOptions options_;
};

class DeleteGroupsCall final : public CoordinatorsCall<std::optional<Error>> {
 public:
  DeleteGroupsCall(Promise<GroupOutcomes> promise, const std::vector<std::string>& groups);

 private:
  Request ask(BrokerId broker, std::int32_t timeout_ms) override;
};

// Of one group.
class RemoveMembersCall final : public CoordinatorsCall<Result<MemberOutcomes>> {
 public:
  RemoveMembersCall(const Promise<MemberOutcomes>& promise, std::string group,
                    std::vector<MemberToRemove> members, std::string reason);

 private:
  Request ask(BrokerId broker, std::int32_t timeout_ms) override;

  const std::string group_;
  const std::vector<MemberToRemove> members_;
  const std::string reason_;
};

}  // namespace ottla::client
