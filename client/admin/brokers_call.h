#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/admin/each_call.h"
#include "protocol/messages/metadata.h"

namespace ottla::client {

// A call that every broker answers for itself, or each of those that are named: asks who they are,
// then one after the other. One that is gone does not keep the others from being asked.
template <class Outcome>
class BrokersCall : public EachCall<std::int32_t, Outcome> {
 public:
  using EachCall<std::int32_t, Outcome>::EachCall;

  bool for_controller() const final { return false; }

  Request next_request(BrokerId any, std::int32_t) final {
    if (!known_) return look_up(any);
    const auto next = this->pending().upper_bound(asked_);
    asked_ = next == this->pending().end() ? *this->pending().begin() : *next;
    return ask(BrokerId(asked_));
  }

 protected:
  // Before the first request; with none every broker is asked.
  void ask_only(const std::vector<std::int32_t>& brokers) {
    for (const auto broker : brokers) {
      if (broker >= 0) {
        this->add_pending(broker);
      } else {
        this->settle(broker, about(broker, Error(ErrorCode::invalid_argument,
                                                 "brokers have ids from 0 on")));
      }
    }
    known_ = !brokers.empty();
    if (known_) this->answer_if_settled();
  }

  // `take_answer` or `on_broker_failure` gets what is said.
  virtual Request ask(BrokerId broker) = 0;

  void take_answer(Outcome outcome) {
    this->settle(asked_, std::move(outcome));
    this->set_told();
    this->answer_if_settled();
    this->set_progress();
  }

  // The broker did not answer, or with an error.
  void on_broker_failure(const Error& error) {
    auto told = about(asked_, error);
    if (error.retriable()) return this->try_again(std::move(told));
    take_answer(std::move(told));
  }

 private:
  Request look_up(BrokerId any) {
    auto make = [](std::int16_t version) {
      protocol::MetadataRequest request;
      // No topics; version 0 cannot say that.
      if (version >= 1) request.topics.emplace();
      return request;
    };
    auto done = [this](Result<Response<protocol::MetadataResponse>> response) {
      if (!response) return this->on_failure(response.error());
      for (const auto& broker : response->message.brokers) {
        if (broker.node_id.value >= 0) this->add_pending(broker.node_id.value);
      }
      known_ = !this->pending().empty();
      if (!known_) {
        return this->try_again(
            Error(ErrorCode::broker_not_available, "the broker's answer names no brokers"));
      }
      this->set_progress();
    };
    return make_request<protocol::MetadataRequest>(any, std::move(make), std::move(done));
  }

  Error about(const std::int32_t& broker, const Error& error) const final {
    const auto text = "broker " + std::to_string(broker);
    if (error.message().starts_with(text)) return error;
    return {error.code(), error.message().empty() ? text : text + ": " + error.message(),
            error.context()};
  }
  std::string_view noun() const final { return "broker"; }

  bool known_ = false;
  std::int32_t asked_ = -1;
};

}  // namespace ottla::client
