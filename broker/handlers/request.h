#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/buffer.h"
#include "base/task.h"
#include "base/transport.h"
#include "broker/handlers/byte_budget.h"
#include "broker/handlers/reply.h"
#include "broker/quota/client_quotas.h"
#include "broker/security/sasl_session.h"
#include "ottla/error.h"
#include "protocol/wire/frame.h"

namespace ottla::broker {

// Where a request came from and how its answer must look.
struct RequestContext {
  base::SharedBuffer frame;        // what the message's strings borrow from
  ByteBudget::Charge charge = {};  // for the frame, which may outlive its connection
  protocol::RequestHeader header;
  std::uint64_t connection = 0;  // its number
  std::string listener;
  base::Endpoint peer;
  base::Endpoint local;  // the address the client came by
  std::shared_ptr<const Principal> principal = anonymous();
  std::shared_ptr<SaslSession> sasl = nullptr;  // null where the listener has none
  ClientQuotas* quotas = nullptr;               // null where nobody has any
  base::Duration throttle{};                    // how long the client has to wait after the answer

  QuotaClient quota_client() const {
    return {principal->name, header.client_id.value_or(std::string_view())};
  }
  std::int16_t version() const { return header.api_version; }
};

// What an answer says of each thing that its request named; nothing for one that names none.
template <class Response>
constexpr auto parts_of(Response& response) {
  if constexpr (requires { response.topics; }) {
    return &response.topics;
  } else if constexpr (requires { response.responses; }) {
    return &response.responses;
  } else if constexpr (requires { response.results; }) {
    return &response.results;
  } else if constexpr (requires { response.coordinators; }) {
    return &response.coordinators;
  } else if constexpr (requires { response.transaction_states; }) {
    return &response.transaction_states;
  } else if constexpr (requires { response.groups; }) {
    return &response.groups;
  } else if constexpr (requires { response.replica_election_results; }) {
    return &response.replica_election_results;
  } else {
    return nullptr;
  }
}

// A decoded request on its way through a handler, which answers it once, at once or later.
template <class M>
struct Request {
  RequestContext context;
  M message;
  Reply reply;
  std::optional<typename M::Response> refused = std::nullopt;  // parts taken out of the message
  // Or null; is shown the answer.
  base::UniqueFunction<void(const RequestContext&, const typename M::Response&)> audit = nullptr;

  // Has these parts be in the answer, behind those that the handler gives.
  void refuse_part(typename M::Response response) {
    if (!refused) {
      refused = std::move(response);
    } else {
      append(*refused, response);
    }
  }

  void answer(const typename M::Response& response) {
    if (!refused) return send(response);
    auto whole = response;
    append(whole, *refused);
    send(whole);
  }

 private:
  static void append(typename M::Response& whole, const typename M::Response& more) {
    const auto parts = parts_of(whole);
    if constexpr (!std::is_null_pointer_v<decltype(parts)>) {
      parts->insert(parts->end(), parts_of(more)->begin(), parts_of(more)->end());
    }
  }

  // Who has used more than a quota allows is told, and not listened to for that long.
  void send(const typename M::Response& response) {
    if (audit) audit(context, response);
    if (context.quotas != nullptr && !is_exempt()) {
      const auto time = context.quotas->delay(QuotaKind::request, context.quota_client());
      context.throttle = std::max(context.throttle, time);
    }
    if (context.throttle <= base::Duration::zero()) return encode(response);
    reply.mute(context.throttle);
    if constexpr (requires { response.throttle_time_ms; }) {
      auto throttled = response;
      throttled.throttle_time_ms = static_cast<std::int32_t>(
          std::chrono::duration_cast<std::chrono::milliseconds>(context.throttle).count());
      return encode(throttled);
    }
    encode(response);
  }

  // What brokers send each other, and what comes before it is known who sends.
  static constexpr bool is_exempt() {
    using enum ApiKey;
    const auto key = M::api.key;
    return key == write_txn_markers || key == sasl_handshake || key == sasl_authenticate;
  }

  void encode(const typename M::Response& response) {
    auto encoded =
        protocol::encode_response(response, context.version(), context.header.correlation_id);
    if (!encoded) return reply.refuse(encoded.error());
    std::vector<base::Segment> segments;
    segments.emplace_back(base::Slice::of(encoded->bytes));
    reply.send(std::move(segments));
  }
};

}  // namespace ottla::broker
