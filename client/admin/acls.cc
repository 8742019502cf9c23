#include "client/admin/acls.h"

#include <algorithm>
#include <string>

#include "client/admin/answer_error.h"
#include "protocol/messages/create_acls.h"
#include "protocol/messages/delete_acls.h"
#include "protocol/messages/describe_acls.h"

namespace ottla::client {
namespace {

using protocol::CreateAclsRequest;
using protocol::CreateAclsResponse;
using protocol::DeleteAclsRequest;
using protocol::DeleteAclsResponse;
using protocol::DescribeAclsRequest;
using protocol::DescribeAclsResponse;

// A code that says that another attempt, or another broker, may do better.
template <class Answers>
std::optional<Error> reason_to_try_again(const Answers& answers) {
  for (const auto& answer : answers) {
    if (answer.error_code == ErrorCode::none) continue;
    auto error = error_of(answer);
    if (error.retriable()) return error;
  }
  return std::nullopt;
}

Error not_one_answer_each(std::string_view what) {
  return {ErrorCode::unknown_server_error,
          "the broker's answer has not one entry for each " + std::string(what)};
}

// The request borrows from the filter.
template <class Message>
void put(const AclBindingFilter& filter, Message& message) {
  message.resource_type_filter = static_cast<std::int8_t>(filter.resource_type);
  message.resource_name_filter = filter.resource_name;
  message.pattern_type_filter = static_cast<std::int8_t>(filter.pattern_type);
  message.principal_filter = filter.principal;
  message.host_filter = filter.host;
  message.operation = static_cast<std::int8_t>(filter.operation);
  message.permission_type = static_cast<std::int8_t>(filter.permission);
}

template <class Pattern, class Entry>
AclBinding acl_of(const Pattern& pattern, const Entry& entry) {
  return {.resource_type = static_cast<AclResourceType>(pattern.resource_type),
          .resource_name = std::string(pattern.resource_name),
          .pattern_type = static_cast<AclPatternType>(pattern.pattern_type),
          .principal = std::string(entry.principal),
          .host = std::string(entry.host),
          .operation = static_cast<AclOperation>(entry.operation),
          .permission = static_cast<AclPermission>(entry.permission_type)};
}

Result<std::vector<AclBinding>> deleted_by(
    const DeleteAclsResponse::DeleteAclsFilterResult& result) {
  if (result.error_code != ErrorCode::none) return error_of(result);
  std::vector<AclBinding> deleted;
  for (const auto& acl : result.matching_acls) {
    if (acl.error_code != ErrorCode::none) return error_of(acl);
    deleted.push_back(acl_of(acl, acl));
  }
  std::sort(deleted.begin(), deleted.end());
  return deleted;
}

}  // namespace

Request CreateAclsCall::next_request(BrokerId broker, std::int32_t) {
  auto make = [this](std::int16_t) {
    CreateAclsRequest request;
    for (const auto& acl : acls_) {
      request.creations.push_back(
          {.resource_type = static_cast<std::int8_t>(acl.resource_type),
           .resource_name = acl.resource_name,
           .resource_pattern_type = static_cast<std::int8_t>(acl.pattern_type),
           .principal = acl.principal,
           .host = acl.host,
           .operation = static_cast<std::int8_t>(acl.operation),
           .permission_type = static_cast<std::int8_t>(acl.permission)});
    }
    return request;
  };
  auto done = [this](Result<Response<CreateAclsResponse>> response) {
    if (!response) return on_failure(response.error());
    const auto& results = response->message.results;
    if (results.size() != acls_.size()) return fail(not_one_answer_each("ACL"));
    if (auto reason = reason_to_try_again(results)) return try_again(*std::move(reason));
    AclOutcomes outcomes;
    for (std::size_t i = 0; i < acls_.size(); ++i) {
      const bool made = results[i].error_code == ErrorCode::none;
      outcomes[acls_[i]] = made ? std::nullopt : std::optional(error_of(results[i]));
    }
    answer(std::move(outcomes));
  };
  return make_request<CreateAclsRequest>(broker, std::move(make), std::move(done));
}

Request DescribeAclsCall::next_request(BrokerId broker, std::int32_t) {
  auto make = [this](std::int16_t) {
    DescribeAclsRequest request;
    put(filter_, request);
    return request;
  };
  auto done = [this](Result<Response<DescribeAclsResponse>> response) {
    if (!response) return on_failure(response.error());
    const auto& message = response->message;
    if (message.error_code != ErrorCode::none) return on_failure(error_of(message));
    std::vector<AclBinding> acls;
    for (const auto& resource : message.resources) {
      for (const auto& entry : resource.acls) acls.push_back(acl_of(resource, entry));
    }
    std::sort(acls.begin(), acls.end());
    answer(std::move(acls));
  };
  return make_request<DescribeAclsRequest>(broker, std::move(make), std::move(done));
}

Request DeleteAclsCall::next_request(BrokerId broker, std::int32_t) {
  auto make = [this](std::int16_t) {
    DeleteAclsRequest request;
    for (const auto& filter : filters_) put(filter, request.filters.emplace_back());
    return request;
  };
  auto done = [this](Result<Response<DeleteAclsResponse>> response) {
    if (!response) return on_failure(response.error());
    const auto& results = response->message.filter_results;
    if (results.size() != filters_.size()) return fail(not_one_answer_each("filter"));
    if (auto reason = reason_to_try_again(results)) return try_again(*std::move(reason));
    DeletedAcls deleted;
    for (const auto& result : results) deleted.push_back(deleted_by(result));
    answer(std::move(deleted));
  };
  return make_request<DeleteAclsRequest>(broker, std::move(make), std::move(done));
}

}  // namespace ottla::client
