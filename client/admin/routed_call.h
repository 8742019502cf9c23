#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "client/admin/each_call.h"

namespace ottla::client {

// A call about several things, for each of which one broker answers: looks up who that is, then
// asks one broker after the other. Neither a broker that is gone nor a thing that nobody answers
// for keeps the others from being asked.
template <class Key, class Outcome>
class RoutedCall : public EachCall<Key, Outcome> {
 public:
  using Keys = typename EachCall<Key, Outcome>::Keys;
  using EachCall<Key, Outcome>::EachCall;

  bool for_controller() const final { return false; }

  Request next_request(BrokerId any, std::int32_t timeout_ms) final {
    auto lost = without_route();
    const auto next = next_broker();
    looked_up_ = !lost.empty() && (!next || !looked_up_);
    if (looked_up_) return look_up(any, std::move(lost));
    asked_ = *next;
    return ask(asked_, timeout_ms);
  }

 protected:
  // Asks who answers for `keys`; `take_routes` gets what is said.
  virtual Request look_up(BrokerId any, Keys keys) = 0;
  // Asks `broker` for `routed_to(broker)`; `take_answers` or `on_broker_failure` gets what is said.
  virtual Request ask(BrokerId broker, std::int32_t timeout_ms) = 0;

  // The pending ones that this broker answers for.
  Keys routed_to(BrokerId broker) const {
    Keys keys;
    for (const auto& key : this->pending()) {
      if (route_of(key) == broker) keys.insert(key);
    }
    return keys;
  }

  // All is asked of this broker, and nothing looked up. Before the first request.
  void ask_only(BrokerId broker) { only_ = broker; }

  void take_routes(const std::map<Key, Result<BrokerId>>& found) {
    bool got_on = false;
    for (const auto& [key, broker] : found) {
      if (!this->pending().contains(key)) continue;
      if (broker) {
        routes_[key] = *broker;
        got_on = true;
      } else if (may_change(broker.error().code())) {
        this->try_again(this->about(key, broker.error()));
      } else {
        this->settle(key, this->about(key, broker.error()));
        this->set_told();
        got_on = true;
      }
    }
    this->answer_if_settled();
    if (got_on && !in_vain_) this->set_progress();
  }

  // As take_each, of what a broker answered.
  template <class Answer, class KeyOf, class Take>
  void take_answers(const Keys& asked, const std::vector<Answer>& answers, const KeyOf& key_of,
                    const Take& take) {
    if (!this->take_each(asked, answers, key_of, take)) return;
    in_vain_ = false;
    this->set_progress();
  }

  // What a broker's error for one of the things comes to, for `take` of take_answers: it is asked
  // for again or settled. With `elsewhere` another one may be the one that answers.
  std::optional<Error> take_error(const Key& key, const Error& error, bool elsewhere) {
    auto told = this->about(key, error);
    if (elsewhere) {
      forget(key);
      return told;
    }
    if (may_change(error.code())) return told;
    this->settle(key, std::move(told));
    return std::nullopt;
  }

  // The broker that was asked did not answer: perhaps it is not the one any more. What will fail
  // the same way again fails for what it was asked for.
  void on_broker_failure(const Error& error) {
    for (const auto& key : routed_to(asked_)) {
      if (error.retriable()) {
        forget(key);
      } else {
        this->settle(key, this->about(key, error));
      }
    }
    if (error.retriable()) return this->try_again(error);
    this->set_told();
    this->answer_if_settled();
    this->set_progress();
  }

 private:
  // The next look-up may say the same again: it is no progress.
  void forget(const Key& key) {
    routes_.erase(key);
    in_vain_ = true;
  }

  Keys without_route() const {
    Keys keys;
    for (const auto& key : this->pending()) {
      if (!route_of(key)) keys.insert(key);
    }
    return keys;
  }

  std::optional<BrokerId> route_of(const Key& key) const {
    if (only_) return only_;
    const auto found = routes_.find(key);
    return found == routes_.end() ? std::nullopt : std::optional(found->second);
  }

  // The one behind the one that was asked last; none if nothing that is pending has a route.
  std::optional<BrokerId> next_broker() const {
    std::optional<BrokerId> first;
    std::optional<BrokerId> behind;
    for (const auto& key : this->pending()) {
      const auto broker = route_of(key);
      if (!broker) continue;
      if (!first || *broker < *first) first = broker;
      if (*broker > asked_ && (!behind || *broker < *behind)) behind = broker;
    }
    return behind ? behind : first;
  }

  std::optional<BrokerId> only_;
  std::map<Key, BrokerId> routes_;
  BrokerId asked_ = kAnyBroker;  // below all others
  bool looked_up_ = false;       // by the last request
  bool in_vain_ = false;         // since the last answer that settled something
};

}  // namespace ottla::client
