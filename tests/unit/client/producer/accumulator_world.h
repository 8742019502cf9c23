#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "client/producer/record_accumulator.h"
#include "protocol/record/record_reader.h"
#include "tests/simulation/simulation.h"

namespace ottla::client {

using namespace std::chrono_literals;

// An accumulator with a clock that moves when told to; callbacks run where they are queued.
class AccumulatorWorld {
 public:
  explicit AccumulatorWorld(const AccumulatorConfig& options = small())
      : config(options), executor(executor_of_nobody()) {
    accumulator =
        std::make_unique<RecordAccumulator>(config, clock, executor, 1, [this] { ++times_ready; });
  }

  static AccumulatorConfig small() {
    AccumulatorConfig config;
    config.batch_size = 200;
    config.buffer_memory = 2000;
    config.max_block = 20ms;
    return config;
  }

  TopicEntry& topic(const std::string& name = "t", std::size_t partitions = 1) {
    bool added = false;
    auto& entry = accumulator->topics().find_or_add(name, added);
    entry.set_partitions(std::vector<bool>(partitions, true));
    return entry;
  }
  static PartitionQueue& queue(const TopicEntry& topic, std::size_t partition = 0) {
    return *topic.partitions()->queues[partition];
  }

  Result<PlacedRecord> append(TopicEntry& topic, const std::string& value,
                              std::int32_t partition = 0, bool may_wait = false,
                              DeliveryCallback callback = {}) {
    PlacedRecord placed;
    RecordToAppend record{.key = kNull,
                          .value = value,
                          .headers = {},
                          .timestamp = 1'000,
                          .callback = callback ? &callback : nullptr,
                          .placed = &placed};
    auto appended = accumulator->append(topic, partition, record, may_wait);
    if (!appended) return std::move(appended).error();
    return placed;
  }

  static std::vector<std::string> values(BytesView bytes) {
    std::vector<std::string> values;
    const auto batch = protocol::RecordBatchView::parse(bytes).value();
    std::string buffer;
    const auto records = protocol::uncompressed_records(batch, 1 << 20, buffer).value();
    protocol::RecordReader reader(batch, records);
    for (protocol::RecordView record; reader.next(record);) {
      values.emplace_back(record.value.value_or(""));
    }
    EXPECT_TRUE(reader.status());
    return values;
  }

  simulation::Simulation sim{1};
  base::ManualClock clock;
  AccumulatorConfig config;
  std::shared_ptr<CallbackExecutor> executor;
  int times_ready = 0;
  std::unique_ptr<RecordAccumulator> accumulator;

 private:
  std::shared_ptr<CallbackExecutor> executor_of_nobody() {
    auto& node = sim.add_node("nobody");
    node.start();
    auto made = std::make_shared<CallbackExecutor>(node.runtime(), base::Logger());
    made->detach();
    return made;
  }
};

}  // namespace ottla::client
