#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/logger.h"
#include "base/time.h"
#include "client/callback_executor.h"
#include "ottla/interceptor.h"
#include "ottla/producer.h"

namespace ottla::client {

// The interceptors of one producer, each kept from harming the others. Any thread.
class InterceptorChain {
 public:
  InterceptorChain(std::vector<std::shared_ptr<ProducerInterceptor>> interceptors,
                   const base::Clock& clock, base::Logger log)
      : interceptors_(std::move(interceptors)), clock_(clock), log_(std::move(log)) {}

  bool empty() const { return interceptors_.empty(); }

  // What the interceptors make of the record; on the sender's thread.
  void on_send(MutableRecord& record) const;

  // On the callback thread.
  void on_outcome(const SendOutcome& outcome) const;

  base::TimePoint now() const { return clock_.now(); }

 private:
  const std::vector<std::shared_ptr<ProducerInterceptor>> interceptors_;
  const base::Clock& clock_;
  const base::Logger log_;
};

// One record that interceptors have seen and whose outcome they are to hear of: once, before the
// user's callback does.
class InterceptedDelivery {
 public:
  // `began` is when the interceptors were asked.
  InterceptedDelivery(std::shared_ptr<const InterceptorChain> chain, base::TimePoint began,
                      const ProducerRecord& record, DeliveryCallback callback);

  // For the record's batch.
  DeliveryCallback callback() const;

  // The record was not taken: the interceptors hear of it on `executor`; the user's callback is
  // given back.
  DeliveryCallback give_up(const Error& error, CallbackExecutor& executor);

 private:
  struct State {
    void tell(const Result<RecordMetadata>& result) const;

    std::shared_ptr<const InterceptorChain> chain;
    base::TimePoint began;
    std::string topic;
    Headers headers;
    DeliveryCallback callback;  // may be empty
  };
  const std::shared_ptr<State> state_;
};

}  // namespace ottla::client
