#include "broker/handlers/init_producer_id.h"

#include <memory>
#include <utility>

namespace ottla::broker {

using protocol::InitProducerIdRequest;
using protocol::InitProducerIdResponse;

InitProducerIdResponse refusal(const InitProducerIdRequest&, ErrorCode error) {
  InitProducerIdResponse response;
  response.error_code = error;
  response.producer_epoch = protocol::kNoProducerEpoch;
  return response;
}

void handle_init_producer_id(Services& services, Request<InitProducerIdRequest> request) {
  if (request.message.transactional_id) {
    const auto error = request.message.transactional_id->empty()
                           ? ErrorCode::invalid_request
                           : ErrorCode::coordinator_not_available;
    return request.answer(refusal(request.message, error));
  }
  const bool has_id = request.message.producer_id != protocol::kNoProducerId;
  const bool has_epoch = request.message.producer_epoch != protocol::kNoProducerEpoch;
  if (has_id != has_epoch) {
    return request.answer(refusal(request.message, ErrorCode::invalid_request));
  }
  auto waiting = std::make_shared<Request<InitProducerIdRequest>>(std::move(request));
  services.producer_ids.next([waiting](const Result<ProducerId>& id) {
    if (!id) {
      return waiting->answer(refusal(waiting->message, ErrorCode::coordinator_load_in_progress));
    }
    InitProducerIdResponse response;
    response.producer_id = *id;
    response.producer_epoch = ProducerEpoch(0);
    waiting->answer(response);
  });
}

}  // namespace ottla::broker
