#include "broker/handlers/describe_configs.h"

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include "broker/config/describe_configs.h"
#include "broker/handlers/wire_code.h"

namespace ottla::broker {
namespace {

using protocol::DescribeConfigsRequest;
using protocol::DescribeConfigsResponse;

using Asked = DescribeConfigsRequest::Resource;

Result<std::vector<ConfigDescription>> describe_resource(const Services& services,
                                                         const Asked& asked) {
  const std::string name(asked.resource_name);
  const auto dynamic = dynamic_settings_of(services.image(), services.self());
  switch (asked.resource_type) {
    case protocol::ConfigResourceType::topic:
      if (services.image().find_topic(name) == nullptr) {
        return Error(ErrorCode::unknown_topic_or_partition, "there is no topic '" + name + "'");
      }
      return describe_topic_configs(services.config, services.image().topic_configs(name), dynamic);
    case protocol::ConfigResourceType::broker:
      if (name.empty()) return describe_cluster_configs(dynamic);
      if (name != std::to_string(services.config.node_id)) {
        return Error(ErrorCode::invalid_request,
                     "this is broker " + std::to_string(services.config.node_id) +
                         "; the settings of broker '" + name + "' are with that broker");
      }
      return describe_broker_configs(services.config, dynamic);
    default:
      return Error(ErrorCode::invalid_request,
                   "settings of resource type " +
                       std::to_string(static_cast<int>(asked.resource_type)) +
                       " are not described here; topics (2) and brokers (4) are");
  }
}

bool is_asked_for(const Asked& asked, const std::string& key) {
  if (!asked.configuration_keys) return true;
  const auto& keys = *asked.configuration_keys;
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

DescribeConfigsResponse::Config answer_to(const ConfigDescription& described,
                                          const DescribeConfigsRequest& request) {
  DescribeConfigsResponse::Config config;
  config.name = described.name;
  if (!described.sensitive) config.value = described.value;
  config.read_only = described.read_only;
  config.config_source = static_cast<protocol::ConfigSource>(described.source);
  config.is_sensitive = described.sensitive;
  config.config_type = static_cast<protocol::ConfigType>(described.type);
  if (request.include_documentation) config.documentation = described.documentation;
  if (!request.include_synonyms) return config;
  for (const auto& synonym : described.synonyms) {
    auto& added = config.synonyms.emplace_back();
    added.name = synonym.name;
    if (!described.sensitive) added.value = synonym.value;
    added.source = static_cast<protocol::ConfigSource>(synonym.source);
  }
  return config;
}

}  // namespace

DescribeConfigsResponse refusal(const DescribeConfigsRequest& request, ErrorCode error) {
  DescribeConfigsResponse response;
  for (const auto& asked : request.resources) {
    auto& resource = response.results.emplace_back();
    resource.error_code = error;
    resource.resource_type = asked.resource_type;
    resource.resource_name = asked.resource_name;
  }
  return response;
}

void handle_describe_configs(Services& services, Request<DescribeConfigsRequest> request) {
  // The response borrows from these until it is encoded.
  std::deque<Result<std::vector<ConfigDescription>>> described;
  DescribeConfigsResponse response;
  for (const auto& asked : request.message.resources) {
    auto& resource = response.results.emplace_back();
    resource.resource_type = asked.resource_type;
    resource.resource_name = asked.resource_name;
    const auto& found = described.emplace_back(describe_resource(services, asked));
    if (!found) {
      resource.error_code = wire_code(found.error());
      resource.error_message = found.error().message();
      continue;
    }
    for (const auto& config : *found) {
      if (!is_asked_for(asked, config.name)) continue;
      resource.configs.push_back(answer_to(config, request.message));
    }
  }
  request.answer(response);
}

}  // namespace ottla::broker
