#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/buffer.h"
#include "base/transport.h"
#include "broker/handlers/byte_budget.h"
#include "broker/handlers/reply.h"
#include "broker/security/sasl_session.h"
#include "ottla/error.h"
#include "protocol/wire/frame.h"

namespace ottla::broker {

// Where a request came from and how its answer must look.
struct RequestContext {
  base::SharedBuffer frame;        // what the message's strings borrow from
  ByteBudget::Charge charge = {};  // for the frame, which may outlive its connection
  protocol::RequestHeader header;
  std::string listener;
  base::Endpoint peer;
  base::Endpoint local;  // the address the client came by
  std::shared_ptr<const Principal> principal = anonymous();
  std::shared_ptr<SaslSession> sasl = nullptr;  // null where the listener has none

  std::int16_t version() const { return header.api_version; }
};

// A decoded request on its way through a handler, which answers it once, at once or later.
template <class M>
struct Request {
  RequestContext context;
  M message;
  Reply reply;

  void answer(const typename M::Response& response) {
    auto encoded =
        protocol::encode_response(response, context.version(), context.header.correlation_id);
    if (!encoded) return reply.refuse(encoded.error());
    std::vector<base::Segment> segments;
    segments.emplace_back(base::Slice::of(encoded->bytes));
    reply.send(std::move(segments));
  }
};

}  // namespace ottla::broker
