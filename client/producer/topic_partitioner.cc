#include "client/producer/topic_partitioner.h"

#include <exception>
#include <utility>

#include "base/murmur2.h"

namespace ottla::client {

Result<std::optional<std::int32_t>> TopicPartitioner::choose(const ProducerRecord& record,
                                                             std::int32_t count) {
  const auto fault = [this](const std::string& what) {
    return Error(ErrorCode::invalid_argument, "the partitioner " + what, {.topic = *topic_});
  };
  std::optional<std::int32_t> chosen;
  try {
    const std::lock_guard lock(mutex_);
    chosen = ask(record, count);
  } catch (const std::exception& e) {
    return fault(std::string("threw: ") + e.what());
  } catch (...) {
    return fault("threw");
  }
  if (chosen && (*chosen < 0 || *chosen >= count)) {
    return fault("chose partition " + std::to_string(*chosen) + ", the topic has " +
                 std::to_string(count));
  }
  return chosen;
}

std::optional<std::int32_t> TopicPartitioner::ask(const ProducerRecord& record,
                                                  std::int32_t count) {
  if (!made_) {
    partitioner_ = factory_(*topic_);
    made_ = true;
  }
  if (!partitioner_) return std::nullopt;
  const BatchView place{.topic = *topic_};
  const auto timestamp = record.timestamp ? record.timestamp->time_since_epoch().count() : -1;
  const RecordView view(place, -1, timestamp, record.key, record.value, record.headers.view());
  const auto led = available();
  return partitioner_->partition(view,
                                 {.name = *topic_, .partition_count = count, .available = *led});
}

TopicPartitioner::Partitions TopicPartitioner::available() const {
  const std::lock_guard lock(available_mutex_);
  return available_;
}

void TopicPartitioner::set_available(std::vector<std::int32_t> partitions) {
  auto next = std::make_shared<const std::vector<std::int32_t>>(std::move(partitions));
  const std::lock_guard lock(available_mutex_);
  available_ = std::move(next);
}

}  // namespace ottla::client

namespace ottla {
namespace {

class RoundRobin final : public Partitioner {
 public:
  std::optional<std::int32_t> partition(const RecordView&, const TopicView& topic) override {
    const auto turn = next_++;
    if (topic.available.empty()) {
      return static_cast<std::int32_t>(turn % static_cast<std::uint32_t>(topic.partition_count));
    }
    return topic.available[turn % topic.available.size()];
  }

 private:
  std::uint32_t next_ = 0;
};

}  // namespace

PartitionerFactory round_robin_partitioner() {
  return [](std::string_view) { return std::make_unique<RoundRobin>(); };
}

std::int32_t partition_for_key(BytesView key, std::int32_t partition_count) {
  return (base::murmur2(key) & 0x7fffffff) % partition_count;
}

}  // namespace ottla
