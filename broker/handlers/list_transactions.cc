#include "broker/handlers/list_transactions.h"

#include <re2/re2.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "broker/handlers/access.h"
#include "broker/handlers/wire_code.h"

namespace ottla::broker {
namespace {

using protocol::ListTransactionsRequest;
using protocol::ListTransactionsResponse;

// What a request wants to see.
struct Filter {
  std::set<TransactionState> states;
  std::set<ProducerId> producers;
  std::int64_t duration_ms = -1;
  std::unique_ptr<re2::RE2> pattern;

  bool passes(std::string_view id, const TransactionMetadata& now, WallMillis wall) const {
    if (!states.empty() && !states.contains(now.state)) return false;
    if (!producers.empty() && !producers.contains(now.producer_id)) return false;
    if (duration_ms >= 0 && (now.started < 0 || wall - now.started <= duration_ms)) return false;
    return pattern == nullptr ||
           re2::RE2::FullMatch(re2::StringPiece(id.data(), id.size()), *pattern);
  }
};

std::unique_ptr<re2::RE2> compile(std::string_view pattern) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  return std::make_unique<re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
}

// Names that no state has are told back.
std::set<TransactionState> states_of(const std::vector<std::string_view>& names,
                                     ListTransactionsResponse& response) {
  std::set<TransactionState> states;
  for (const auto wanted : names) {
    const auto* found = std::find_if(
        std::begin(protocol::kTransactionStates), std::end(protocol::kTransactionStates),
        [wanted](TransactionState state) { return protocol::name(state) == wanted; });
    if (found == std::end(protocol::kTransactionStates)) {
      response.unknown_state_filters.push_back(wanted);
    } else {
      states.insert(*found);
    }
  }
  return states;
}

}  // namespace

ListTransactionsResponse refusal(const ListTransactionsRequest&, ErrorCode error) {
  ListTransactionsResponse response;
  response.error_code = error;
  return response;
}

void handle_list_transactions(Services& services, Request<ListTransactionsRequest> request) {
  const auto& message = request.message;
  const auto all = services.transactions.transactions();
  if (!all) return request.answer(refusal(message, wire_code(all.error())));
  ListTransactionsResponse response;
  Filter filter;
  filter.states = states_of(message.state_filters, response);
  filter.producers = {message.producer_id_filters.begin(), message.producer_id_filters.end()};
  filter.duration_ms = message.duration_filter;
  if (!message.transactional_id_pattern.value_or("").empty()) {
    filter.pattern = compile(*message.transactional_id_pattern);
    if (!filter.pattern->ok()) {
      return request.answer(refusal(message, ErrorCode::invalid_regular_expression));
    }
  }
  // None of the states that are asked for exists.
  if (!message.state_filters.empty() && filter.states.empty()) return request.answer(response);
  const Access access(services, request.context);
  for (const auto& [id, transaction] : *all) {
    const auto& now = transaction->now();
    if (!filter.passes(id, now, services.loop.wall_now())) continue;
    if (!access.transactional_id(AclOperation::describe, id, Denial::quiet)) continue;
    response.transaction_states.push_back({id, now.producer_id, protocol::name(now.state)});
  }
  request.answer(response);
}

}  // namespace ottla::broker
