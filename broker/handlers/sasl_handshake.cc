#include "broker/handlers/sasl_handshake.h"

#include <utility>

#include "broker/handlers/audited_denials.h"
#include "broker/handlers/authentication_failure.h"
#include "broker/handlers/wire_code.h"

namespace ottla::broker {

using protocol::SaslHandshakeRequest;
using protocol::SaslHandshakeResponse;

SaslHandshakeResponse refusal(const SaslHandshakeRequest&, ErrorCode error) {
  SaslHandshakeResponse response;
  response.error_code = error;
  return response;
}

void handle_sasl_handshake(Services& services, Request<SaslHandshakeRequest> request) {
  const auto session = request.context.sasl;
  if (!session) return request.answer(refusal(request.message, ErrorCode::illegal_sasl_state));
  if (request.context.version() == 0) {
    const Error reason(ErrorCode::unsupported_version,
                       "after SaslHandshake version 0 messages come without requests around them, "
                       "which is not served");
    const auto response = refusal(request.message, wire_code(reason));
    return answer_failure(services, std::move(request), response, reason);
  }
  const auto begun = session->on_handshake(request.message.mechanism);
  if (!begun && !session->failed()) {
    return request.answer(refusal(request.message, wire_code(begun.error())));
  }
  SaslHandshakeResponse response;
  response.mechanisms = session->mechanisms();
  if (begun) return request.answer(response);
  audit_login(services.audit, request.context, request.message.mechanism,
              session->was_authenticated(), begun.error().message());
  response.error_code = wire_code(begun.error());
  answer_failure(services, std::move(request), response, begun.error());
}

}  // namespace ottla::broker
