#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ottla/bytes.h"
#include "ottla/record.h"
#include "ottla/result.h"

namespace ottla::simulation {

// What the settings of a run promise, beyond what always holds.
struct Guarantees {
  bool acknowledged_survive = true;  // not: acks=leader and a power cut
  bool no_duplicates = true;         // not: retries without idempotence
};

// One record of a partition as a reader saw it. Number 0: not one that was sent.
struct SeenRecord {
  std::int64_t offset;
  std::uint64_t number;

  bool operator==(const SeenRecord&) const = default;
};

// What happened to the records of one topic, told by those who sent and read them; and whether that
// can be. Records are numbered from 1; the number is the record's value, together with enough more
// to tell it from others.
class History {
 public:
  explicit History(std::int32_t partitions) : read_(static_cast<std::size_t>(partitions)) {}

  // The value of the next record, which goes to this partition. Some are some hundred bytes long.
  std::string send(std::int32_t partition);
  std::uint64_t last_number() const { return sent_.size(); }

  void outcome(std::uint64_t number, const Result<RecordMetadata>& result);
  bool all_have_outcomes() const { return outcomes_ == sent_.size(); }
  std::uint64_t acknowledged() const { return acknowledged_; }
  std::uint64_t failed() const { return outcomes_ - acknowledged_; }
  const std::optional<Error>& first_failure() const { return first_failure_; }

  // A consumer got this.
  void read(std::int32_t partition, std::int64_t offset, BytesView value);
  std::uint64_t records_read(std::int32_t partition) const;

  // The partition at the end, as it truly is.
  using Log = std::vector<SeenRecord>;
  SeenRecord identify(std::int32_t partition, std::int64_t offset, BytesView value) const;

  // What cannot be, one sentence each; empty if all is well. `logs` holds every partition.
  std::vector<std::string> check(const std::vector<Log>& logs, const Guarantees& guarantees) const;

 private:
  struct Sent {
    std::int32_t partition;
    bool has_outcome = false;
    bool acknowledged = false;
    std::int64_t offset = -1;
  };
  static std::string value_of(std::uint64_t number);

  void check_log(std::int32_t partition, const Log& log, const Guarantees& guarantees,
                 std::vector<std::string>& wrong) const;
  void check_acknowledged(const std::vector<Log>& logs, std::vector<std::string>& wrong) const;
  void check_order(std::int32_t partition, const Log& log, std::vector<std::string>& wrong) const;
  void check_read(std::int32_t partition, const Log& log, std::vector<std::string>& wrong) const;

  std::vector<Sent> sent_;  // by number - 1
  std::uint64_t outcomes_ = 0;
  std::uint64_t acknowledged_ = 0;
  std::optional<Error> first_failure_;
  std::vector<Log> read_;
  std::vector<std::string> wrong_outcomes_;
};

}  // namespace ottla::simulation
