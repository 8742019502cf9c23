#include "broker/handlers/describe_transactions.h"

#include "broker/handlers/access.h"
#include "broker/handlers/wire_code.h"

namespace ottla::broker {
namespace {

using protocol::DescribeTransactionsRequest;
using protocol::DescribeTransactionsResponse;

void describe(const Access& access, const TransactionMetadata& now,
              DescribeTransactionsResponse::Transaction& out) {
  out.transaction_state = protocol::name(now.state);
  out.transaction_timeout_ms = now.timeout_ms;
  out.transaction_start_time_ms = now.started;
  out.producer_id = now.producer_id;
  out.producer_epoch = now.producer_epoch;
  // Sorted: those of a topic stand together.
  for (const auto& [topic, partition] : now.partitions) {
    if (!access.topic(AclOperation::describe, topic, Denial::quiet)) continue;
    if (out.topics.empty() || out.topics.back().topic != topic) out.topics.push_back({topic, {}});
    out.topics.back().partitions.push_back(partition);
  }
}

}  // namespace

DescribeTransactionsResponse refusal(const DescribeTransactionsRequest& request, ErrorCode error) {
  DescribeTransactionsResponse response;
  for (const auto id : request.transactional_ids) {
    auto& out = response.transaction_states.emplace_back();
    out.error_code = error;
    out.transactional_id = id;
  }
  return response;
}

void handle_describe_transactions(Services& services,
                                  Request<DescribeTransactionsRequest> request) {
  const Access access(services, request.context);
  DescribeTransactionsResponse response;
  for (const auto id : request.message.transactional_ids) {
    auto& out = response.transaction_states.emplace_back();
    out.transactional_id = id;
    const auto found =
        id.empty() ? Error(ErrorCode::invalid_request) : services.transactions.find(id);
    if (!found) {
      out.error_code = wire_code(found.error());
    } else if (*found == nullptr) {
      out.error_code = ErrorCode::transactional_id_not_found;
    } else {
      describe(access, (*found)->now(), out);
    }
  }
  request.answer(response);
}

}  // namespace ottla::broker
