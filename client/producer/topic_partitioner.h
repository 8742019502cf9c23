#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "ottla/partitioner.h"
#include "ottla/result.h"

namespace ottla::client {

// The user's partitioner of one topic, with the lock that it is called under. Any thread.
class TopicPartitioner {
 public:
  TopicPartitioner(PartitionerFactory factory, std::shared_ptr<const std::string> topic)
      : factory_(std::move(factory)), topic_(std::move(topic)) {}

  // One of `count` partitions; none if it declines. Error: invalid_argument, naming the topic, if
  // it threw or chose one that is not there. The factory is called at the first record.
  Result<std::optional<std::int32_t>> choose(const ProducerRecord& record, std::int32_t count);

  // The partitions with a leader. Does not wait for a call of the user's.
  void set_available(std::vector<std::int32_t> partitions);

 private:
  using Partitions = std::shared_ptr<const std::vector<std::int32_t>>;

  Partitions available() const;
  std::optional<std::int32_t> ask(const ProducerRecord& record, std::int32_t count);

  const PartitionerFactory factory_;
  const std::shared_ptr<const std::string> topic_;
  std::mutex mutex_;
  // Guarded by mutex_.
  bool made_ = false;
  std::unique_ptr<Partitioner> partitioner_;

  mutable std::mutex available_mutex_;
  Partitions available_ = std::make_shared<std::vector<std::int32_t>>();  // guarded by that
};

}  // namespace ottla::client
