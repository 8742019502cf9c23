#include "broker/handlers/add_partitions_to_txn.h"

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/handlers/access.h"
#include "broker/handlers/transaction_error.h"

namespace ottla::broker {
namespace {

using protocol::AddPartitionsToTxnRequest;
using protocol::AddPartitionsToTxnResponse;
using AskedTopics = std::vector<AddPartitionsToTxnRequest::Topic>;
using TopicResults = std::vector<AddPartitionsToTxnResponse::Topic>;

constexpr std::int16_t kAddPartitionsFencedSince = 2;
constexpr std::int16_t kManySince = 4;
constexpr std::int16_t kAbortableSince = 5;

// A request while what it adds becomes durable.
struct Adding {
  Request<AddPartitionsToTxnRequest> request;
  AddPartitionsToTxnResponse response;
  std::size_t left = 0;  // transactions
};

TopicResults results_of(const AskedTopics& asked, ErrorCode error) {
  TopicResults results;
  for (const auto& topic : asked) {
    auto& result = results.emplace_back();
    result.name = topic.name;
    for (const auto partition : topic.partitions) {
      result.results_by_partition.push_back({partition, error});
    }
  }
  return results;
}

// All of them, or, if there is one that does not exist or that `may_add` refuses, none; `results`
// says which.
template <class MayAdd>
std::set<TopicPartition> existing(const MetadataImage& image, const AskedTopics& asked,
                                  TopicResults& results, MayAdd may_add) {
  std::set<TopicPartition> partitions;
  results = results_of(asked, ErrorCode::operation_not_attempted);
  bool all = true;
  for (auto& topic : results) {
    const bool may = may_add(topic.name);
    for (auto& partition : topic.results_by_partition) {
      const bool exists =
          may && image.find_partition(topic.name, partition.partition_index) != nullptr;
      if (!exists) {
        partition.partition_error_code =
            may ? ErrorCode::unknown_topic_or_partition : ErrorCode::topic_authorization_failed;
      }
      if (exists) partitions.insert({std::string(topic.name), partition.partition_index});
      all = all && exists;
    }
  }
  return all ? partitions : std::set<TopicPartition>();
}

void set_all(TopicResults& results, ErrorCode error) {
  for (auto& topic : results) {
    for (auto& partition : topic.results_by_partition) partition.partition_error_code = error;
  }
}

void check_only(const Services& services, const AddPartitionsToTxnRequest::Transaction& asked,
                std::int16_t version, TopicResults& results) {
  const ProducerIdentity who{asked.producer_id, asked.producer_epoch};
  results = results_of(asked.topics, ErrorCode::none);
  for (auto& topic : results) {
    for (auto& partition : topic.results_by_partition) {
      auto error = services.transactions.check_partition(
          asked.transactional_id, who, {std::string(topic.name), partition.partition_index});
      if (error == ErrorCode::transaction_abortable && version < kAbortableSince) {
        error = ErrorCode::invalid_txn_state;
      }
      partition.partition_error_code = wire_code(error);
    }
  }
}

void finish_one(Adding& adding) {
  if (--adding.left == 0) adding.request.answer(adding.response);
}

void add_one(Services& services, const std::shared_ptr<Adding>& adding) {
  const auto& message = adding->request.message;
  auto& results = adding->response.results_by_topic_v3_and_below;
  const Access access(services, adding->request.context);
  auto partitions =
      existing(access.image(), message.v3_and_below_topics, results, [&](std::string_view topic) {
        return !is_internal_topic(topic) && access.topic(AclOperation::write, topic);
      });
  if (partitions.empty()) return adding->request.answer(adding->response);
  services.transactions.add_partitions(
      message.v3_and_below_transactional_id,
      {message.v3_and_below_producer_id, message.v3_and_below_producer_epoch},
      std::move(partitions), TransactionVersion::v0, [adding, &results](ErrorCode error) {
        const auto version = adding->request.context.version();
        set_all(results, transaction_code(error, version, kAddPartitionsFencedSince));
        adding->request.answer(adding->response);
      });
}

void add_many(Services& services, const std::shared_ptr<Adding>& adding) {
  const auto& transactions = adding->request.message.transactions;
  auto& all = adding->response.results_by_transaction;
  all.resize(transactions.size());
  // One more than there are: the answer leaves when all have been begun.
  adding->left = transactions.size() + 1;
  for (std::size_t i = 0; i < transactions.size(); ++i) {
    const auto& asked = transactions[i];
    all[i].transactional_id = asked.transactional_id;
    auto& results = all[i].topic_results;
    if (asked.verify_only) {
      check_only(services, asked, adding->request.context.version(), results);
      --adding->left;
      continue;
    }
    // A broker asks, which has seen to the rights of who asked it.
    auto partitions =
        existing(services.image(), asked.topics, results, [](std::string_view) { return true; });
    if (partitions.empty()) {
      --adding->left;
      continue;
    }
    services.transactions.add_partitions(
        asked.transactional_id, {asked.producer_id, asked.producer_epoch}, std::move(partitions),
        TransactionVersion::v2, [adding, &results](ErrorCode error) {
          set_all(results, wire_code(error));
          finish_one(*adding);
        });
  }
  finish_one(*adding);
}

}  // namespace

AddPartitionsToTxnResponse refusal(const AddPartitionsToTxnRequest& request, ErrorCode error) {
  AddPartitionsToTxnResponse response;
  response.results_by_topic_v3_and_below = results_of(request.v3_and_below_topics, error);
  if (!request.transactions.empty()) response.error_code = error;
  return response;
}

void handle_add_partitions_to_txn(Services& services, Request<AddPartitionsToTxnRequest> request) {
  auto adding = std::make_shared<Adding>(Adding{std::move(request), {}, 0});
  if (adding->request.context.version() < kManySince) return add_one(services, adding);
  add_many(services, adding);
}

}  // namespace ottla::broker
