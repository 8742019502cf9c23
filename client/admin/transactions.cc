#include "client/admin/transactions.h"

#include <algorithm>
#include <array>
#include <utility>

#include "client/admin/answer_error.h"
#include "client/admin/names.h"
#include "protocol/messages/describe_producers.h"
#include "protocol/messages/describe_transactions.h"
#include "protocol/messages/init_producer_id.h"
#include "protocol/messages/list_transactions.h"
#include "protocol/messages/write_txn_markers.h"

namespace ottla {
namespace {

struct TransactionStateName {
  TransactionState value;
  std::string_view name;
};

constexpr std::array kTransactionStateNames = {
    TransactionStateName{TransactionState::unknown, "Unknown"},
    TransactionStateName{TransactionState::empty, "Empty"},
    TransactionStateName{TransactionState::ongoing, "Ongoing"},
    TransactionStateName{TransactionState::prepare_commit, "PrepareCommit"},
    TransactionStateName{TransactionState::prepare_abort, "PrepareAbort"},
    TransactionStateName{TransactionState::complete_commit, "CompleteCommit"},
    TransactionStateName{TransactionState::complete_abort, "CompleteAbort"},
    TransactionStateName{TransactionState::dead, "Dead"},
    TransactionStateName{TransactionState::prepare_epoch_fence, "PrepareEpochFence"},
};

}  // namespace

std::string_view to_string(TransactionState state) {
  return client::name_in(kTransactionStateNames, state);
}

}  // namespace ottla

namespace ottla::client {
namespace {

using protocol::CoordinatorType;
using protocol::DescribeProducersRequest;
using protocol::DescribeProducersResponse;
using protocol::DescribeTransactionsRequest;
using protocol::DescribeTransactionsResponse;
using protocol::InitProducerIdRequest;
using protocol::InitProducerIdResponse;
using protocol::ListTransactionsRequest;
using protocol::ListTransactionsResponse;
using protocol::ProducerEpoch;
using protocol::ProducerId;
using protocol::WriteTxnMarkersRequest;
using protocol::WriteTxnMarkersResponse;

Timestamp time_of(std::int64_t ms) {
  return Timestamp(std::chrono::milliseconds(ms));
}

// Sorted by id, each once.
std::vector<TransactionListing> listings_in(const ListTransactionsResponse& response) {
  std::map<std::string_view, TransactionListing> listings;
  for (const auto& each : response.transaction_states) {
    listings[each.transactional_id] = {
        .transactional_id = std::string(each.transactional_id),
        .producer_id = each.producer_id.value,
        .state = value_in(kTransactionStateNames, each.transaction_state)};
  }
  std::vector<TransactionListing> sorted;
  sorted.reserve(listings.size());
  for (auto& [id, listing] : listings) sorted.push_back(std::move(listing));
  return sorted;
}

TransactionDescription description_of(const DescribeTransactionsResponse::Transaction& told,
                                      BrokerId coordinator) {
  TransactionDescription description{
      .coordinator = coordinator.value,
      .state = value_in(kTransactionStateNames, told.transaction_state),
      .producer_id = told.producer_id.value,
      .producer_epoch = told.producer_epoch.value,
      .timeout = std::chrono::milliseconds(std::max(told.transaction_timeout_ms, 0))};
  if (told.transaction_start_time_ms >= 0) {
    description.started = time_of(told.transaction_start_time_ms);
  }
  auto& partitions = description.partitions;
  for (const auto& topic : told.topics) {
    for (const auto partition : topic.partitions) {
      partitions.push_back({std::string(topic.topic), partition});
    }
  }
  std::sort(partitions.begin(), partitions.end());
  partitions.erase(std::unique(partitions.begin(), partitions.end()), partitions.end());
  return description;
}

ProducerState state_of(const DescribeProducersResponse::Producer& told) {
  ProducerState state{.producer_id = told.producer_id.value,
                      .producer_epoch = told.producer_epoch,
                      .last_sequence = told.last_sequence.value,
                      .last_timestamp = time_of(told.last_timestamp)};
  if (told.coordinator_epoch >= 0) state.coordinator_epoch = told.coordinator_epoch;
  if (told.current_txn_start_offset.value >= 0) {
    state.current_transaction_start_offset = told.current_txn_start_offset.value;
  }
  return state;
}

// What is told of one partition; `told` lies in the response.
struct PartitionAnswer {
  TopicPartition partition;
  const DescribeProducersResponse::Partition* told = nullptr;
};

std::vector<PartitionAnswer> flatten(const DescribeProducersResponse& response) {
  std::vector<PartitionAnswer> answers;
  for (const auto& topic : response.topics) {
    for (const auto& told : topic.partitions) {
      answers.push_back({{std::string(topic.name), told.partition_index}, &told});
    }
  }
  return answers;
}

struct MarkerAnswer {
  TopicPartition partition;
  ErrorCode error = ErrorCode::none;
};

std::vector<MarkerAnswer> flatten(const WriteTxnMarkersResponse& response, ProducerId producer) {
  std::vector<MarkerAnswer> answers;
  for (const auto& marker : response.markers) {
    if (marker.producer_id != producer) continue;
    for (const auto& topic : marker.topics) {
      for (const auto& told : topic.partitions) {
        answers.push_back({{std::string(topic.name), told.partition_index}, told.error_code});
      }
    }
  }
  return answers;
}

constexpr auto kPartitionOf = [](const auto& answer) { return std::optional(answer.partition); };

constexpr auto kIdOf = [](const auto& answer) {
  return std::optional(std::string(answer.transactional_id));
};

}  // namespace

Request ListTransactionsCall::ask(BrokerId broker) {
  auto make = [this](std::int16_t) {
    ListTransactionsRequest request;
    for (const auto state : options_.states) request.state_filters.push_back(to_string(state));
    for (const auto id : options_.producer_ids) request.producer_id_filters.emplace_back(id);
    if (options_.running_longer_than) {
      request.duration_filter = std::max<std::int64_t>(options_.running_longer_than->count(), 0);
    }
    if (!options_.transactional_id_pattern.empty()) {
      request.transactional_id_pattern = options_.transactional_id_pattern;
    }
    return request;
  };
  auto done = [this](Result<Response<ListTransactionsResponse>> response) {
    if (!response) return on_broker_failure(response.error());
    if (const auto code = response->message.error_code; code != ErrorCode::none) {
      return on_broker_failure(Error(code));
    }
    take_answer(listings_in(response->message));
  };
  return make_request<ListTransactionsRequest>(broker, std::move(make), std::move(done));
}

DescribeTransactionsCall::DescribeTransactionsCall(
    Promise<TransactionDescriptions> promise, const std::vector<std::string>& transactional_ids)
    : CoordinatorsCall(std::move(promise), CoordinatorType::transaction) {
  for (const auto& id : transactional_ids) add(id);
  answer_if_settled();
}

Request DescribeTransactionsCall::ask(BrokerId broker, std::int32_t) {
  auto asked = routed_to(broker);
  auto make = [asked](std::int16_t) {
    DescribeTransactionsRequest request;
    request.transactional_ids.assign(asked.begin(), asked.end());
    return request;
  };
  auto done = [this, asked, broker](Result<Response<DescribeTransactionsResponse>> response) {
    if (!response) return on_broker_failure(response.error());
    const auto take = [&](const std::string& id, const auto& told) -> std::optional<Error> {
      if (const auto code = told.error_code; code != ErrorCode::none) {
        return take_error(id, Error(code), coordinates_no_more(code));
      }
      settle(id, description_of(told, broker));
      return std::nullopt;
    };
    take_answers(asked, response->message.transaction_states, kIdOf, take);
  };
  return make_request<DescribeTransactionsRequest>(broker, std::move(make), std::move(done));
}

DescribeProducersCall::DescribeProducersCall(Promise<DescribedProducers> promise,
                                             const std::vector<TopicPartition>& partitions,
                                             std::optional<std::int32_t> broker)
    : LeadersCall(std::move(promise)), leaders_only_(!broker) {
  if (broker) ask_only(BrokerId(*broker));
  for (const auto& partition : partitions) add(partition);
  answer_if_settled();
}

Request DescribeProducersCall::ask(BrokerId broker, std::int32_t) {
  auto asked = routed_to(broker);
  auto make = [asked](std::int16_t) {
    DescribeProducersRequest request;
    for (const auto& [topic, partition] : asked) {
      if (request.topics.empty() || request.topics.back().name != topic) {
        request.topics.push_back({topic, {}});
      }
      request.topics.back().partition_indexes.push_back(partition);
    }
    return request;
  };
  auto done = [this, asked](Result<Response<DescribeProducersResponse>> response) {
    if (!response) return on_broker_failure(response.error());
    const auto take = [&](const TopicPartition& partition,
                          const PartitionAnswer& answer) -> std::optional<Error> {
      const auto& told = *answer.told;
      if (told.error_code != ErrorCode::none) {
        const auto error = error_of(told);
        if (leaders_only_) return take_error(partition, error, leads_no_more(told.error_code));
        settle(partition, about(partition, error));
        return std::nullopt;
      }
      std::vector<ProducerState> producers;
      producers.reserve(told.active_producers.size());
      for (const auto& each : told.active_producers) producers.push_back(state_of(each));
      settle(partition, std::move(producers));
      return std::nullopt;
    };
    take_answers(asked, flatten(response->message), kPartitionOf, take);
  };
  return make_request<DescribeProducersRequest>(broker, std::move(make), std::move(done));
}

AbortTransactionCall::AbortTransactionCall(const Promise<void>& promise, AbortTransactionSpec spec)
    : LeadersCall(telling_the_only_one<Outcomes>(promise)), spec_(std::move(spec)) {
  add(spec_.partition);
  answer_if_settled();
}

Request AbortTransactionCall::ask(BrokerId broker, std::int32_t) {
  auto asked = routed_to(broker);
  auto make = [this](std::int16_t) {
    WriteTxnMarkersRequest request;
    request.markers.push_back({.producer_id = ProducerId(spec_.producer_id),
                               .producer_epoch = ProducerEpoch(spec_.producer_epoch),
                               .transaction_result = false,
                               .topics = {{spec_.partition.topic, {spec_.partition.partition}}},
                               .coordinator_epoch = spec_.coordinator_epoch});
    return request;
  };
  auto done = [this, asked](Result<Response<WriteTxnMarkersResponse>> response) {
    if (!response) return on_broker_failure(response.error());
    const auto take = [&](const TopicPartition& partition,
                          const MarkerAnswer& told) -> std::optional<Error> {
      if (told.error != ErrorCode::none) {
        const Error error(told.error);
        if (leads_no_more(told.error)) return take_error(partition, error, true);
        settle(partition, about(partition, error));
        return std::nullopt;
      }
      settle(partition, std::nullopt);
      return std::nullopt;
    };
    take_answers(asked, flatten(response->message, ProducerId(spec_.producer_id)), kPartitionOf,
                 take);
  };
  return make_request<WriteTxnMarkersRequest>(broker, std::move(make), std::move(done));
}

FenceProducersCall::FenceProducersCall(Promise<FencedProducers> promise,
                                       const std::vector<std::string>& transactional_ids)
    : CoordinatorsCall(std::move(promise), CoordinatorType::transaction) {
  for (const auto& id : transactional_ids) add(id);
  answer_if_settled();
}

FenceProducersCall::FenceProducersCall(const Promise<void>& promise,
                                       const std::string& transactional_id)
    : CoordinatorsCall(telling_the_only_one<Outcomes>(promise), CoordinatorType::transaction) {
  add(transactional_id);
  answer_if_settled();
}

Request FenceProducersCall::ask(BrokerId broker, std::int32_t timeout_ms) {
  // One whose last transaction is being ended must be asked again later: first the others.
  const auto ids = routed_to(broker);
  const auto next = ids.upper_bound(asked_);
  asked_ = next == ids.end() ? *ids.begin() : *next;
  auto make = [this, timeout_ms](std::int16_t) {
    InitProducerIdRequest request;
    request.transactional_id = asked_;
    request.transaction_timeout_ms = timeout_ms;
    return request;
  };
  auto done = [this](Result<Response<InitProducerIdResponse>> response) {
    if (!response) return on_broker_failure(response.error());
    const auto take = [&](const std::string& id,
                          const InitProducerIdResponse& told) -> std::optional<Error> {
      if (const auto code = told.error_code; code != ErrorCode::none) {
        return take_error(id, Error(code), coordinates_no_more(code));
      }
      if (told.producer_id.value < 0 || told.producer_epoch.value < 0) {
        return take_error(id,
                          Error(ErrorCode::unknown_server_error,
                                "the broker's answer has no producer id or no epoch"),
                          false);
      }
      settle(id, FencedProducer{told.producer_id.value, told.producer_epoch.value});
      return std::nullopt;
    };
    const auto key_of = [this](const auto&) { return std::optional(asked_); };
    take_answers({asked_}, std::vector{response->message}, key_of, take);
  };
  return make_request<InitProducerIdRequest>(broker, std::move(make), std::move(done));
}

}  // namespace ottla::client
