#include "client/group/sticky_user_data.h"

#include <map>
#include <string>

#include "base/endian.h"

namespace ottla::client {
namespace {

template <class T>
void append_be(Bytes& out, T value) {
  char bytes[sizeof(T)];
  base::store_be(bytes, value);
  out.append(bytes, sizeof bytes);
}

template <class T>
bool take_be(BytesView& in, T& value) {
  if (in.size() < sizeof value) return false;
  value = base::load_be<T>(in.data());
  in.remove_prefix(sizeof value);
  return true;
}

// The length of an array whose elements take at least `least` bytes each.
bool take_count(BytesView& in, std::size_t least, std::size_t& count) {
  std::int32_t size = 0;
  if (!take_be(in, size) || size < 0) return false;
  count = static_cast<std::size_t>(size);
  return count <= in.size() / least;
}

bool take_topic(BytesView& in, const AssignmentTask& task, AssignmentTask::Numbers& partitions) {
  std::int16_t length = 0;
  if (!take_be(in, length) || length < 0 || in.size() < static_cast<std::size_t>(length)) {
    return false;
  }
  const auto topic = in.substr(0, static_cast<std::size_t>(length));
  in.remove_prefix(topic.size());
  std::size_t count = 0;
  if (!take_count(in, sizeof(std::int32_t), count)) return false;
  for (std::size_t i = 0; i < count; ++i) {
    std::int32_t number = 0;
    if (!take_be(in, number)) return false;
    const auto partition = task.find(topic, number);
    if (partition != AssignmentTask::kNone) partitions.push_back(partition);
  }
  return true;
}

bool take_partitions(BytesView& in, const AssignmentTask& task,
                     AssignmentTask::Numbers& partitions) {
  constexpr std::size_t kLeast = sizeof(std::int16_t) + sizeof(std::int32_t);
  std::size_t count = 0;
  if (!take_count(in, kLeast, count)) return false;
  for (std::size_t i = 0; i < count; ++i) {
    if (!take_topic(in, task, partitions)) return false;
  }
  return true;
}

}  // namespace

Bytes write_sticky_user_data(const std::vector<TopicPartition>& partitions,
                             std::int32_t generation) {
  std::map<std::string_view, std::vector<std::int32_t>> topics;
  for (const auto& [topic, partition] : partitions) topics[topic].push_back(partition);
  Bytes out;
  append_be(out, static_cast<std::int32_t>(topics.size()));
  for (const auto& [topic, numbers] : topics) {
    append_be(out, static_cast<std::int16_t>(topic.size()));
    out += topic;
    append_be(out, static_cast<std::int32_t>(numbers.size()));
    for (const auto number : numbers) append_be(out, number);
  }
  append_be(out, generation);
  return out;
}

StickyClaim read_sticky_claim(const AssignmentTask& task, const GroupSubscription& subscription) {
  StickyClaim claim;
  if (!subscription.user_data || subscription.user_data->empty()) return claim;
  BytesView in = *subscription.user_data;
  if (!take_partitions(in, task, claim.partitions)) return {{}, PreviousOwners::kNoGeneration};
  // Version 0 ends here.
  std::int32_t generation = 0;
  if (take_be(in, generation)) claim.generation = generation;
  return claim;
}

StickyClaim read_cooperative_claim(const AssignmentTask& task,
                                   const GroupSubscription& subscription) {
  StickyClaim claim;
  for (const auto& name : subscription.owned_partitions) {
    const auto partition = task.find(name.topic, name.partition);
    if (partition != AssignmentTask::kNone) claim.partitions.push_back(partition);
  }
  claim.generation = subscription.generation_id;
  if (claim.generation || !subscription.user_data) return claim;
  BytesView in = *subscription.user_data;
  std::int32_t generation = PreviousOwners::kNoGeneration;
  take_be(in, generation);
  claim.generation = generation;
  return claim;
}

}  // namespace ottla::client
