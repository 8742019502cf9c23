#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "ottla/record.h"
#include "ottla/types.h"

namespace ottla {

// What one poll brought: records of any number of partitions, those of a partition in order and
// next to each other. Owns (shares) the memory that its records are views into: they live as long
// as this does, wherever it is moved to. Move-only. Reading is safe from many threads.
class ConsumerRecords {
 public:
  // The records of one partition.
  struct Part {
    TopicPartition partition;
    std::size_t first = 0;  // its place among all records
    std::size_t count = 0;
    std::int64_t next_offset = -1;   // where reading goes on behind these records
    std::int32_t leader_epoch = -1;  // of what lies before that; -1: not known
  };

  // What it is made of. Not for users.
  struct Contents {
    std::vector<RecordView> records;
    std::vector<Part> parts;
    std::vector<std::shared_ptr<const void>> memory;
  };

  ConsumerRecords() = default;
  explicit ConsumerRecords(Contents contents) : contents_(std::move(contents)) {}
  ConsumerRecords(ConsumerRecords&&) noexcept = default;
  ConsumerRecords& operator=(ConsumerRecords&&) noexcept = default;
  ConsumerRecords(const ConsumerRecords&) = delete;
  ConsumerRecords& operator=(const ConsumerRecords&) = delete;

  std::size_t size() const { return contents_.records.size(); }
  bool empty() const { return contents_.records.empty(); }
  const RecordView* begin() const { return contents_.records.data(); }
  const RecordView* end() const { return begin() + size(); }
  const RecordView& operator[](std::size_t i) const { return contents_.records[i]; }

  // One entry for each partition that has records here.
  std::span<const Part> parts() const { return contents_.parts; }

  // Not for users.
  Contents release() && { return std::move(contents_); }

  // The records of one partition; empty if there are none.
  std::span<const RecordView> records(const TopicPartition& partition) const;
  std::span<const RecordView> records(const Part& part) const {
    return {begin() + part.first, part.count};
  }

 private:
  Contents contents_;
};

}  // namespace ottla
