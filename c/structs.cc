#include "c/structs.h"

namespace ottla::c {

Result<CommittedOffsets> offsets_of(const ottla_offset* offsets, std::size_t count) {
  if (offsets == nullptr && count > 0) return null_error("offsets");
  CommittedOffsets out;
  for (std::size_t i = 0; i < count; ++i) {
    const auto& each = offsets[i];
    if (each.topic == nullptr) return null_error("the topic of an offset");
    auto& place = out[{each.topic, each.partition}];
    place.offset = each.offset;
    if (each.metadata != nullptr) place.metadata = each.metadata;
  }
  return out;
}

Result<std::vector<TopicPartition>> partitions_of(const ottla_topic_partition* partitions,
                                                  std::size_t count) {
  if (partitions == nullptr && count > 0) return null_error("partitions");
  std::vector<TopicPartition> out;
  for (std::size_t i = 0; i < count; ++i) {
    if (partitions[i].topic == nullptr) return null_error("the topic of a partition");
    out.push_back({partitions[i].topic, partitions[i].partition});
  }
  return out;
}

}  // namespace ottla::c
