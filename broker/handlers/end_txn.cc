#include "broker/handlers/end_txn.h"

#include <memory>
#include <utility>

#include "broker/handlers/transaction_error.h"

namespace ottla::broker {
namespace {

using protocol::EndTxnRequest;
using protocol::EndTxnResponse;

constexpr std::int16_t kEndTxnFencedSince = 2;
constexpr std::int16_t kRaisesEpochSince = 5;

}  // namespace

EndTxnResponse refusal(const EndTxnRequest&, ErrorCode error) {
  EndTxnResponse response;
  response.error_code = error;
  return response;
}

void handle_end_txn(Services& services, Request<EndTxnRequest> request) {
  auto waiting = std::make_shared<Request<EndTxnRequest>>(std::move(request));
  const auto& message = waiting->message;
  const auto client = waiting->context.version() >= kRaisesEpochSince ? TransactionVersion::v2
                                                                      : TransactionVersion::v0;
  services.transactions.end_transaction(
      message.transactional_id, {message.producer_id, message.producer_epoch}, message.committed,
      client, [waiting](const TransactionCoordinator::Answer& answer) {
        const auto version = waiting->context.version();
        const auto code = transaction_code(answer.error, version, kEndTxnFencedSince);
        auto response = refusal(waiting->message, code);
        if (code == ErrorCode::none) {
          response.producer_id = answer.producer.id;
          response.producer_epoch = answer.producer.epoch;
        }
        waiting->answer(response);
      });
}

}  // namespace ottla::broker
