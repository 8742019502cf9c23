#include "client/producer/transaction_scope.h"

namespace ottla {

Transaction::Transaction(std::unique_ptr<client::TransactionScope> scope)
    : scope_(std::move(scope)) {}
Transaction::Transaction(Transaction&&) noexcept = default;

Transaction& Transaction::operator=(Transaction&& other) noexcept {
  Transaction old(std::move(*this));
  scope_ = std::move(other.scope_);
  return *this;
}

Transaction::~Transaction() {
  if (scope_) scope_->abandon();
}

Result<void> Transaction::send(const ProducerRecord& record) {
  return scope_->send(record);
}

Result<void> Transaction::send_offsets(CommittedOffsets offsets, ConsumerGroupMetadata group) {
  return scope_->send_offsets(std::move(offsets), std::move(group));
}

Result<void> Transaction::commit() {
  return scope_->commit();
}

Result<void> Transaction::abort() {
  return scope_->abort();
}

}  // namespace ottla

namespace ottla::client {

Result<void> prepare_to_begin(ProducerCore& core) {
  auto* const transactions = core.transactions();
  if (transactions == nullptr) return core.init_transactions().get();
  if (transactions->state() == TransactionManager::State::uninitialized) {
    if (auto ready = core.init_transactions().get(); !ready) return ready;
  }
  return core.transactions_settled().get();
}

ProducerScope::ProducerScope(std::shared_ptr<ProducerCore> core, const Result<void>& begun)
    : core_(std::move(core)), open_(begun.has_value()) {
  if (!begun) error_ = begun.error();
}

Result<void> ProducerScope::send(const ProducerRecord& record) {
  if (error_) return *error_;
  auto put = core_->put(record);
  if (!put) error_ = put.error();
  return put;
}

Result<void> ProducerScope::send_offsets(CommittedOffsets offsets, ConsumerGroupMetadata group) {
  if (error_) return *error_;
  auto sent = core_->send_offsets_to_transaction(std::move(offsets), std::move(group)).get();
  // What is not through yet the commit waits for.
  if (sent || sent.error().code() == ErrorCode::timed_out) return {};
  error_ = sent.error();
  return sent;
}

Result<void> ProducerScope::commit() {
  if (error_) {
    abandon();
    return *error_;
  }
  auto committed = until_known([this] { return core_->commit_transaction(); });
  if (!committed) {
    error_ = committed.error();
    abandon();
  }
  open_ = false;
  return committed;
}

Result<void> ProducerScope::abort() {
  if (!std::exchange(open_, false)) return error_ ? Result<void>(*error_) : Result<void>();
  error_ = Error(ErrorCode::transaction_aborted);
  return until_known([this] { return core_->abort_transaction(); });
}

void ProducerScope::abandon() {
  if (std::exchange(open_, false)) core_->abort_in_background().forget();
}

}  // namespace ottla::client
