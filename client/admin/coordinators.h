#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "client/admin/routed_call.h"
#include "ottla/cluster.h"
#include "protocol/messages/find_coordinator.h"

namespace ottla::client {

// The first version of FindCoordinator that takes several keys (KIP-699).
inline constexpr std::int16_t kManyCoordinatorKeys = 4;

// Asks for the coordinators of `keys`, from which the message borrows: before kManyCoordinatorKeys
// for that of `single` alone.
protocol::FindCoordinatorRequest coordinators_request(protocol::CoordinatorType type,
                                                      const std::set<std::string>& keys,
                                                      const std::string& single,
                                                      std::int16_t version);

// Who coordinates each of the keys that were asked for, or why that is not known.
std::map<std::string, Result<Node>> coordinators_in(
    const protocol::FindCoordinatorResponse& response, const std::set<std::string>& keys,
    const std::string& single, std::int16_t version);

// What a broker answers that is not the coordinator, or not any more.
bool coordinates_no_more(ErrorCode code);

// A call that the coordinators of groups or transactional ids answer.
template <class Outcome>
class CoordinatorsCall : public RoutedCall<std::string, Outcome> {
 public:
  using Keys = typename RoutedCall<std::string, Outcome>::Keys;

 protected:
  // The longest that the protocol can say.
  static constexpr std::size_t kLongestId = 32767;

  template <class Answer>
  CoordinatorsCall(Answer answer, protocol::CoordinatorType type)
      : RoutedCall<std::string, Outcome>(std::move(answer)), type_(type) {}

  // True if the id is new to this call and can be sent.
  bool add(const std::string& id) {
    const bool empty = id.empty() && type_ == protocol::CoordinatorType::transaction;
    if (!empty && id.size() <= kLongestId) return this->add_pending(id);
    this->settle(id, Error(ErrorCode::invalid_argument,
                           empty ? "a transactional id is not empty"
                                 : "an id has at most 32767 characters; this one has " +
                                       std::to_string(id.size())));
    return false;
  }

  Request look_up(BrokerId any, Keys keys) override {
    // Where only one can be asked for, each has its turn.
    auto next = keys.upper_bound(single_);
    single_ = next == keys.end() ? *keys.begin() : *next;
    auto make = [this, keys](std::int16_t version) {
      return coordinators_request(type_, keys, single_, version);
    };
    auto done = [this, keys](Result<Response<protocol::FindCoordinatorResponse>> response) {
      if (!response) return this->on_failure(response.error());
      std::map<std::string, Result<BrokerId>> routes;
      for (const auto& [key, node] :
           coordinators_in(response->message, keys, single_, response->raw.version)) {
        if (node) {
          coordinators_[BrokerId(node->id)] = *node;
          routes.emplace(key, BrokerId(node->id));
        } else {
          routes.emplace(key, node.error());
        }
      }
      this->take_routes(routes);
    };
    return make_request<protocol::FindCoordinatorRequest>(any, std::move(make), std::move(done));
  }

  // As it was found.
  const Node& coordinator(BrokerId id) const { return coordinators_.at(id); }

  // The error says itself which id it is about: ErrorContext has no place for that.
  Error about(const std::string& id, const Error& error) const final {
    const std::string text = std::string(noun()) + " '" + id + "'";
    if (error.message().starts_with(text)) return error;
    return {error.code(), error.message().empty() ? text : text + ": " + error.message(),
            error.context()};
  }
  std::string_view noun() const final {
    return type_ == protocol::CoordinatorType::transaction ? "transactional id" : "group";
  }

 private:
  const protocol::CoordinatorType type_;
  std::string single_;
  std::map<BrokerId, Node> coordinators_;
};

}  // namespace ottla::client
