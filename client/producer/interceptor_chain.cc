#include "client/producer/interceptor_chain.h"

#include <utility>

#include "client/intercept.h"

namespace ottla {

void MutableRecord::checkpoint() {
  safe_ = record_;
}

void MutableRecord::restore() {
  record_ = safe_;
}

// A checkpoint is never written to: the first change after it makes a new version.
ProducerRecord& MutableRecord::changed() {
  const bool own = !versions_.empty() && record_ == &versions_.back() && record_ != safe_;
  if (!own) record_ = &versions_.emplace_back(*record_);
  return versions_.back();
}

BytesView MutableRecord::keep(BytesView bytes) {
  return is_null(bytes) ? kNull : BytesView(kept_.emplace_back(bytes));
}

}  // namespace ottla

namespace ottla::client {

void InterceptorChain::on_send(MutableRecord& record) const {
  for (const auto& interceptor : interceptors_) {
    record.checkpoint();
    if (!intercept(log_, "on_send", [&] { interceptor->on_send(record); })) record.restore();
  }
}

void InterceptorChain::on_outcome(const SendOutcome& outcome) const {
  for (const auto& interceptor : interceptors_) {
    intercept(log_, "on_acknowledgement", [&] { interceptor->on_outcome(outcome); });
  }
}

InterceptedDelivery::InterceptedDelivery(std::shared_ptr<const InterceptorChain> chain,
                                         base::TimePoint began, const ProducerRecord& record,
                                         DeliveryCallback callback)
    : state_(std::make_shared<State>(State{std::move(chain), began, std::string(record.topic),
                                           record.headers, std::move(callback)})) {}

void InterceptedDelivery::State::tell(const Result<RecordMetadata>& result) const {
  chain->on_outcome({result, topic, headers, chain->now() - began});
}

DeliveryCallback InterceptedDelivery::callback() const {
  return [state = state_](const Result<RecordMetadata>& result) {
    state->tell(result);
    if (state->callback) state->callback(result);
  };
}

DeliveryCallback InterceptedDelivery::give_up(const Error& error, CallbackExecutor& executor) {
  auto callback = std::exchange(state_->callback, {});
  executor.run(base::Task([state = state_, error] { state->tell(error); }));
  return callback;
}

}  // namespace ottla::client
