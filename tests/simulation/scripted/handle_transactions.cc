#include "protocol/messages/add_offsets_to_txn.h"
#include "protocol/messages/add_partitions_to_txn.h"
#include "protocol/messages/end_txn.h"
#include "protocol/messages/txn_offset_commit.h"
#include "tests/simulation/scripted/handlers.h"
#include "tests/simulation/scripted/lies.h"

namespace ottla::simulation {

using namespace protocol;  // NOLINT: its messages are what this file is about

namespace {

constexpr std::int16_t kFirstOffsetsV2 = 5;
constexpr std::int16_t kFirstEndV2 = 5;

ScriptedTransactions::Identity identity_of(const auto& request) {
  return {ErrorCode::none, request.producer_id, request.producer_epoch};
}

}  // namespace

void handle_add_partitions_to_txn(const ExchangePtr& exchange, ScriptedConnection&) {
  const auto request = exchange->decode<AddPartitionsToTxnRequest>();
  if (!request) return;
  auto& transactions = exchange->cluster().transactions();
  AddPartitionsToTxnResponse response;
  for (const auto& asked : request->v3_and_below_topics) {
    auto& topic = response.results_by_topic_v3_and_below.emplace_back();
    topic.name = asked.name;
    for (const auto number : asked.partitions) {
      auto code = ErrorCode::none;
      if (!exchange->plays(Trick::error)) {
        code = transactions.add(request->v3_and_below_transactional_id,
                                {ErrorCode::none, request->v3_and_below_producer_id,
                                 request->v3_and_below_producer_epoch},
                                {std::string(asked.name), number});
      }
      topic.results_by_partition.push_back({number, exchange->code_or_trick(code)});
    }
  }
  lie_about_partitions(exchange->rule().trick, response.results_by_topic_v3_and_below,
                       &AddPartitionsToTxnResponse::Topic::results_by_partition,
                       &AddPartitionsToTxnResponse::Partition::partition_index);
  exchange->answer(response);
}

void handle_add_offsets_to_txn(const ExchangePtr& exchange, ScriptedConnection&) {
  const auto request = exchange->decode<AddOffsetsToTxnRequest>();
  if (!request) return;
  AddOffsetsToTxnResponse response;
  if (!exchange->plays(Trick::error)) {
    response.error_code = exchange->cluster().transactions().add_group(request->transactional_id,
                                                                       identity_of(*request));
  }
  response.error_code = exchange->code_or_trick(response.error_code);
  exchange->answer(response);
}

void handle_txn_offset_commit(const ExchangePtr& exchange, ScriptedConnection&) {
  const auto request = exchange->decode<TxnOffsetCommitRequest>();
  if (!request) return;
  const bool v2 = exchange->version() >= kFirstOffsetsV2;
  auto& cluster = exchange->cluster();
  const bool member = request->generation_id.value < 0 ||
                      request->generation_id.value == cluster.group().generation;
  TxnOffsetCommitResponse response;
  for (const auto& asked : request->topics) {
    auto& topic = response.topics.emplace_back();
    topic.name = asked.name;
    for (const auto& partition : asked.partitions) {
      auto code = member ? ErrorCode::none : ErrorCode::illegal_generation;
      if (member && !exchange->plays(Trick::error)) {
        code = cluster.transactions().commit_offset(
            request->transactional_id, identity_of(*request), v2,
            {std::string(asked.name), partition.partition_index}, partition.committed_offset.value);
      }
      topic.partitions.push_back({partition.partition_index, exchange->code_or_trick(code)});
    }
  }
  lie_about_partitions(exchange->rule().trick, response.topics,
                       &TxnOffsetCommitResponse::Topic::partitions,
                       &TxnOffsetCommitResponse::Partition::partition_index);
  exchange->answer(response);
}

void handle_end_txn(const ExchangePtr& exchange, ScriptedConnection&) {
  const auto request = exchange->decode<EndTxnRequest>();
  if (!request) return;
  const bool v2 = exchange->version() >= kFirstEndV2;
  EndTxnResponse response;
  if (!exchange->plays(Trick::error)) {
    const auto ended = exchange->cluster().transactions().end(
        request->transactional_id, identity_of(*request), request->committed, v2);
    response.error_code = ended.error;
    if (v2 && ended.error == ErrorCode::none) {
      response.producer_id = ended.id;
      response.producer_epoch = ended.epoch;
    }
  }
  response.error_code = exchange->code_or_trick(response.error_code);
  exchange->answer(response);
}

}  // namespace ottla::simulation
