#include "broker/handlers/create_acls.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "broker/handlers/acl_messages.h"
#include "broker/handlers/wire_code.h"

namespace ottla::broker {
namespace {

using protocol::CreateAclsRequest;
using protocol::CreateAclsResponse;

AclBinding acl_of(const CreateAclsRequest::AclCreation& creation) {
  return {.resource_type = static_cast<AclResourceType>(creation.resource_type),
          .resource_name = std::string(creation.resource_name),
          .pattern_type = static_cast<AclPatternType>(creation.resource_pattern_type),
          .principal = std::string(creation.principal),
          .host = std::string(creation.host),
          .operation = static_cast<AclOperation>(creation.operation),
          .permission = static_cast<AclPermission>(creation.permission_type)};
}

}  // namespace

CreateAclsResponse refusal(const CreateAclsRequest& request, ErrorCode error) {
  CreateAclsResponse response;
  response.results.resize(request.creations.size());
  for (auto& result : response.results) {
    result.error_code = error;
    if (error == ErrorCode::security_disabled) result.error_message = kNoAuthorizer;
  }
  return response;
}

void handle_create_acls(Services& services, Request<CreateAclsRequest> request) {
  if (!services.authorizer.enabled()) {
    return request.answer(refusal(request.message, ErrorCode::security_disabled));
  }
  std::vector<AclBinding> acls;
  for (const auto& creation : request.message.creations) acls.push_back(acl_of(creation));
  auto waiting = std::make_shared<Request<CreateAclsRequest>>(std::move(request));
  services.controller.create_acls(acls, [waiting](const std::vector<CreateAclResult>& results) {
    auto response = refusal(waiting->message, ErrorCode::none);
    for (std::size_t i = 0; i < results.size(); ++i) {
      const auto& outcome = results[i].result;
      if (outcome) continue;
      response.results[i].error_code = wire_code(outcome.error());
      response.results[i].error_message = outcome.error().message();
    }
    waiting->answer(response);
  });
}

}  // namespace ottla::broker
