#pragma once

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "broker/handlers/request.h"
#include "broker/handlers/services.h"

namespace ottla::broker {

// Tells a client that its authentication has failed, and ends its connection for `reason`; after a
// while (connection.failed.authentication.delay.ms), so that trying many passwords takes time.
template <class M>
void answer_failure(Services& services, Request<M> request, const typename M::Response& response,
                    const Error& reason) {
  auto encoded = protocol::encode_response(response, request.context.version(),
                                           request.context.header.correlation_id);
  if (!encoded) return request.reply.refuse(encoded.error());
  std::vector<base::Segment> segments;
  segments.emplace_back(base::Slice::of(encoded->bytes));
  const std::chrono::milliseconds delay(services.config.connection_failed_authentication_delay_ms);
  // The frame goes now, the answer later.
  services.loop.call_at(
      services.loop.now() + delay,
      [reply = std::make_shared<Reply>(std::move(request.reply)), segments = std::move(segments),
       reason]() mutable { reply->send_last(std::move(segments), reason); });
}

}  // namespace ottla::broker
