#include "client/producer/producer_identity.h"

namespace ottla::client {

void ProducerIdentity::renew(protocol::ProducerId used_up) {
  if (identity_ && identity_->id == used_up) identity_.reset();
}

ProducerIdentity::Poll ProducerIdentity::poll(base::TimePoint now) {
  if (identity_ || fatal_error_ || in_flight_) return {};
  if (not_before_ > now) return {.next = not_before_};
  in_flight_ = true;
  return {.request = true};
}

void ProducerIdentity::on_response(const Result<protocol::InitProducerIdResponse>& response,
                                   base::TimePoint now) {
  in_flight_ = false;
  if (response && response->error_code == ErrorCode::none && response->producer_id.value >= 0 &&
      response->producer_epoch.value >= 0) {
    identity_ = Identity{response->producer_id, response->producer_epoch};
    failures_ = 0;
    return;
  }
  const Error error = response ? Error(response->error_code) : response.error();
  const bool transient = error.retriable() || error.code() == ErrorCode::none ||
                         error.code() == ErrorCode::no_bootstrap_reachable;
  if (!transient) {
    fatal_error_ = Error(error.code(),
                         "the cluster gives this producer no id, which idempotence needs (" +
                             error.message() + "); enable_idempotence = false does without",
                         error.context());
  }
  not_before_ = now + retry_.after(++failures_, random_);
}

}  // namespace ottla::client
