#include "broker/handlers/api_versions.h"

namespace ottla::broker {
namespace {

using protocol::ApiVersionsRequest;
using protocol::ApiVersionsResponse;

void add_range(const VersionLimits& limits, const protocol::Api& api,
               ApiVersionsResponse& response) {
  const auto range = limits.announced(api);
  if (!range.empty()) response.api_keys.push_back({api.key, range.min, range.max});
}

// KIP-511: names of client software are short words.
bool is_software_name(std::string_view name) {
  const auto ordinary = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  if (name.empty() || !ordinary(name.front()) || !ordinary(name.back())) return false;
  for (const char c : name) {
    if (!ordinary(c) && c != '-' && c != '.') return false;
  }
  return true;
}

// What this broker supports is what it has registered.
void add_features(const Services& services, std::int16_t version, ApiVersionsResponse& response) {
  const auto& image = services.image();
  if (const auto* self = image.find_broker(services.self())) {
    for (const auto& [name, range] : self->features) {
      if (range.min == 0 && version < 4) continue;
      response.supported_features.push_back({name, range.min, range.max});
    }
  }
  response.finalized_features_epoch = image.last_offset().value;
  for (const auto& [name, level] : image.features()) {
    response.finalized_features.push_back({name, level, level});
  }
}

}  // namespace

ApiVersionsResponse unsupported_api_versions(const VersionLimits& limits) {
  ApiVersionsResponse response;
  response.error_code = ErrorCode::unsupported_version;
  add_range(limits, ApiVersionsRequest::api, response);
  return response;
}

ApiVersionsResponse refusal(const ApiVersionsRequest&, ErrorCode error) {
  ApiVersionsResponse response;
  response.error_code = error;
  return response;
}

void handle_api_versions(Services& services, Request<ApiVersionsRequest> request) {
  const auto& message = request.message;
  if (request.context.version() >= 3 && (!is_software_name(message.client_software_name) ||
                                         !is_software_name(message.client_software_version))) {
    return request.answer(refusal(message, ErrorCode::invalid_request));
  }
  ApiVersionsResponse response;
  for (const auto& api : protocol::kApis) {
    if (api.has_messages()) add_range(services.version_limits, api, response);
  }
  if (request.context.version() >= 3) {
    add_features(services, request.context.version(), response);
  }
  if (request.context.sasl) request.context.sasl->on_versions_told();
  request.answer(response);
}

}  // namespace ottla::broker
