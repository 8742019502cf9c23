#pragma once

#include <optional>
#include <vector>

#include "base/random.h"
#include "broker/metadata/decision.h"
#include "broker/metadata/metadata_image.h"
#include "ottla/acl.h"
#include "ottla/result.h"

namespace ottla::broker {

struct CreateAclResult {
  Result<void> result;
};

// What became of one filter: the ACLs that are taken away.
struct DeleteAclsResult {
  Result<std::vector<AclBinding>> result;
};

// Decide by the image alone, ACL by ACL and filter by filter; write nothing. The error codes are
// documented at Controller::create_acls and delete_acls.
Decision<CreateAclResult> decide_create_acls(const std::vector<AclBinding>& acls,
                                             const MetadataImage& image, base::Random& random);
Decision<DeleteAclsResult> decide_delete_acls(const std::vector<AclBindingFilter>& filters,
                                              const MetadataImage& image);

// Whether a filter can be one: invalid_request for numbers without a name.
Result<void> check_acl_filter(const AclBindingFilter& filter);

// Sorted by resource, so that those of one resource stand together; costs n log n for all there
// are.
std::vector<AclBinding> find_acls(const AclBindingFilter& filter, const MetadataImage& image);

}  // namespace ottla::broker
