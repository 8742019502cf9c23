#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "client/producer/sender.h"
#include "tests/unit/client/producer/accumulator_world.h"

namespace ottla::client {

using Strings = std::vector<std::string>;

// Brokers that take one request at a time, or `most`; those in `busy` none.
class FakeGate final : public BrokerGate {
 public:
  std::size_t room(BrokerId broker) override { return busy.contains(broker) ? 0 : most; }
  std::set<BrokerId> busy;
  std::size_t most = 1;
};

// A Sender between an accumulator and brokers 1 and 2, played by the test. Of a topic the even
// partitions are led by broker 1, the odd ones by broker 2.
class SenderWorld {
 public:
  explicit SenderWorld(const SenderConfig& settings, std::size_t partitions = 1, bool has_id = true)
      : topic(world.topic("t", partitions)),
        metadata({}, 1),
        config(settings),
        sender(settings, *world.accumulator, metadata, nullptr, 1, base::Logger()) {
    metadata.add_topic("t");
    tell_leaders(partitions);
    if (settings.idempotent && has_id) give_id(77);
  }

  void tell_leaders(std::size_t partitions, std::int32_t epoch = 0, std::int32_t shift = 0) {
    protocol::MetadataResponse response;
    response.brokers.push_back({.node_id = BrokerId(1), .host = "one", .port = 1});
    response.brokers.push_back({.node_id = BrokerId(2), .host = "two", .port = 2});
    response.topics.push_back({.error_code = ErrorCode::none, .name = "t"});
    for (std::size_t i = 0; i < partitions; ++i) {
      const auto number = static_cast<std::int32_t>(i);
      response.topics[0].partitions.push_back({.partition_index = number,
                                               .leader_id = BrokerId(1 + (number + shift) % 2),
                                               .leader_epoch = LeaderEpoch(epoch)});
    }
    metadata.on_response({.topics = {"t"}}, response, now());
    sender.on_metadata_update();
  }

  void give_id(std::int64_t id, std::int16_t epoch = 0) {
    (void)sender.poll(now(), gate);
    protocol::InitProducerIdResponse response;
    response.producer_id = protocol::ProducerId(id);
    response.producer_epoch = protocol::ProducerEpoch(epoch);
    sender.on_producer_id(response, now());
  }

  base::TimePoint now() const { return world.clock.now(); }
  void advance(base::Duration by) { world.clock.advance(by); }

  // A value of the usual size is a batch of its own: it fills more than half of one.
  void add(char letter, std::int32_t partition = 0, std::size_t size = 80) {
    const std::string value(size, letter);
    ASSERT_TRUE(world.append(topic, value, partition, false,
                             [this, letter](const Result<RecordMetadata>& result) {
                               outcomes.push_back({letter, result});
                             }));
  }
  void add_all(const std::string& letters, std::int32_t partition = 0) {
    for (const auto letter : letters) add(letter, partition);
  }

  std::vector<ProduceDraft> poll() { return sender.poll(now(), gate).requests; }
  // The one request that is due, which there must be.
  ProduceDraft draft() {
    auto drafts = poll();
    EXPECT_EQ(drafts.size(), 1U);
    return drafts.empty() ? ProduceDraft{} : std::move(drafts.front());
  }

  // "partition:first letter" of each batch.
  static std::string letters(const ProduceDraft& draft) {
    std::string letters;
    for (const auto& entry : draft.entries) {
      letters += AccumulatorWorld::values(entry.bytes.bytes).front().front();
    }
    return letters;
  }
  static protocol::ProducerState state(const ProduceDraft& draft, std::size_t i = 0) {
    return protocol::RecordBatchView::parse(draft.entries.at(i).bytes.bytes)
        .value()
        .producer_state();
  }

  // The broker's answer to the whole draft; `change` makes something else of a partition's.
  void answer(ProduceDraft& draft, std::int64_t base_offset,
              const std::function<void(protocol::ProduceResponse::Partition&)>& change = {}) {
    protocol::ProduceResponse response;
    response.responses.push_back({.name = "t"});
    for (auto& entry : draft.entries) {
      protocol::ProduceResponse::Partition partition;
      partition.index = entry.queue->partition;
      partition.base_offset = protocol::Offset(base_offset);
      if (change) change(partition);
      response.responses[0].partition_responses.push_back(partition);
      entry.bytes = {};
    }
    sender.on_response(draft, response, now());
  }
  void refuse(ProduceDraft& draft, ErrorCode code) {
    answer(draft, -1, [code](auto& partition) { partition.error_code = code; });
  }
  void lose(ProduceDraft& draft) {
    for (auto& entry : draft.entries) entry.bytes = {};
    sender.on_failure(draft, Error(ErrorCode::network_exception, "gone"), now());
  }

  Strings told() const {
    Strings told;
    for (const auto& [letter, result] : outcomes) {
      told.push_back(std::string(1, letter) + (result ? std::to_string(result->offset()) : "!"));
    }
    return told;
  }
  ErrorCode code(std::size_t i) const { return outcomes.at(i).second.error().code(); }

  AccumulatorWorld world{roomy()};
  TopicEntry& topic;
  Metadata metadata;
  FakeGate gate;
  SenderConfig config;
  Sender sender;
  std::deque<std::pair<char, Result<RecordMetadata>>> outcomes;

 private:
  static AccumulatorConfig roomy() {
    auto config = AccumulatorWorld::small();
    config.batch_size = 160;
    config.buffer_memory = 1 << 20;
    return config;
  }
};

}  // namespace ottla::client
