#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "base/logger.h"
#include "ottla/consumer_interceptor.h"

namespace ottla::client {

// The interceptors of one consumer, each kept from harming the others.
class ConsumerInterceptors {
 public:
  ConsumerInterceptors(std::vector<std::shared_ptr<ConsumerInterceptor>> interceptors,
                       base::Logger log)
      : interceptors_(std::move(interceptors)), log_(std::move(log)) {}

  bool empty() const { return interceptors_.empty(); }

  // What the interceptors make of the records; on the thread that polls.
  ConsumerRecords on_consume(ConsumerRecords records) const;

  // On the callback thread.
  void on_commit(const CommittedOffsets& offsets) const;
  void on_close() const;

 private:
  const std::vector<std::shared_ptr<ConsumerInterceptor>> interceptors_;
  const base::Logger log_;
};

}  // namespace ottla::client
