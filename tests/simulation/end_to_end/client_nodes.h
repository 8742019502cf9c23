#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/lifetime.h"
#include "client/consumer/consumer_core.h"
#include "client/producer/producer_core.h"
#include "tests/simulation/end_to_end/history.h"
#include "tests/simulation/simulation.h"

namespace ottla::simulation {

// Sends numbered records to all partitions of a topic, some at a time, and tells the history.
class SendingClient {
 public:
  SendingClient(SimNode& node, const ProducerConfig& config, std::string topic,
                std::int32_t partitions, History& history);

  void send(std::uint64_t records);
  bool all_sent() const { return to_send_ == 0; }
  bool done() const { return all_sent() && history_.all_have_outcomes(); }

  // Ends the producer; true once it has.
  bool close(Duration limit);

 private:
  void warm_up();
  void send_some();
  bool send_one();

  SimNode& node_;
  std::string topic_;
  std::int32_t partitions_;
  History& history_;
  base::Random random_;
  std::shared_ptr<client::ProducerCore> core_;
  bool knows_topic_ = false;
  std::uint64_t to_send_ = 0;
  std::string waiting_value_;  // of a record that found no room
  std::int32_t waiting_partition_ = -1;
  base::Lifetime lifetime_;
};

// Reads all partitions of a topic from their beginning, and tells what it got.
class ReadingClient {
 public:
  using OnRecord =
      std::function<void(std::int32_t partition, std::int64_t offset, BytesView value)>;
  ReadingClient(SimNode& node, const ConsumerConfig& config, const std::string& topic,
                std::int32_t partitions, OnRecord on_record);

  // Offsets at which the partitions end now; empty if the broker could not be asked.
  std::vector<std::int64_t> end_offsets(Duration limit);
  bool close(Duration limit);

  std::uint64_t records() const { return records_; }
  const std::optional<Error>& error() const { return error_; }

 private:
  void ask_for_more();

  SimNode& node_;
  std::vector<TopicPartition> partitions_;
  OnRecord on_record_;
  std::shared_ptr<client::ConsumerCore> core_;
  bool closing_ = false;
  std::uint64_t records_ = 0;
  std::optional<Error> error_;
  base::Lifetime lifetime_;
};

}  // namespace ottla::simulation
