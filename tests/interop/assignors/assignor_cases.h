#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ottla/assignor.h"

// What Apache Kafka's assignors answered for random groups (tests/interop/golden writes it), and
// whether ours do as well.
namespace ottla::interop {

struct AssignorCase {
  std::string assignor;
  std::vector<AssignableTopic> topics;
  std::vector<GroupMember> members;
  ConsumerPartitionAssignor::Assignments expected;
  bool hangs = false;  // Apache Kafka never answers; we must, but there is nothing to compare
  std::string text;    // as it stands in the file
};

// The next one; none at the end, or if what comes is no case: then `in` is not at its end.
std::optional<AssignorCase> read_case(std::istream& in);

struct Verdict {
  bool equal = false;          // every member gets what Apache Kafka gives it
  std::int64_t kept_more = 0;  // partitions that stay where they were, beyond Apache Kafka's
  std::string problem;         // why the answer will not do; empty: it will
};

// Where Apache Kafka never answers, a valid answer will. Where all members subscribe to the same
// topics, and for range and roundrobin always, nothing but equal will do. Else a valid answer will
// that is as even; it may be less sticky here and more there.
Verdict judge(const AssignorCase& c);

}  // namespace ottla::interop
