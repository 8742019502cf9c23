#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/checker/history.h"

namespace ottla::checker {

// What exactly-once forbids, by the names of Jepsen's published Kafka workload; the last three are
// of the same kind, for groups and for accounts.
enum class AnomalyKind : std::uint8_t {
  g1a,                   // a record of an aborted transaction was polled
  lost_write,            // committed, not polled by anybody, though what is behind it was
  duplicate,             // a record stands at two offsets
  inconsistent_offsets,  // an offset holds two records
  poll_skip,             // a consumer went past a record that was there for it
  nonmonotonic_poll,     // a consumer went back without being told to
  nonmonotonic_send,     // what a producer sent later stands before what it sent earlier
  unseen,                // committed, but not there in the end
  torn_transaction,      // part of a transaction is there, another part is not
  g1c,                   // transactions read from each other in a circle
  unexpected_value,      // a record that nobody sent
  consumed_twice,        // two transactions of a group processed one record
  unconsumed,            // no transaction of a group processed it
  wrong_sum,             // the accounts do not add up
};

std::string_view name_of(AnomalyKind kind);

struct Anomaly {
  AnomalyKind kind;
  std::string what;
};

struct Expectations {
  // The history ends with polls that read every partition to its end.
  bool complete = true;
  // Partitions of which each group has processed everything in the end.
  std::map<std::string, std::set<std::int32_t>> consumed{};
};

// Every anomaly of the history, at most some of each kind. Takes time in proportion to the history.
std::vector<Anomaly> check(const History& history, const Expectations& expectations = {});

// One line each.
std::string describe(const std::vector<Anomaly>& anomalies);

}  // namespace ottla::checker
