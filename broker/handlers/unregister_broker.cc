#include "broker/handlers/unregister_broker.h"

#include <memory>
#include <utility>

#include "broker/handlers/wire_code.h"

namespace ottla::broker {

using protocol::UnregisterBrokerRequest;
using protocol::UnregisterBrokerResponse;

UnregisterBrokerResponse refusal(const UnregisterBrokerRequest&, ErrorCode error) {
  UnregisterBrokerResponse response;
  response.error_code = error;
  return response;
}

void handle_unregister_broker(Services& services, Request<UnregisterBrokerRequest> request) {
  const auto broker = request.message.broker_id;
  auto waiting = std::make_shared<Request<UnregisterBrokerRequest>>(std::move(request));
  services.controller.unregister_broker(broker, [waiting](const Result<void>& result) {
    UnregisterBrokerResponse response;
    if (!result) {
      response.error_code = wire_code(result.error());
      response.error_message = result.error().message();
    }
    waiting->answer(response);
  });
}

}  // namespace ottla::broker
