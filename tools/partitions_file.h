#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "ottla/result.h"
#include "ottla/types.h"

namespace ottla::tools {

// What the files of Kafka's scripts that name partitions say:
// {"partitions": [{"topic": "t", "partition": 0, "offset": 1}]}
enum class PartitionsFile : std::uint8_t {
  plain,
  with_offsets,  // each partition has one
};

// The partitions with their offsets, which are 0 in a plain file. Errors: not_found,
// invalid_argument (with the file, and what it should say).
Result<std::map<TopicPartition, std::int64_t>> read_partitions_file(const std::string& path,
                                                                    PartitionsFile kind);

}  // namespace ottla::tools
