#include "c/consumer.h"

#include <chrono>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "c/call.h"
#include "c/config.h"
#include "c/records.h"
#include "c/structs.h"

namespace ottla::c {
namespace {

constexpr std::chrono::milliseconds kForEver = std::chrono::hours(24 * 365 * 10);

class Listener final : public ConsumerRebalanceListener {
 public:
  Listener(ottla_rebalance_fn rebalanced, void* opaque)
      : rebalanced_(rebalanced), opaque_(opaque) {}

  void on_partitions_assigned(const std::vector<TopicPartition>& partitions) override {
    tell(OTTLA_PARTITIONS_ASSIGNED, partitions);
  }
  void on_partitions_revoked(const std::vector<TopicPartition>& partitions) override {
    tell(OTTLA_PARTITIONS_REVOKED, partitions);
  }
  void on_partitions_lost(const std::vector<TopicPartition>& partitions) override {
    tell(OTTLA_PARTITIONS_LOST, partitions);
  }

 private:
  void tell(int event, const std::vector<TopicPartition>& partitions) {
    std::vector<ottla_topic_partition> told;
    told.reserve(partitions.size());
    for (const auto& each : partitions) told.push_back({each.topic.c_str(), each.partition});
    rebalanced_(event, told.data(), told.size(), opaque_);
  }

  const ottla_rebalance_fn rebalanced_;
  void* const opaque_;
};

std::shared_ptr<ConsumerRebalanceListener> listener_of(ottla_rebalance_fn rebalanced,
                                                       void* opaque) {
  if (rebalanced == nullptr) return nullptr;
  return std::make_shared<Listener>(rebalanced, opaque);
}

// Runs `act(consumer)`, which answers a Result<void>.
template <class Act>
ottla_error* with(ottla_consumer* consumer, Act act) {
  return call([&]() -> Result<void> {
    if (consumer == nullptr) return null_error("consumer");
    return act(consumer->consumer);
  });
}

// The same for what answers an offset of a partition.
template <class Act>
ottla_error* with_offset(ottla_consumer* consumer, const char* topic, std::int64_t* offset,
                         Act act) {
  return with(consumer, [&](Consumer& each) -> Result<void> {
    if (topic == nullptr) return null_error("topic");
    if (offset == nullptr) return null_error("offset");
    const Result<std::int64_t> found = act(each);
    if (!found) return found.error();
    *offset = *found;
    return {};
  });
}

// The same for what is done to partitions.
template <class Act>
ottla_error* with_partitions(ottla_consumer* consumer, const ottla_topic_partition* partitions,
                             std::size_t count, Act act) {
  return with(consumer, [&](Consumer& each) -> Result<void> {
    const auto read = partitions_of(partitions, count);
    if (!read) return read.error();
    return act(each, *read);
  });
}

}  // namespace
}  // namespace ottla::c

using ottla::Consumer;
using ottla::Result;
namespace c = ottla::c;

ottla_error* ottla_consumer_open(const ottla_config* config, ottla_consumer** consumer) {
  return c::call_for(consumer, "consumer", [&]() -> Result<ottla_consumer*> {
    if (config == nullptr) return c::null_error("config");
    auto settings = ottla::ConsumerConfig::from_properties(config->properties);
    if (!settings) return settings.error();
    auto opened = Consumer::open(c::with_the_rest(std::move(*settings), *config));
    if (!opened) return opened.error();
    return new ottla_consumer{std::move(*opened)};
  });
}

ottla_error* ottla_consumer_subscribe(ottla_consumer* consumer, const char* const* topics,
                                      size_t count, ottla_rebalance_fn rebalanced, void* opaque) {
  return c::with(consumer, [&](Consumer& each) -> Result<void> {
    if (count == 0) return each.unsubscribe();
    if (topics == nullptr) return c::null_error("topics");
    std::vector<std::string> names;
    for (size_t i = 0; i < count; ++i) {
      if (topics[i] == nullptr) return c::null_error("a topic");
      names.emplace_back(topics[i]);
    }
    return each.subscribe(std::move(names), c::listener_of(rebalanced, opaque));
  });
}

ottla_error* ottla_consumer_subscribe_pattern(ottla_consumer* consumer, const char* pattern,
                                              ottla_rebalance_fn rebalanced, void* opaque) {
  return c::with(consumer, [&](Consumer& each) -> Result<void> {
    if (pattern == nullptr) return c::null_error("pattern");
    return each.subscribe_pattern(pattern, c::listener_of(rebalanced, opaque));
  });
}

ottla_error* ottla_consumer_assign(ottla_consumer* consumer,
                                   const ottla_topic_partition* partitions, size_t count) {
  return c::with(consumer, [&](Consumer& each) -> Result<void> {
    auto read = c::partitions_of(partitions, count);
    if (!read) return read.error();
    return each.assign(std::move(*read));
  });
}

ottla_error* ottla_consumer_seek(ottla_consumer* consumer, const char* topic, int32_t partition,
                                 int64_t offset) {
  return c::with(consumer, [&](Consumer& each) -> Result<void> {
    if (topic == nullptr) return c::null_error("topic");
    return each.seek({topic, partition}, offset);
  });
}

ottla_error* ottla_consumer_seek_to_beginning(ottla_consumer* consumer,
                                              const ottla_topic_partition* partitions,
                                              size_t count) {
  return c::with_partitions(consumer, partitions, count, [](Consumer& each, const auto& read) {
    return each.seek_to_beginning(read);
  });
}

ottla_error* ottla_consumer_seek_to_end(ottla_consumer* consumer,
                                        const ottla_topic_partition* partitions, size_t count) {
  return c::with_partitions(consumer, partitions, count, [](Consumer& each, const auto& read) {
    return each.seek_to_end(read);
  });
}

ottla_error* ottla_consumer_pause(ottla_consumer* consumer, const ottla_topic_partition* partitions,
                                  size_t count) {
  return c::with_partitions(consumer, partitions, count,
                            [](Consumer& each, const auto& read) { return each.pause(read); });
}

ottla_error* ottla_consumer_resume(ottla_consumer* consumer,
                                   const ottla_topic_partition* partitions, size_t count) {
  return c::with_partitions(consumer, partitions, count,
                            [](Consumer& each, const auto& read) { return each.resume(read); });
}

ottla_error* ottla_consumer_poll(ottla_consumer* consumer, int64_t timeout_ms,
                                 ottla_records** records) {
  return c::call_for(records, "records", [&]() -> Result<ottla_records*> {
    if (consumer == nullptr) return c::null_error("consumer");
    const auto most = std::chrono::milliseconds(timeout_ms);
    const bool for_ever = timeout_ms < 0 || most > c::kForEver;
    auto made = std::make_unique<ottla_records>();
    auto polled = consumer->consumer.poll(for_ever ? c::kForEver : most);
    if (!polled) return polled.error();
    made->polled = std::move(*polled);
    return made.release();
  });
}

ottla_error* ottla_consumer_commit(ottla_consumer* consumer) {
  return c::with(consumer, [](Consumer& each) { return each.commit().get(); });
}

ottla_error* ottla_consumer_commit_offsets(ottla_consumer* consumer, const ottla_offset* offsets,
                                           size_t count) {
  return c::with(consumer, [&](Consumer& each) -> Result<void> {
    auto read = c::offsets_of(offsets, count);
    if (!read) return read.error();
    return each.commit(std::move(*read)).get();
  });
}

ottla_error* ottla_consumer_commit_async(ottla_consumer* consumer, ottla_commit_fn committed,
                                         void* opaque) {
  return c::with(consumer, [&](Consumer& each) -> Result<void> {
    auto commit = each.commit();
    if (committed == nullptr) {
      commit.forget();
      return {};
    }
    commit.then([committed, opaque](const Result<void>& outcome) {
      auto* error = outcome ? nullptr : c::make_error(outcome.error());
      committed(error, opaque);
      ottla_error_free(error);
    });
    return {};
  });
}

ottla_error* ottla_consumer_committed(ottla_consumer* consumer, const char* topic,
                                      int32_t partition, int64_t* offset) {
  return c::with_offset(consumer, topic, offset, [&](Consumer& each) -> Result<std::int64_t> {
    const ottla::TopicPartition place{topic, partition};
    const auto committed = each.committed({place}).get();
    if (!committed) return committed.error();
    const auto found = committed->find(place);
    return found == committed->end() ? std::int64_t{-1} : found->second.offset;
  });
}

ottla_error* ottla_consumer_position(ottla_consumer* consumer, const char* topic, int32_t partition,
                                     int64_t* offset) {
  return c::with_offset(consumer, topic, offset, [&](Consumer& each) {
    return each.position({topic, partition}).get();
  });
}

ottla_error* ottla_consumer_beginning_offset(ottla_consumer* consumer, const char* topic,
                                             int32_t partition, int64_t* offset) {
  return c::with_offset(consumer, topic, offset, [&](Consumer& each) -> Result<std::int64_t> {
    const ottla::TopicPartition place{topic, partition};
    const auto found = each.beginning_offsets({place}).get();
    if (!found) return found.error();
    return found->at(place);
  });
}

ottla_error* ottla_consumer_end_offset(ottla_consumer* consumer, const char* topic,
                                       int32_t partition, int64_t* offset) {
  return c::with_offset(consumer, topic, offset, [&](Consumer& each) -> Result<std::int64_t> {
    const ottla::TopicPartition place{topic, partition};
    const auto found = each.end_offsets({place}).get();
    if (!found) return found.error();
    return found->at(place);
  });
}

ottla_error* ottla_consumer_offset_for_time(ottla_consumer* consumer, const char* topic,
                                            int32_t partition, int64_t timestamp_ms,
                                            int64_t* offset) {
  return c::with_offset(consumer, topic, offset, [&](Consumer& each) -> Result<std::int64_t> {
    const ottla::TopicPartition place{topic, partition};
    const ottla::Timestamp time{std::chrono::milliseconds(timestamp_ms)};
    const auto found = each.offsets_for_times({{place, time}}).get();
    if (!found) return found.error();
    const auto& first = found->at(place);
    return first ? first->offset : std::int64_t{-1};
  });
}

int64_t ottla_consumer_lag(const ottla_consumer* consumer, const char* topic, int32_t partition) {
  if (consumer == nullptr || topic == nullptr) return -1;
  try {
    return consumer->consumer.current_lag({topic, partition}).value_or(-1);
  } catch (const std::bad_alloc&) {
    return -1;
  }
}

ottla_error* ottla_consumer_close(ottla_consumer* consumer, int64_t timeout_ms) {
  return c::with(consumer, [&](Consumer& each) {
    Consumer::CloseOptions options;
    if (timeout_ms >= 0) options.timeout = std::chrono::milliseconds(timeout_ms);
    return each.close(options);
  });
}

void ottla_consumer_free(ottla_consumer* consumer) {
  delete consumer;
}
