#include "broker/handlers/describe_client_quotas.h"

#include <set>
#include <string>
#include <utility>

#include "broker/handlers/wire_code.h"

namespace ottla::broker {
namespace {

using protocol::DescribeClientQuotasRequest;
using protocol::DescribeClientQuotasResponse;

Error invalid(std::string why) {
  return {ErrorCode::invalid_request, std::move(why)};
}

Result<QuotaFilter::Component> component_of(const DescribeClientQuotasRequest::Component& asked) {
  using Match = QuotaFilter::Match;
  const std::string type(asked.entity_type);
  if (type.empty()) return invalid("a component of the filter has no entity type");
  if (type != kQuotaUser && type != kQuotaClientId && type != kQuotaIp) {
    return Error(ErrorCode::unsupported_version,
                 "there is no entity type '" + type + "'; there are user, client-id, ip");
  }
  if (asked.match_type < 0 || asked.match_type > 2) {
    return invalid("there is no match type " + std::to_string(asked.match_type));
  }
  const auto match = static_cast<Match>(asked.match_type);
  if ((match == Match::exact) != asked.match.has_value()) {
    return invalid("the component for " + type +
                   (asked.match ? " has a name, which its match type does not take"
                                : " has no name, which its match type takes"));
  }
  return QuotaFilter::Component{type, match, std::string(asked.match.value_or(""))};
}

Result<QuotaFilter> filter_of(const DescribeClientQuotasRequest& request) {
  QuotaFilter filter{.components = {}, .strict = request.strict};
  std::set<std::string> types;
  for (const auto& asked : request.components) {
    auto component = component_of(asked);
    if (!component) return component.error();
    if (!types.insert(component->type).second) {
      return invalid("the filter has more than one component for " + component->type);
    }
    filter.components.push_back(*std::move(component));
  }
  if (types.contains(std::string(kQuotaIp)) && types.size() > 1) {
    return invalid("a filter for an ip cannot be for a user or a client-id as well");
  }
  return filter;
}

}  // namespace

DescribeClientQuotasResponse refusal(const DescribeClientQuotasRequest&, ErrorCode error) {
  DescribeClientQuotasResponse response;
  response.error_code = error;
  return response;
}

void handle_describe_client_quotas(Services& services,
                                   Request<DescribeClientQuotasRequest> request) {
  const auto filter = filter_of(request.message);
  if (!filter) {
    auto response = refusal(request.message, wire_code(filter.error()));
    response.error_message = filter.error().message();
    return request.answer(response);
  }
  DescribeClientQuotasResponse response;
  auto& entries = response.entries.emplace();
  const bool nobody = filter->components.empty() && filter->strict;
  // What the answer borrows from.
  const auto image = services.controller.image();
  for (const auto& [entity, values] : find_quotas(*filter, *image)) {
    if (nobody) break;
    auto& entry = entries.emplace_back();
    for (const auto& [type, name] : *entity) entry.entity.push_back({type, name});
    for (const auto& [key, value] : *values) entry.values.push_back({key, value});
  }
  request.answer(response);
}

}  // namespace ottla::broker
