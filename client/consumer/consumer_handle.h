#pragma once

#include <memory>

#include "client/consumer/consumer_core.h"
#include "client/tenancy.h"

namespace ottla::client {

class ConsumerHandle final : public Tenancy<ConsumerCore> {
 public:
  using Tenancy::Tenancy;
};

// A consumer on a runtime that others use too. Errors: as Consumer::open.
Result<Consumer> open_consumer(const ConsumerConfig& config,
                               std::shared_ptr<base::Runtime> runtime);

}  // namespace ottla::client
