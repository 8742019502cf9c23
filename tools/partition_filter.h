#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/result.h"
#include "ottla/types.h"

namespace re2 {
class RE2;
}

namespace ottla::tools {

// Which partitions are meant, as kafka-get-offsets has it (KIP-635). Topics are patterns that their
// whole names must match, in RE2's syntax.
class PartitionFilter {
 public:
  // TOPIC[:PARTITIONS], several with commas. TOPIC may be empty: all; PARTITIONS is a number,
  // FROM-, -END or FROM-END without the end itself. Error: invalid_argument, naming the part.
  static Result<PartitionFilter> parse(std::string_view list);
  // Partitions with these numbers, with commas between them (empty: all), of topics that match one
  // of the patterns, with commas between them (empty: all). Error: the same.
  static Result<PartitionFilter> parse(std::string_view topics, std::string_view numbers);

  // Whether some partition of it may be meant.
  bool has_topic(std::string_view topic) const;
  bool has(const TopicPartition& partition) const;

 private:
  struct Range {
    std::int64_t from = 0;
    std::int64_t end = 0;
  };
  struct Rule {
    std::shared_ptr<const re2::RE2> topic;
    std::vector<Range> ranges;
  };

  static Result<Rule> rule_of(std::string_view part);

  std::vector<Rule> rules_;  // one of them is enough
};

}  // namespace ottla::tools
