#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/buffer.h"
#include "base/task.h"
#include "base/time.h"
#include "base/transport.h"
#include "ottla/result.h"
#include "protocol/types.h"
#include "protocol/wire/frame.h"

namespace ottla::client {

using protocol::BrokerId;

// Whether broker and client did not accept each other: trying again fails the same way until
// somebody changes something.
constexpr bool is_authentication_failure(ErrorCode code) {
  return code == ErrorCode::ssl_authentication_failed ||
         code == ErrorCode::sasl_authentication_failed ||
         code == ErrorCode::unsupported_sasl_mechanism || code == ErrorCode::illegal_sasl_state;
}

// Whoever is least busy.
inline constexpr BrokerId kAnyBroker{std::numeric_limits<std::int32_t>::min()};

// Bootstrap addresses are brokers with ids below zero until the cluster tells its own.
constexpr bool is_bootstrap(BrokerId id) {
  return id.value < 0;
}

// A way to a broker. A dedicated one is a connection of its own, for requests that its others must
// not wait behind: a group's coordinator answers JoinGroup when the whole group has joined. Links
// to any broker are never one.
struct LinkId {
  BrokerId broker = kAnyBroker;
  bool dedicated = false;

  auto operator<=>(const LinkId&) const = default;
};

// The bytes of an answer; `body` lies in `frame`.
struct RawResponse {
  base::SharedBuffer frame;
  BytesView body;
  std::int16_t version = 0;
  BrokerId broker;
  std::string_view broker_name;  // host:port, valid while the answer is told
};

// A decoded answer; what the message borrows lies in `raw.frame`.
template <class M>
struct Response {
  M message;
  RawResponse raw;
};

// What the one who understands an answer tells the network about it.
struct Verdict {
  bool well_formed = true;       // if not, the connection is closed
  std::int32_t throttle_ms = 0;  // the broker wants no requests for so long (KIP-219)
};

// A frame, and batches that belong into it at the places it notes.
struct OutgoingFrame {
  protocol::EncodedFrame frame;
  std::vector<base::Slice> batches;
};

// One request on its way to a broker. `encode` is called once the version is known, at most once;
// `done` exactly once, unless the network goes before it.
struct Request {
  using Encode = base::UniqueFunction<Result<OutgoingFrame>(
      std::int16_t version, std::int32_t correlation_id, std::string_view client_id)>;
  using Done = base::UniqueFunction<Verdict(Result<RawResponse>)>;

  BrokerId broker = kAnyBroker;
  bool dedicated = false;
  protocol::Api api;
  std::int16_t min_version = 0;
  std::int16_t max_version = std::numeric_limits<std::int16_t>::max();
  // From asking to leaving, and again from leaving to the answer; zero: the network's own.
  base::Duration timeout{};
  bool has_response = true;
  Encode encode;
  Done done;
};

// The pieces of a frame in wire order, ready for a stream.
std::vector<base::Segment> to_segments(OutgoingFrame frame);

namespace request_detail {

template <class M>
Verdict finish(Result<RawResponse> raw, base::UniqueFunction<void(Result<Response<M>>)>& done) {
  if (!raw) {
    done(std::move(raw).error());
    return {};
  }
  auto message = protocol::decode<M>(raw->body, raw->version);
  if (!message) {
    done(Error(ErrorCode::network_exception,
               "the broker's answer is malformed: " + message.error().message(),
               {.broker = std::string(raw->broker_name)}));
    return {.well_formed = false};
  }
  Verdict verdict;
  if constexpr (requires { message->throttle_time_ms; }) {
    verdict.throttle_ms = message->throttle_time_ms;
  }
  done(Response<M>{std::move(*message), std::move(*raw)});
  return verdict;
}

}  // namespace request_detail

// A request for a message M. `make(version)` returns the message, or an OutgoingMessage<M>, when it
// is time to send it; what that borrows must live until it has returned: capture it. `done` gets a
// Result<Response<M::Response>>.
template <class M>
struct OutgoingMessage {
  M message;
  std::vector<base::Slice> batches;
};

template <class M, class Make, class Done>
Request make_request(BrokerId broker, Make make, Done done) {
  Request request;
  request.broker = broker;
  request.api = M::api;
  request.encode = [make = std::move(make)](
                       std::int16_t version, std::int32_t correlation_id,
                       std::string_view client_id) mutable -> Result<OutgoingFrame> {
    OutgoingFrame out;
    auto made = make(version);
    const M* message = nullptr;
    if constexpr (std::is_same_v<decltype(made), M>) {
      message = &made;
    } else {
      message = &made.message;
      out.batches = std::move(made.batches);
    }
    auto frame = protocol::encode_request(*message, version, correlation_id, client_id);
    if (!frame) return std::move(frame).error();
    out.frame = std::move(*frame);
    return out;
  };
  using Reply = typename M::Response;
  base::UniqueFunction<void(Result<Response<Reply>>)> typed(std::move(done));
  request.done = [typed = std::move(typed)](Result<RawResponse> raw) mutable {
    return request_detail::finish<Reply>(std::move(raw), typed);
  };
  return request;
}

}  // namespace ottla::client
