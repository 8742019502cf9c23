#include "broker/handlers/delete_acls.h"

#include <memory>
#include <utility>
#include <vector>

#include "broker/handlers/acl_messages.h"
#include "broker/handlers/wire_code.h"

namespace ottla::broker {
namespace {

using protocol::DeleteAclsRequest;
using protocol::DeleteAclsResponse;

void put(const DeleteAclsResult& outcome, DeleteAclsResponse::DeleteAclsFilterResult& answer) {
  if (!outcome.result) {
    answer.error_code = wire_code(outcome.result.error());
    answer.error_message = outcome.result.error().message();
    return;
  }
  for (const auto& acl : *outcome.result) {
    auto& deleted = answer.matching_acls.emplace_back();
    put_acl_pattern(acl, deleted);
    put_acl_entry(acl, deleted);
  }
}

}  // namespace

DeleteAclsResponse refusal(const DeleteAclsRequest& request, ErrorCode error) {
  DeleteAclsResponse response;
  response.filter_results.resize(request.filters.size());
  for (auto& result : response.filter_results) {
    result.error_code = error;
    if (error == ErrorCode::security_disabled) result.error_message = kNoAuthorizer;
  }
  return response;
}

void handle_delete_acls(Services& services, Request<DeleteAclsRequest> request) {
  if (!services.authorizer.enabled()) {
    return request.answer(refusal(request.message, ErrorCode::security_disabled));
  }
  std::vector<AclBindingFilter> filters;
  for (const auto& filter : request.message.filters) filters.push_back(acl_filter_of(filter));
  auto waiting = std::make_shared<Request<DeleteAclsRequest>>(std::move(request));
  services.controller.delete_acls(filters, [waiting](const std::vector<DeleteAclsResult>& results) {
    auto response = refusal(waiting->message, ErrorCode::none);
    for (std::size_t i = 0; i < results.size(); ++i) {
      put(results[i], response.filter_results[i]);
    }
    waiting->answer(response);
  });
}

}  // namespace ottla::broker
