#pragma once

#include <memory>

#include "client/producer/producer_core.h"
#include "client/tenancy.h"

namespace ottla::client {

class ProducerHandle final : public Tenancy<ProducerCore> {
 public:
  using Tenancy::Tenancy;
};

// A producer on a runtime that others use too. Errors: as Producer::open.
Result<Producer> open_producer(const ProducerConfig& config,
                               std::shared_ptr<base::Runtime> runtime);

}  // namespace ottla::client
