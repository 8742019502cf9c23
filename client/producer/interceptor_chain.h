#pragma once

#include <memory>
#include <vector>

#include "base/logger.h"
#include "client/callback_executor.h"
#include "ottla/interceptor.h"
#include "ottla/producer.h"

namespace ottla::client {

// The interceptors of one producer, each kept from harming the others. Any thread.
class InterceptorChain {
 public:
  InterceptorChain(std::vector<std::shared_ptr<ProducerInterceptor>> interceptors, base::Logger log)
      : interceptors_(std::move(interceptors)), log_(std::move(log)) {}

  bool empty() const { return interceptors_.empty(); }

  // What the interceptors make of the record; on the sender's thread.
  void on_send(MutableRecord& record) const;

  // On the callback thread.
  void on_acknowledgement(const Result<RecordMetadata>& result, const Headers& headers) const;

 private:
  const std::vector<std::shared_ptr<ProducerInterceptor>> interceptors_;
  const base::Logger log_;
};

// One record that interceptors have seen and whose outcome they are to hear of: once, before the
// user's callback does.
class InterceptedDelivery {
 public:
  InterceptedDelivery(std::shared_ptr<const InterceptorChain> chain, Headers headers,
                      DeliveryCallback callback);

  // For the record's batch.
  DeliveryCallback callback() const;

  // The record was not taken: the interceptors hear of it on `executor`; the user's callback is
  // given back.
  DeliveryCallback give_up(const Error& error, CallbackExecutor& executor);

 private:
  struct State {
    std::shared_ptr<const InterceptorChain> chain;
    Headers headers;
    DeliveryCallback callback;  // may be empty
  };
  const std::shared_ptr<State> state_;
};

}  // namespace ottla::client
