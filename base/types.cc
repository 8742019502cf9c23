#include "ottla/types.h"

#include <ostream>

namespace ottla {

std::string to_string(const TopicPartition& partition) {
  return partition.topic + "-" + std::to_string(partition.partition);
}

std::ostream& operator<<(std::ostream& out, const TopicPartition& partition) {
  return out << partition.topic << '-' << partition.partition;
}

}  // namespace ottla
