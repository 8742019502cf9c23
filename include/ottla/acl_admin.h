#pragma once

#include <map>
#include <optional>
#include <vector>

#include "ottla/acl.h"
#include "ottla/error.h"
#include "ottla/result.h"

// What an administrator is told of ACLs; the calls are those of `Admin` (admin.h).
namespace ottla {

// One entry for each ACL that was to be created; nothing: it is there.
using AclOutcomes = std::map<AclBinding, std::optional<Error>>;

// For each filter, in the order they were given: the ACLs it took away, sorted.
using DeletedAcls = std::vector<Result<std::vector<AclBinding>>>;

}  // namespace ottla
