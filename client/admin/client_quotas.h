#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/admin/each_call.h"
#include "ottla/quota_admin.h"

namespace ottla::client {

class DescribeClientQuotasCall final : public AdminCallFor<ClientQuotas> {
 public:
  DescribeClientQuotasCall(Promise<ClientQuotas> promise, ClientQuotaFilter filter)
      : AdminCallFor(std::move(promise)), filter_(std::move(filter)) {}

  bool for_controller() const override { return false; }
  Request next_request(BrokerId broker, std::int32_t timeout_ms) override;

 private:
  const ClientQuotaFilter filter_;
};

// Doing it again changes nothing, so that a lost answer costs nothing.
class AlterClientQuotasCall final : public EachCall<ClientQuotaEntity, std::optional<Error>> {
 public:
  // Of two alterations of an entity the later one goes on with the first.
  AlterClientQuotasCall(Promise<ClientQuotaOutcomes> promise,
                        const std::vector<ClientQuotaAlteration>& alterations, bool validate_only);

  bool for_controller() const override { return true; }
  Request next_request(BrokerId broker, std::int32_t timeout_ms) override;

 private:
  Error about(const ClientQuotaEntity& entity, const Error& error) const override;
  std::string_view noun() const override { return "entity"; }

  std::map<ClientQuotaEntity, std::map<std::string, std::optional<double>>> changes_;
  const bool validate_only_;
};

}  // namespace ottla::client
