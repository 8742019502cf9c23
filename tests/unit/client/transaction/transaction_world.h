#pragma once

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "protocol/record/control_record.h"
#include "tests/unit/client/core/client_world.h"

namespace ottla::client {

// A transactional producer on a scripted cluster, and what read_committed consumers would see.
class TransactionWorld : public ClientWorld {
 public:
  explicit TransactionWorld(bool v2, int partitions = 2)
      : ClientWorld(1, {.brokers = 2, .transactions_v2 = v2}) {
    cluster.create_topic("t", partitions);
  }

  ProducerConfig config(const std::string& id = "writer") const {
    auto config = producer_config();
    config.transactional_id = id;
    config.linger = 0ms;
    config.request_timeout = 2s;
    config.max_block = 60s;
    config.delivery_timeout = 60s;
    return config;
  }

  // Introduced, and it knows the topic.
  std::shared_ptr<ProducerCore> open(const std::string& id = "writer") {
    auto producer = start(config(id));
    const auto ready = await(producer->init_transactions());
    EXPECT_TRUE(ready) << ready.error();
    const auto warm = await(producer->warm_up("t"));
    EXPECT_TRUE(warm) << warm.error();
    return producer;
  }

  static Result<void> send(ProducerCore& producer, const std::string& value, int partition = 0) {
    auto sent = producer.try_send({.topic = "t", .value = value, .partition = partition});
    if (!sent) return sent.error();
    sent->forget();
    return {};
  }

  // begin, one record, commit
  Result<void> transact(ProducerCore& producer, const std::string& value, int partition = 0) {
    if (auto begun = producer.begin_transaction(); !begun) return begun;
    if (auto sent = send(producer, value, partition); !sent) return sent;
    return await(producer.commit_transaction());
  }

  // The values that are committed, in order of the log. Nothing is left open, or it `may_be`.
  std::vector<std::string> committed(int partition = 0, bool may_be = false) {
    std::vector<std::string> values;
    std::map<protocol::ProducerId, std::vector<std::string>> open;
    for (const auto& kept : cluster.partition({"t", partition}).batches()) {
      const auto batch = protocol::RecordBatchView::parse(kept.bytes).value();
      protocol::RecordReader reader(batch, batch.records());
      auto& of = open[batch.producer_id()];
      for (protocol::RecordView record; reader.next(record);) {
        if (!batch.is_control()) {
          EXPECT_TRUE(batch.is_transactional());
          of.emplace_back(record.value.value_or(""));
          continue;
        }
        const auto type = protocol::control_record_type(record).value();
        if (type == protocol::ControlRecordType::commit) {
          values.insert(values.end(), of.begin(), of.end());
        }
        of.clear();
      }
    }
    for (const auto& [id, left] : open) {
      EXPECT_TRUE(left.empty() || may_be) << "a transaction is left open";
    }
    return values;
  }

  // Whatever became of its records, it ends in time.
  void close(const std::shared_ptr<ProducerCore>& producer) {
    const auto closed = await(producer->close_async(1min));
    EXPECT_TRUE(closed) << closed.error();
  }
};

using Values = std::vector<std::string>;

}  // namespace ottla::client
