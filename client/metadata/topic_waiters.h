#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/task.h"
#include "base/time.h"
#include "client/metadata/cluster.h"
#include "ottla/result.h"

namespace ottla::client {

// Those who wait until a topic has so many partitions. However many there are, only those are
// touched whose topic is asked about or whose time is over. Loop thread.
class TopicWaiters {
 public:
  using Done = base::UniqueFunction<void(Result<const TopicMetadata*>)>;
  struct Waiter {
    std::string topic;
    std::int32_t partitions = 1;  // at least
    base::TimePoint deadline;
    Done done;
  };

  void add(Waiter waiter);

  bool awaits(std::string_view topic) const { return by_topic_.contains(topic); }

  // The earliest deadline; kNever if nobody waits.
  base::TimePoint next_deadline() const;

  // Removes and returns those whom a topic of `partitions` partitions satisfies.
  std::vector<Waiter> take_satisfied(std::string_view topic, std::size_t partitions);
  std::vector<Waiter> take_topic(std::string_view topic);
  // By their deadlines.
  std::vector<Waiter> take_late(base::TimePoint now);
  std::vector<Waiter> take_all();

 private:
  using Id = std::uint64_t;
  // Of one topic: by the partitions they want, and then in the order in which they came.
  using Group = std::map<std::pair<std::int32_t, Id>, base::TimePoint>;
  using Groups = std::map<std::string, Group, std::less<>>;

  std::vector<Waiter> take(Groups::iterator group, Group::iterator end);

  Id next_id_ = 1;
  std::map<std::pair<base::TimePoint, Id>, Waiter> by_deadline_;
  Groups by_topic_;
};

}  // namespace ottla::client
