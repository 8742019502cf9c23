#pragma once

#include <memory>

#include "client/admin/admin_core.h"
#include "client/tenancy.h"

namespace ottla::client {

class AdminHandle final : public Tenancy<AdminCore> {
 public:
  using Tenancy::Tenancy;
};

// An Admin on a runtime that others use too. Errors: as Admin::open.
Result<Admin> open_admin(const AdminConfig& config, std::shared_ptr<base::Runtime> runtime);

}  // namespace ottla::client
