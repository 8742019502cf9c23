#pragma once

#include <utility>
#include <vector>

#include "client/admin/admin_call.h"
#include "ottla/acl_admin.h"

namespace ottla::client {

// Creating what is there is a success, so that a lost answer costs nothing.
class CreateAclsCall final : public AdminCallFor<AclOutcomes> {
 public:
  CreateAclsCall(Promise<AclOutcomes> promise, std::vector<AclBinding> acls)
      : AdminCallFor(std::move(promise)), acls_(std::move(acls)) {
    if (acls_.empty()) answer(AclOutcomes());
  }

  bool for_controller() const override { return true; }
  Request next_request(BrokerId broker, std::int32_t timeout_ms) override;

 private:
  const std::vector<AclBinding> acls_;
};

class DescribeAclsCall final : public AdminCallFor<std::vector<AclBinding>> {
 public:
  DescribeAclsCall(Promise<std::vector<AclBinding>> promise, AclBindingFilter filter)
      : AdminCallFor(std::move(promise)), filter_(std::move(filter)) {}

  bool for_controller() const override { return false; }
  Request next_request(BrokerId broker, std::int32_t timeout_ms) override;

 private:
  const AclBindingFilter filter_;
};

class DeleteAclsCall final : public AdminCallFor<DeletedAcls> {
 public:
  DeleteAclsCall(Promise<DeletedAcls> promise, std::vector<AclBindingFilter> filters)
      : AdminCallFor(std::move(promise)), filters_(std::move(filters)) {
    if (filters_.empty()) answer(DeletedAcls());
  }

  bool for_controller() const override { return true; }
  Request next_request(BrokerId broker, std::int32_t timeout_ms) override;

 private:
  const std::vector<AclBindingFilter> filters_;
};

}  // namespace ottla::client
