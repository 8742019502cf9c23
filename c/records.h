#pragma once

#include <memory>
#include <vector>

#include "ottla/c/consumer.h"
#include "ottla/consumer_records.h"
#include "ottla/record.h"

// What a poll brought, or copies of what lies in an embedded broker.
struct ottla_records {
  ottla::ConsumerRecords polled{};
  std::vector<ottla::ConsumerRecord> copies{};

  std::size_t size() const { return polled.size() + copies.size(); }
};
