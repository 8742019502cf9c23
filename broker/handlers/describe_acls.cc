#include "broker/handlers/describe_acls.h"

#include "broker/handlers/acl_messages.h"
#include "broker/handlers/wire_code.h"

namespace ottla::broker {

using protocol::DescribeAclsRequest;
using protocol::DescribeAclsResponse;

DescribeAclsResponse refusal(const DescribeAclsRequest&, ErrorCode error) {
  DescribeAclsResponse response;
  response.error_code = error;
  if (error == ErrorCode::security_disabled) response.error_message = kNoAuthorizer;
  return response;
}

void handle_describe_acls(Services& services, Request<DescribeAclsRequest> request) {
  if (!services.authorizer.enabled()) {
    return request.answer(refusal(request.message, ErrorCode::security_disabled));
  }
  const auto filter = acl_filter_of(request.message);
  if (const auto checked = check_acl_filter(filter); !checked) {
    auto response = refusal(request.message, wire_code(checked.error()));
    response.error_message = checked.error().message();
    return request.answer(response);
  }
  const auto acls = find_acls(filter, services.image());
  DescribeAclsResponse response;
  const AclBinding* last = nullptr;
  for (const auto& acl : acls) {
    const bool same = last != nullptr && last->resource_type == acl.resource_type &&
                      last->resource_name == acl.resource_name &&
                      last->pattern_type == acl.pattern_type;
    if (!same) put_acl_pattern(acl, response.resources.emplace_back());
    put_acl_entry(acl, response.resources.back().acls.emplace_back());
    last = &acl;
  }
  request.answer(response);
}

}  // namespace ottla::broker
