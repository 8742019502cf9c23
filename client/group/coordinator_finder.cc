#include "client/group/coordinator_finder.h"

#include <algorithm>

namespace ottla::client {

CoordinatorFinder::Poll CoordinatorFinder::poll(base::TimePoint now) {
  Poll poll;
  if (coordinator_ || under_way_) return poll;
  poll.ask = not_before_ <= now;
  poll.next = poll.ask ? base::kNever : not_before_;
  under_way_ = poll.ask;
  return poll;
}

bool CoordinatorFinder::on_response(const protocol::FindCoordinatorResponse& response,
                                    base::TimePoint now) {
  auto code = response.error_code;
  Node node{response.node_id.value, std::string(response.host), response.port, {}};
  for (const auto& each : response.coordinators) {
    if (each.key != group_id_) continue;
    code = each.error_code;
    node = {each.node_id.value, std::string(each.host), each.port, {}};
  }
  const bool sound = node.id >= 0 && !node.host.empty() && node.port > 0 && node.port <= 65535;
  if (code == ErrorCode::none && sound) {
    under_way_ = false;
    failures_ = 0;
    // What proves wrong at once is not asked at once.
    not_before_ = now + retry_.after(1, random_);
    coordinator_ = std::move(node);
    return true;
  }
  if (code != ErrorCode::none && !Error(code).retriable()) {
    error_ = Error(code, "the coordinator of group " + group_id_ + " cannot be found");
  }
  on_failure(now);
  return false;
}

void CoordinatorFinder::on_failure(base::TimePoint now) {
  under_way_ = false;
  not_before_ = now + retry_.after(++failures_, random_);
}

}  // namespace ottla::client
