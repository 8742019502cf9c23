#include "broker/handlers/find_coordinator.h"

#include <memory>
#include <string>
#include <utility>

#include "broker/handlers/internal_topics.h"

namespace ottla::broker {
namespace {

using protocol::CoordinatorType;
using protocol::FindCoordinatorRequest;
using protocol::FindCoordinatorResponse;

constexpr std::int16_t kManyKeysSince = 4;

// Whose partition of a coordinator's topic holds the key.
const PartitionImage* partition_of(const Services& services, CoordinatorType type,
                                   std::string_view key) {
  if (type == CoordinatorType::transaction) {
    return services.image().find_partition(kTransactionsTopic,
                                           services.transactions.partition_of(key));
  }
  return services.image().find_partition(kOffsetsTopic, services.groups.partition_of(key));
}

FindCoordinatorResponse::Coordinator coordinator_of(const Services& services,
                                                    const base::Endpoint& own, CoordinatorType type,
                                                    std::string_view key) {
  FindCoordinatorResponse::Coordinator found;
  found.key = key;
  const auto* image = partition_of(services, type, key);
  if (image == nullptr || image->leader != services.self()) {
    found.node_id = kNoLeader;
    found.port = -1;
    found.error_code = ErrorCode::coordinator_not_available;
    return found;
  }
  found.node_id = services.self();
  found.host = own.host;
  found.port = own.port;
  return found;
}

void answer(const Services& services, Request<FindCoordinatorRequest>& request) {
  const auto own = services.advertised(request.context);
  FindCoordinatorResponse response;
  if (request.context.version() >= kManyKeysSince) {
    for (const auto& key : request.message.coordinator_keys) {
      response.coordinators.push_back(coordinator_of(services, own, request.message.key_type, key));
    }
    return request.answer(response);
  }
  const auto found = coordinator_of(services, own, request.message.key_type, request.message.key);
  response.error_code = found.error_code;
  response.node_id = found.node_id;
  response.host = found.host;
  response.port = found.port;
  request.answer(response);
}

}  // namespace

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

void handle_find_coordinator(Services& services, Request<FindCoordinatorRequest> request) {
  const bool many = request.context.version() >= kManyKeysSince;
  // Nothing asked, nothing answered: no key has an error.
  if (many && request.message.coordinator_keys.empty()) return request.answer({});
  const auto type = request.message.key_type;
  auto waiting = std::make_shared<Request<FindCoordinatorRequest>>(std::move(request));
  const auto found = [&services, waiting] { answer(services, *waiting); };
  switch (type) {
    case CoordinatorType::group:
      return make_offsets_topic(services, found);
    case CoordinatorType::transaction:
      return make_transactions_topic(services, found);
    case CoordinatorType::share:
      return waiting->answer(refusal(waiting->message, ErrorCode::coordinator_not_available));
    default:
      return waiting->answer(refusal(waiting->message, ErrorCode::invalid_request));
  }
}

}  // namespace ottla::broker
