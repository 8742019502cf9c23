#include "broker/handlers/alter_configs.h"
#include "broker/handlers/wire_code.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ottla::broker {
namespace {

using protocol::AlterConfigsRequest;
using protocol::IncrementalAlterConfigsRequest;

AlterConfigOp op_of(const AlterConfigsRequest::Config&) {
  return AlterConfigOp::set;
}
AlterConfigOp op_of(const IncrementalAlterConfigsRequest::Config& config) {
  return config.config_operation;
}

template <class M>
std::vector<ConfigAlteration> alterations_of(const M& message) {
  std::vector<ConfigAlteration> alterations;
  for (const auto& asked : message.resources) {
    auto& alteration = alterations.emplace_back();
    alteration.resource = {static_cast<ConfigResourceType>(asked.resource_type),
                           std::string(asked.resource_name)};
    for (const auto& config : asked.configs) {
      auto& change = alteration.changes.emplace_back();
      change.name = config.name;
      change.op = op_of(config);
      if (config.value) change.value.emplace(*config.value);
    }
  }
  return alterations;
}

template <class M>
typename M::Response response_to(const std::vector<AlterConfigsResult>& results) {
  typename M::Response response;
  for (const auto& [asked, result] : results) {
    auto& resource = response.responses.emplace_back();
    resource.resource_type = static_cast<protocol::ConfigResourceType>(asked.type);
    resource.resource_name = asked.name;
    if (result) continue;
    resource.error_code = wire_code(result.error());
    resource.error_message = result.error().message();
  }
  return response;
}

template <class M>
void alter(Services& services, AlterMode mode, Request<M> request) {
  auto alterations = alterations_of(request.message);
  const bool validate_only = request.message.validate_only;
  auto waiting = std::make_shared<Request<M>>(std::move(request));
  services.controller.alter_configs(std::move(alterations), mode, validate_only,
                                    [waiting](const std::vector<AlterConfigsResult>& results) {
                                      waiting->answer(response_to<M>(results));
                                    });
}

template <class M>
typename M::Response refuse_all(const M& request, ErrorCode error) {
  typename M::Response response;
  for (const auto& asked : request.resources) {
    auto& resource = response.responses.emplace_back();
    resource.error_code = error;
    resource.resource_type = asked.resource_type;
    resource.resource_name = asked.resource_name;
  }
  return response;
}

}  // namespace

protocol::AlterConfigsResponse refusal(const AlterConfigsRequest& request, ErrorCode error) {
  return refuse_all(request, error);
}

protocol::IncrementalAlterConfigsResponse refusal(const IncrementalAlterConfigsRequest& request,
                                                  ErrorCode error) {
  return refuse_all(request, error);
}

void handle_alter_configs(Services& services, Request<AlterConfigsRequest> request) {
  alter(services, AlterMode::replace, std::move(request));
}

void handle_incremental_alter_configs(Services& services,
                                      Request<IncrementalAlterConfigsRequest> request) {
  alter(services, AlterMode::incremental, std::move(request));
}

}  // namespace ottla::broker
