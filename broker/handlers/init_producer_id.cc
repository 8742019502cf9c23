#include "broker/handlers/init_producer_id.h"

#include <memory>
#include <optional>
#include <utility>

#include "broker/handlers/transaction_error.h"

namespace ottla::broker {
namespace {

using protocol::InitProducerIdRequest;
using protocol::InitProducerIdResponse;

constexpr std::int16_t kInitProducerIdFencedSince = 4;

void answer(Request<InitProducerIdRequest>& request, ErrorCode error,
            const ProducerIdentity& producer) {
  auto response = refusal(request.message, error);
  if (error == ErrorCode::none) {
    response.producer_id = producer.id;
    response.producer_epoch = producer.epoch;
  }
  request.answer(response);
}

}  // namespace

InitProducerIdResponse refusal(const InitProducerIdRequest&, ErrorCode error) {
  InitProducerIdResponse response;
  response.error_code = error;
  response.producer_epoch = protocol::kNoProducerEpoch;
  return response;
}

void handle_init_producer_id(Services& services, Request<InitProducerIdRequest> request) {
  const ProducerIdentity last{request.message.producer_id, request.message.producer_epoch};
  const bool has_id = last.id != protocol::kNoProducerId;
  const bool has_epoch = last.epoch != protocol::kNoProducerEpoch;
  if (has_id != has_epoch) {
    return request.answer(refusal(request.message, ErrorCode::invalid_request));
  }
  auto waiting = std::make_shared<Request<InitProducerIdRequest>>(std::move(request));
  if (!waiting->message.transactional_id) {
    services.producer_ids.next([waiting](const Result<ProducerId>& id) {
      if (!id) return answer(*waiting, ErrorCode::coordinator_load_in_progress, {});
      answer(*waiting, ErrorCode::none, {*id, ProducerEpoch(0)});
    });
    return;
  }
  services.transactions.init_producer(
      *waiting->message.transactional_id, waiting->message.transaction_timeout_ms,
      has_id ? std::optional(last) : std::nullopt,
      [waiting](const TransactionCoordinator::Answer& made) {
        const auto version = waiting->context.version();
        answer(*waiting, transaction_code(made.error, version, kInitProducerIdFencedSince),
               made.producer);
      });
}

}  // namespace ottla::broker
