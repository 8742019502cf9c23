#include "client/admin/coordinators.h"

#include <optional>

namespace ottla::client {
namespace {

Result<BrokerId> coordinator_of(ErrorCode code, std::optional<std::string_view> message,
                                BrokerId node) {
  if (code != ErrorCode::none) return Error(code, std::string(message.value_or("")));
  if (node.value < 0) {
    return Error(ErrorCode::coordinator_not_available, "the broker's answer names no coordinator");
  }
  return node;
}

}  // namespace

protocol::FindCoordinatorRequest coordinators_request(protocol::CoordinatorType type,
                                                      const std::set<std::string>& keys,
                                                      const std::string& single,
                                                      std::int16_t version) {
  protocol::FindCoordinatorRequest request;
  request.key_type = type;
  if (version < kManyCoordinatorKeys) {
    request.key = single;
  } else {
    request.coordinator_keys.assign(keys.begin(), keys.end());
  }
  return request;
}

std::map<std::string, Result<BrokerId>> coordinators_in(
    const protocol::FindCoordinatorResponse& response, const std::set<std::string>& keys,
    const std::string& single, std::int16_t version) {
  std::map<std::string, Result<BrokerId>> found;
  if (version < kManyCoordinatorKeys) {
    found.emplace(single,
                  coordinator_of(response.error_code, response.error_message, response.node_id));
    return found;
  }
  for (const auto& each : response.coordinators) {
    std::string key(each.key);
    if (!keys.contains(key)) continue;
    found.insert_or_assign(std::move(key),
                           coordinator_of(each.error_code, each.error_message, each.node_id));
  }
  for (const auto& key : keys) {
    found.emplace(key, Error(ErrorCode::unknown_server_error,
                             "the broker's answer to FindCoordinator leaves it out"));
  }
  return found;
}

bool coordinates_no_more(ErrorCode code) {
  return code == ErrorCode::not_coordinator || code == ErrorCode::coordinator_not_available;
}

}  // namespace ottla::client
