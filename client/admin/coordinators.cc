#include "client/admin/coordinators.h"

#include <optional>

#include "client/admin/answer_error.h"

namespace ottla::client {
namespace {

// From an answer about one key, or an entry of one about several.
template <class Answer>
Result<Node> coordinator_in(const Answer& answer) {
  if (answer.error_code != ErrorCode::none) return error_of(answer);
  if (answer.node_id.value < 0) {
    return Error(ErrorCode::coordinator_not_available, "the broker's answer names no coordinator");
  }
  return Node{.id = answer.node_id.value, .host = std::string(answer.host), .port = answer.port};
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

std::map<std::string, Result<Node>> coordinators_in(
    const protocol::FindCoordinatorResponse& response, const std::set<std::string>& keys,
    const std::string& single, std::int16_t version) {
  std::map<std::string, Result<Node>> found;
  if (version < kManyCoordinatorKeys) {
    found.emplace(single, coordinator_in(response));
    return found;
  }
  for (const auto& each : response.coordinators) {
    std::string key(each.key);
    if (!keys.contains(key)) continue;
    found.insert_or_assign(std::move(key), coordinator_in(each));
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
