#include "broker/handlers/services.h"

namespace ottla::broker {

base::Endpoint Services::advertised(const RequestContext& context) const {
  for (const auto& listener : config.advertised_listeners) {
    if (listener.name != context.listener) continue;
    auto endpoint = listener.endpoint;
    if (endpoint.port == 0) endpoint.port = context.local.port;
    return endpoint;
  }
  return context.local;
}

}  // namespace ottla::broker
