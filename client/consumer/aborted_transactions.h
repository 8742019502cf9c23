#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include "protocol/messages/fetch.h"
#include "protocol/record/record_batch.h"

namespace ottla::client {

// Which batches of one fetch belong to transactions that were aborted: what read_committed leaves
// out. Told each batch in the order of the log. One thread.
class AbortedTransactions {
 public:
  using Transaction = protocol::FetchResponse::AbortedTransaction;

  AbortedTransactions() = default;
  // In any order; brokers do not all sort them.
  explicit AbortedTransactions(std::vector<Transaction> transactions);

  // True if the batch's records are not to be seen. Control batches end transactions.
  bool skips(const protocol::RecordBatchView& batch);

 private:
  std::vector<Transaction> transactions_;  // by first offset
  std::size_t next_ = 0;
  std::set<protocol::ProducerId> aborted_;  // those that are open here
};

}  // namespace ottla::client
