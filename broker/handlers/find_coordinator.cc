#include "broker/handlers/find_coordinator.h"

namespace ottla::broker {

using protocol::FindCoordinatorRequest;
using protocol::FindCoordinatorResponse;

constexpr std::int16_t kManyKeysSince = 4;

FindCoordinatorResponse refusal(const FindCoordinatorRequest& request, ErrorCode error) {
  FindCoordinatorResponse response;
  if (request.coordinator_keys.empty()) {
    response.error_code = error;
    response.node_id = kNoLeader;
    response.port = -1;
    return response;
  }
  for (const auto& key : request.coordinator_keys) {
    auto& coordinator = response.coordinators.emplace_back();
    coordinator.key = key;
    coordinator.node_id = kNoLeader;
    coordinator.port = -1;
    coordinator.error_code = error;
  }
  return response;
}

void handle_find_coordinator(Services&, Request<FindCoordinatorRequest> request) {
  const bool many = request.context.version() >= kManyKeysSince;
  // Nothing asked, nothing answered: no key has an error.
  if (many && request.message.coordinator_keys.empty()) return request.answer({});
  request.answer(refusal(request.message, ErrorCode::coordinator_not_available));
}

}  // namespace ottla::broker
