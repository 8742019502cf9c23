#include "broker/handlers/list_config_resources.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <string>
#include <string_view>

namespace ottla::broker {
namespace {

using protocol::ListConfigResourcesRequest;
using protocol::ListConfigResourcesResponse;
using Type = protocol::ConfigResourceType;

constexpr Type kTypes[] = {Type::topic, Type::broker, Type::broker_logger, Type::client_metrics,
                           Type::group};

bool is_listed(Type type, std::int16_t version) {
  if (version == 0) return type == Type::client_metrics;
  return std::find(std::begin(kTypes), std::end(kTypes), type) != std::end(kTypes);
}

class ResourceList {
 public:
  explicit ResourceList(const MetadataImage& image) : image_(image) {}

  void add(Type type) {
    switch (type) {
      case Type::topic:
        for (const auto* topic : image_.topics()) add(type, topic->name);
        return;
      case Type::broker:
      case Type::broker_logger:
        for (const auto& [id, broker] : image_.brokers()) {
          add(type, made_.emplace_back(std::to_string(id.value)));
        }
        return;
      default:
        add_configured(type);
    }
  }

  const ListConfigResourcesResponse& response() const { return response_; }

 private:
  // They are there only as far as something was set for them.
  void add_configured(Type type) {
    for (const auto& [resource, configs] : image_.state().other_configs) {
      const bool is = static_cast<int>(resource.type) == static_cast<int>(type);
      if (is && !configs.empty()) add(type, resource.name);
    }
  }

  void add(Type type, std::string_view name) { response_.config_resources.push_back({name, type}); }

  const MetadataImage& image_;
  ListConfigResourcesResponse response_;
  std::deque<std::string> made_;
};

}  // namespace

ListConfigResourcesResponse refusal(const ListConfigResourcesRequest&, ErrorCode error) {
  ListConfigResourcesResponse response;
  response.error_code = error;
  return response;
}

void handle_list_config_resources(Services& services, Request<ListConfigResourcesRequest> request) {
  const auto version = request.context.version();
  ResourceList list(services.image());
  for (const auto type : request.message.resource_types) {
    if (!is_listed(type, version)) {
      return request.answer(refusal(request.message, ErrorCode::unsupported_version));
    }
  }
  // In the order of the types, whatever the request's.
  const auto& asked = request.message.resource_types;
  for (const auto type : kTypes) {
    const bool wanted = asked.empty() || std::find(asked.begin(), asked.end(), type) != asked.end();
    if (wanted && is_listed(type, version)) list.add(type);
  }
  request.answer(list.response());
}

}  // namespace ottla::broker
