#include "broker/handlers/sasl_authenticate.h"

#include <utility>

#include "broker/handlers/audited_denials.h"
#include "broker/handlers/authentication_failure.h"
#include "broker/handlers/wire_code.h"

namespace ottla::broker {

using protocol::SaslAuthenticateRequest;
using protocol::SaslAuthenticateResponse;

SaslAuthenticateResponse refusal(const SaslAuthenticateRequest&, ErrorCode error) {
  SaslAuthenticateResponse response;
  response.error_code = error;
  return response;
}

void handle_sasl_authenticate(Services& services, Request<SaslAuthenticateRequest> request) {
  const auto session = request.context.sasl;
  if (!session) return request.answer(refusal(request.message, ErrorCode::illegal_sasl_state));
  const bool again = session->was_authenticated();
  const bool known_to_fail = session->told_refusal();
  const auto audit = [&](std::string_view reason) {
    request.context.principal = session->principal();
    audit_login(services.audit, request.context, session->mechanism_name(), again, reason);
  };
  const auto answer = session->on_authenticate(
      request.message.auth_bytes.view, services.image(),
      {.time = services.loop.now(), .seconds = services.loop.wall_now() / 1000});
  SaslAuthenticateResponse response;
  if (answer) {
    // Nobody else says so: the client is not told, and may be gone before its connection ends by
    // it.
    if (const auto& refused = session->refused_token()) {
      services.logger.warn("a token of " + request.context.peer.to_string() +
                           " is refused: " + refused->to_string());
      audit(refused->to_string());
    }
    if (session->authenticated()) audit({});
    response.auth_bytes.view = answer->bytes;
    response.session_lifetime_ms = answer->lifetime_ms;
    return request.answer(response);
  }
  response.error_code = wire_code(answer.error());
  response.error_message = answer.error().message();
  if (!session->failed()) return request.answer(response);
  if (!known_to_fail) audit(answer.error().message());
  answer_failure(services, std::move(request), response, answer.error());
}

}  // namespace ottla::broker
