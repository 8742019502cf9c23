#pragma once

#include <memory>
#include <string>

#include "base/buffer.h"
#include "protocol/wire/frame.h"
#include "tests/simulation/scripted/scripted_cluster.h"

namespace ottla::simulation {

class ScriptedBroker;
class ScriptedConnection;

// One request on its way through a scripted broker: what was asked, the trick that is to be played
// on it, and the way back. Shared by whoever may answer; the first answer counts.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(ScriptedBroker& broker, std::weak_ptr<ScriptedConnection> connection,
           base::SharedBuffer frame, const protocol::RequestFrame& request, const Rule& rule,
           std::uint64_t place);

  ScriptedBroker& broker() { return broker_; }
  ScriptedCluster& cluster();
  std::int16_t version() const { return request_.header.api_version; }
  ApiKey api() const { return request_.header.api_key; }
  const Rule& rule() const { return rule_; }
  bool plays(Trick trick) const { return rule_.trick == trick; }

  // The code that a trick wants instead of `code`.
  ErrorCode code_or_trick(ErrorCode code) const {
    return plays(Trick::error) || plays(Trick::error_after) ? rule_.error : code;
  }

  // What was asked; closes the connection and answers nothing if it cannot be read.
  template <class Request>
  std::optional<Request> decode() {
    auto decoded = protocol::decode<Request>(request_.body, version());
    if (decoded) return std::move(*decoded);
    refuse();
    return std::nullopt;
  }

  template <class Response>
  void answer(const Response& response) {
    answer_in(response, version());
  }
  // In another version than the one of the request.
  template <class Response>
  void answer_in(const Response& response, std::int16_t version) {
    send(protocol::encode_response(response, version, request_.header.correlation_id));
  }

  // There is no answer to this, and what follows need not wait for one.
  void answer_nothing();

  // The request makes no sense: the connection closes.
  void refuse();

 private:
  void send(Result<protocol::EncodedFrame> frame);
  void deliver(base::SharedBuffer frame);

  ScriptedBroker& broker_;
  std::weak_ptr<ScriptedConnection> connection_;
  base::SharedBuffer frame_;
  protocol::RequestFrame request_;
  Rule rule_;
  std::uint64_t place_;  // in the order of the connection's requests
};

}  // namespace ottla::simulation
