#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/admin.h"

// `ottla configs` of users, clients and addresses: what they may use of the brokers.
namespace ottla::tools {

// Whose quotas are meant: those of a name or, without one, the default; where neither is said, of
// all that there are.
struct QuotaSubject {
  QuotaEntityType type = QuotaEntityType::user;
  bool all = false;
  std::optional<std::string> name;
};

// "user", "client", "ip".
std::string_view noun(QuotaEntityType type);

// Whether something of that type can have such a quota.
bool is_quota(QuotaEntityType type, std::string_view name);

// Prints a line for each entity that has quotas. An exit code.
int describe_client_quotas(Admin& admin, const std::vector<QuotaSubject>& subjects);

// `added` are `producer_byte_rate=1024`, `deleted` names; what is deleted must be there. An exit
// code.
int alter_client_quotas(Admin& admin, const std::vector<QuotaSubject>& subjects,
                        const std::vector<std::string>& added,
                        const std::vector<std::string>& deleted);

// As Java writes a double: 1024.0, 1.048576E7.
std::string java_double(double value);

}  // namespace ottla::tools
