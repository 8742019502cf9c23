#include "broker/handlers/add_offsets_to_txn.h"

#include <memory>
#include <string>
#include <utility>

#include "broker/handlers/internal_topics.h"
#include "broker/handlers/transaction_error.h"

namespace ottla::broker {
namespace {

using protocol::AddOffsetsToTxnRequest;

constexpr std::int16_t kAddOffsetsFencedSince = 2;

void answer(Request<AddOffsetsToTxnRequest>& request, ErrorCode error) {
  const auto version = request.context.version();
  const auto code = transaction_code(error, version, kAddOffsetsFencedSince);
  request.answer(refusal(request.message, code));
}

}  // namespace

protocol::AddOffsetsToTxnResponse refusal(const AddOffsetsToTxnRequest&, ErrorCode error) {
  protocol::AddOffsetsToTxnResponse response;
  response.error_code = error;
  return response;
}

void handle_add_offsets_to_txn(Services& services, Request<AddOffsetsToTxnRequest> request) {
  auto waiting = std::make_shared<Request<AddOffsetsToTxnRequest>>(std::move(request));
  // A group that has no member and no offsets yet may be the first of all.
  make_offsets_topic(services, [&services, waiting] {
    const auto& message = waiting->message;
    const auto partition = services.groups.partition_of(message.group_id);
    if (partition < 0) return answer(*waiting, ErrorCode::coordinator_not_available);
    services.transactions.add_partitions(
        message.transactional_id, {message.producer_id, message.producer_epoch},
        {{std::string(kOffsetsTopic), partition}}, TransactionVersion::v0,
        [waiting](ErrorCode error) { answer(*waiting, error); });
  });
}

}  // namespace ottla::broker
