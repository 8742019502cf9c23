#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/admin/brokers_call.h"
#include "client/admin/coordinators.h"
#include "client/admin/leaders.h"
#include "ottla/admin.h"

namespace ottla::client {

class ListTransactionsCall final : public BrokersCall<Result<std::vector<TransactionListing>>> {
 public:
  ListTransactionsCall(Promise<ListedTransactions> promise, ListTransactionsOptions options)
      : BrokersCall(std::move(promise)), options_(std::move(options)) {}

 private:
  Request ask(BrokerId broker) override;

  const ListTransactionsOptions options_;
};

class DescribeTransactionsCall final : public CoordinatorsCall<Result<TransactionDescription>> {
 public:
  DescribeTransactionsCall(Promise<TransactionDescriptions> promise,
                           const std::vector<std::string>& transactional_ids);

 private:
  Request ask(BrokerId broker, std::int32_t timeout_ms) override;
};

class DescribeProducersCall final : public LeadersCall<Result<std::vector<ProducerState>>> {
 public:
  DescribeProducersCall(Promise<DescribedProducers> promise,
                        const std::vector<TopicPartition>& partitions,
                        std::optional<std::int32_t> broker);

 private:
  Request ask(BrokerId broker, std::int32_t timeout_ms) override;

  const bool leaders_only_;
};

// Of one partition. The marker is asked for again only where it was certainly not written, or no
// answer came, as Kafka's Admin does: a second one would end what a producer that lives after all
// had begun meanwhile.
class AbortTransactionCall final : public LeadersCall<std::optional<Error>> {
 public:
  AbortTransactionCall(const Promise<void>& promise, AbortTransactionSpec spec);

 private:
  Request ask(BrokerId broker, std::int32_t timeout_ms) override;

  const AbortTransactionSpec spec_;
};

// One id after the other: InitProducerId is about one.
class FenceProducersCall final : public CoordinatorsCall<Result<FencedProducer>> {
 public:
  FenceProducersCall(Promise<FencedProducers> promise,
                     const std::vector<std::string>& transactional_ids);
  // Of one id, where only success or failure is told.
  FenceProducersCall(const Promise<void>& promise, const std::string& transactional_id);

 private:
  Request ask(BrokerId broker, std::int32_t timeout_ms) override;

  std::string asked_;
};

}  // namespace ottla::client
