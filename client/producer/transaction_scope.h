#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "client/producer/producer_core.h"
#include "ottla/transaction.h"

namespace ottla::client {

// What an ottla::Transaction does it with: a producer alone, or a session.
class TransactionScope {
 public:
  virtual ~TransactionScope() = default;
  virtual Result<void> send(const ProducerRecord& record) = 0;
  virtual Result<void> send_offsets(CommittedOffsets offsets, ConsumerGroupMetadata group) = 0;
  virtual Result<void> commit() = 0;
  virtual Result<void> abort() = 0;
  // Aborts without waiting, if it is open.
  virtual void abandon() = 0;
};

// Of a producer alone, on a thread that may wait.
class ProducerScope final : public TransactionScope {
 public:
  // `begun`: what became of the beginning.
  ProducerScope(std::shared_ptr<ProducerCore> core, const Result<void>& begun);

  Result<void> send(const ProducerRecord& record) override;
  Result<void> send_offsets(CommittedOffsets offsets, ConsumerGroupMetadata group) override;
  Result<void> commit() override;
  Result<void> abort() override;
  void abandon() override;

 private:
  const std::shared_ptr<ProducerCore> core_;
  std::optional<Error> error_;
  bool open_ = false;
};

// The outcome of a call that is made again until it is known.
template <class Call>
Result<void> until_known(Call call) {
  for (;;) {
    auto outcome = call().get();
    if (outcome || outcome.error().code() != ErrorCode::timed_out) return outcome;
  }
}

// Introduces the producer if it is new, and waits for the end of the transaction before.
Result<void> prepare_to_begin(ProducerCore& core);

}  // namespace ottla::client
